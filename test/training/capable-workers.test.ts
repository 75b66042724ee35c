import { jest } from '@jest/globals';
import type { Compute } from '../../src/compute/protocol.js';
import { GelqlError } from '../../src/errors.js';
import { createRunQueue } from '../../src/runs/run-queue.js';
import { type StartTrainingRequest, startTraining } from '../../src/training/start-training.js';
import { createTrainingWorker } from '../../src/training/training-worker.js';
import { findRun, pageRuns, type TrainingRunRow } from '../../src/runs/training-runs.js';
import { rejection } from '../support/caught-error.js';
import { describeDatabase, silent } from '../support/database.js';
import { describeEngine } from '../support/engine-thread.js';
import {
  FAST_BACKBONE,
  hasEnded,
  openTrainingWorld,
  patternNames,
  type TrainingWorld,
} from '../support/training-world.js';

jest.setTimeout(300_000);

const describeHere = await describeEngine('tensorflow');

describeDatabase('a run that trains inside a network', (database) => {
  let world: TrainingWorld;
  beforeAll(async () => {
    world = await openTrainingWorld(database());
    const names = [
      ...patternNames('train/', ['bands', 'rings'], 4),
      ...patternNames('test/', ['bands', 'rings'], 1, 20),
    ];
    await world.importPatterns(names, { name: 'here' });
  });
  afterAll(() => world.close());

  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  /** As on a machine without native TensorFlow and without a graphics card. */
  const headsOnly = (compute: Compute): Compute => ({
    ...compute,
    async chooseTrainingEngine(device, { inside } = { inside: false }) {
      if (device === 'GPU') throw new GelqlError('DEVICE_UNAVAILABLE', 'No card.');
      if (inside) throw new GelqlError('ENGINE_UNAVAILABLE', 'Native TensorFlow is not set up.');
      return 'wasm';
    },
  });

  /** A process that takes runs, with a queue of its own. @returns its id */
  async function startWorker(compute: Compute): Promise<string> {
    const queue = await createRunQueue(database(), silent, world.services.config);
    const worker = createTrainingWorker({ ...world.services, compute, queue });
    closers.push(() => queue.stop());
    const row = await worker.start(['CPU']);
    if (row === null) throw new Error('The worker takes no runs.');
    return row.id;
  }

  const ask = async (
    request: Partial<StartTrainingRequest>,
    compute: Compute = world.services.compute,
  ): Promise<TrainingRunRow> => {
    const whole = { dataset: 'here', backboneId: FAST_BACKBONE, epochs: 1, batchSize: 4, ...request };
    return (await startTraining({ ...world.services, compute }, whole)).run;
  };

  test('is refused at once where the only process cannot, and nothing is stored', async () => {
    const compute = headsOnly(world.services.compute);
    await startWorker(compute);
    const refused = await rejection(ask({ trainable: 'LAST_STAGE' }, compute));
    expect(refused).toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    expect(refused.message).toContain('train heads only (wasm). Start one where native TensorFlow is set up');
    expect((await pageRuns(database(), {}, {})).rows).toEqual([]);
  });

  test('is refused with what to start where no worker lives and this machine cannot', async () => {
    const refused = await rejection(ask({ trainable: 'ALL' }, headsOnly(world.services.compute)));
    expect(refused).toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    expect(refused.message).toContain('gelql worker');
  });

  describeHere('beside a worker that trains heads only', () => {
    test('is left to the one that can, also when it was asked for on a machine that cannot', async () => {
      const compute = headsOnly(world.services.compute);
      const incapable = await startWorker(compute);
      const capable = await startWorker(world.services.compute);
      const inside = await ask({ trainable: 'LAST_STAGE' }, compute);
      const head = await ask({ seed: 2 }, compute);
      for (const { id } of [inside, head]) await world.waitFor(id, hasEnded);
      expect(await findRun(database(), inside.id)).toMatchObject({
        ...{ state: 'SUCCEEDED', error: null, attempt: 1 },
        ...{ workerId: capable, engine: 'tensorflow' },
      });
      const { state, workerId } = (await findRun(database(), head.id))!;
      expect(state).toBe('SUCCEEDED');
      expect([incapable, capable]).toContain(workerId);
    });
  });
});
