import { jest } from '@jest/globals';
import { noteMissingWorkers } from '../../src/cli/training/note-missing-workers.js';
import { registerWorker } from '../../src/runs/workers.js';
import { describeDatabase } from '../support/database.js';

const heads = { device: 'CPU', trainable: 'HEAD' } as const;
const network = { device: 'CPU', trainable: 'LAST_STAGE' } as const;
const card = { device: 'GPU', trainable: 'HEAD' } as const;

describeDatabase('what waits for a worker', (open) => {
  afterEach(() => jest.restoreAllMocks());

  async function notes(configurations: Parameters<typeof noteMissingWorkers>[1]): Promise<string> {
    const said: string[] = [];
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    await noteMissingWorkers({ database: open() }, configurations, 'a run');
    return said.join('');
  }

  test('is told once for each kind of worker that is missing, with the command that starts one', async () => {
    expect(await notes([heads, network, heads, card])).toBe(
      [
        'No worker takes CPU runs now: a run waits until one is started (gelql worker).',
        'No worker takes CPU runs that train inside networks now: a run waits until one is started (gelql worker, where gelql setup tensorflow has run).',
        'No worker takes GPU runs now: a run waits until one is started (gelql worker --device gpu).',
        '',
      ].join('\n'),
    );
  });

  test('is told of what the workers that live leave to others', async () => {
    await registerWorker(open(), {
      ...{ devices: ['CPU'], concurrency: 1, codeVersion: 'elsewhere' },
      ...{ engines: { CPU: 'wasm' }, networkEngines: {} },
    });
    expect(await notes([heads])).toBe('');
    expect(await notes([heads, network])).toMatch(/^No worker takes CPU runs that train inside networks now/);
  });
});
