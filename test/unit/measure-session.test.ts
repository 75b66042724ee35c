import type { BackboneSession } from '../../src/compute/engines/engine.js';
import { measureSession, type Timing } from '../../src/compute/measuring/measure-session.js';

const LIMITS = { budgetMs: 1, hopelessMs: Number.MAX_VALUE };

/** Refuses more than `fitting` pictures at once. */
const sessionFor = (fitting: number): BackboneSession => ({
  async extractFeatures(_inputs, count) {
    if (count > fitting) throw new Error('out of memory');
    return { features: new Float32Array(count) };
  },
  release: async () => undefined,
});

async function measure(fitting: number, limits = LIMITS) {
  const told: Timing[] = [];
  const result = await measureSession(sessionFor(fitting), [1, 8, 32], limits, (timing) => told.push(timing));
  return { ...result, told };
}

describe('measuring a session', () => {
  it('tells each batch size as soon as it is known', async () => {
    const { timings, failure, told } = await measure(32);
    expect(timings.map(({ batchSize }) => batchSize)).toEqual([1, 8, 32]);
    expect([failure, told]).toEqual([null, timings]);
  });

  it('keeps the batch sizes that worked where a larger one fails, and says why', async () => {
    const { timings, failure, told } = await measure(8);
    expect(timings.map(({ batchSize }) => batchSize)).toEqual([1, 8]);
    expect(failure).toBe('A batch of 32 failed: out of memory');
    expect(told).toEqual(timings);
  });

  it('fails where a lone picture does', async () => {
    await expect(measure(0)).rejects.toThrow('out of memory');
  });

  it('ends without a failure where the engine is too slow', async () => {
    const { timings, failure } = await measure(32, { budgetMs: 1, hopelessMs: 0 });
    expect(timings).toHaveLength(1);
    expect(failure).toBeNull();
  });
});
