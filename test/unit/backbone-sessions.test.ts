import { createBackboneSessions } from '../../src/compute/backbone-sessions.js';
import type { BackboneRecord } from '../../src/words/architecture.js';

function backbone(digit: string, changes: Partial<BackboneRecord> = {}): BackboneRecord {
  return {
    id: `backbone-${digit}`,
    architecture: 'vgg16',
    featurePoint: 'reference',
    featureSize: 4096,
    mean: [0.5, 0.5, 0.5],
    standardDeviation: [0.2, 0.2, 0.2],
    file: '/weights',
    sha256: digit.repeat(64),
    ...changes,
  };
}

/** Sessions that write down when they are opened and released. */
function record(limit: number) {
  const events: string[] = [];
  const sessions = createBackboneSessions(async ({ id, featurePoint }) => {
    if (id === 'backbone-0') throw new Error('cannot be loaded');
    events.push(`open ${id} ${featurePoint}`);
    return {
      extractFeatures: async () => ({ features: new Float32Array(1) }),
      release: async () => void events.push(`release ${id} ${featurePoint}`),
    };
  }, limit);
  return { events, sessions };
}

describe('the backbones of a worker', () => {
  it('are loaded once', async () => {
    const { events, sessions } = record(2);
    const first = await sessions.get(backbone('1'));
    expect(await sessions.get(backbone('1'))).toBe(first);
    expect(events).toEqual(['open backbone-1 reference']);
  });

  it('are known by their weights, not by their name', async () => {
    const { events, sessions } = record(2);
    await sessions.get(backbone('1'));
    await sessions.get(backbone('1', { id: 'renamed' }));
    expect(events).toHaveLength(1);
  });

  it('are others where one file is cut or normalised in another way', async () => {
    const { events, sessions } = record(3);
    await sessions.get(backbone('1'));
    await sessions.get(backbone('1', { featurePoint: 'gap' }));
    await sessions.get(backbone('1', { mean: [0, 0, 0] }));
    expect(events).toHaveLength(3);
  });

  it('make room before the next one is loaded, the least recently used first', async () => {
    const { events, sessions } = record(2);
    for (const digit of ['1', '2', '1', '3']) await sessions.get(backbone(digit));
    expect(events.slice(2)).toEqual(['release backbone-2 reference', 'open backbone-3 reference']);
  });

  it('forget one that could not be loaded', async () => {
    const { events, sessions } = record(1);
    await expect(sessions.get(backbone('0'))).rejects.toThrow('cannot be loaded');
    await sessions.get(backbone('1'));
    expect(events).toEqual(['open backbone-1 reference']);
  });
});
