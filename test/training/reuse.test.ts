import { jest } from '@jest/globals';
import { startTraining, type StartTrainingRequest } from '../../src/training/start-training.js';
import { registerWorker, stopWorker } from '../../src/runs/workers.js';
import { cancelTraining } from '../../src/runs/cancel-training.js';
import { failRun, pageRuns, startRun } from '../../src/runs/training-runs.js';
import { rejection } from '../support/caught-error.js';
import { describeDatabase } from '../support/database.js';
import {
  FAST_BACKBONE,
  openTrainingWorld,
  patternNames,
  type TrainingWorld,
} from '../support/training-world.js';

// The threads load a backbone and, from the sources, their own code; a busy machine takes its time.
jest.setTimeout(120_000);

describeDatabase('the same request again', (database) => {
  let world: TrainingWorld;
  beforeAll(async () => {
    world = await openTrainingWorld(database());
    await world.importPatterns(patternNames('', ['bands', 'rings'], 6), { name: 'here' });
    await world.importPatterns(patternNames('', ['bands', 'rings'], 7), { name: 'larger' });
  });
  afterAll(() => world.close());

  const ask = (request: Partial<StartTrainingRequest> = {}) =>
    startTraining(world.services, { dataset: 'here', backboneId: FAST_BACKBONE, epochs: 2, ...request });
  const countRuns = async () => (await pageRuns(database(), {}, {})).rows.length;

  test('is answered by the run that was queued, and stores nothing', async () => {
    const first = await ask({ seed: 11 });
    expect(first.isReused).toBe(false);
    expect(first.run.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    const before = await countRuns();
    const again = await ask({ seed: 11 });
    expect(again).toEqual({ run: first.run, isReused: true });
    expect(await countRuns()).toBe(before);
    const { rows } = await database().executeSql(
      'select count(*)::integer as jobs from graphile_worker.jobs where key = $1',
      [first.run.id],
    );
    expect(rows).toEqual([{ jobs: 1 }]);
  });

  test('is another run as soon as anything that the head follows from differs', async () => {
    const { run } = await ask({ seed: 12 });
    const others: Partial<StartTrainingRequest>[] = [
      { dataset: 'larger' },
      { seed: 13 },
      { epochs: 3 },
      { head: 'MULTI' },
      { learningRate: 0.002 },
      { backboneId: 'resnet18-gelql-2' },
      { force: true },
    ];
    const ids = [run.id];
    for (const other of others) {
      const asked = await ask({ seed: 12, ...other });
      expect(asked.isReused).toBe(false);
      ids.push(asked.run.id);
    }
    expect(new Set(ids).size).toBe(others.length + 1);
  });

  test('asks for its name: another name trains, the same one is answered', async () => {
    const unnamed = await ask({ seed: 14 });
    const named = await ask({ seed: 14, name: 'fourteen' });
    expect(named).toMatchObject({ isReused: false, run: { name: 'fourteen' } });
    expect(named.run.id).not.toBe(unnamed.run.id);
    expect(await ask({ seed: 14, name: 'fourteen' })).toEqual({ run: named.run, isReused: true });
  });

  test('is not answered by a run that was cancelled or has failed', async () => {
    const cancelled = await ask({ seed: 15 });
    await cancelTraining(world.services, cancelled.run.id);
    const failed = await ask({ seed: 15 });
    expect(failed.isReused).toBe(false);
    const claim = await startRun(database(), failed.run.id);
    if (claim === null) throw new Error('The run could not be started.');
    expect((await ask({ seed: 15 })).run.id).toBe(failed.run.id);
    await failRun(database(), claim, new Error('a bad day'));
    expect((await ask({ seed: 15 })).isReused).toBe(false);
  });

  test('at the same moment is one run', async () => {
    const asked = await Promise.all(Array.from({ length: 8 }, () => ask({ seed: 16 })));
    expect(new Set(asked.map(({ run }) => run.id)).size).toBe(1);
    expect(asked.filter(({ isReused }) => !isReused)).toHaveLength(1);
  });

  test('for a GPU is refused until a worker has one, and then queued', async () => {
    const refused = await rejection(ask({ device: 'GPU' }));
    expect(refused).toMatchObject({ code: 'DEVICE_UNAVAILABLE' });
    expect(refused.message).toContain('gelql worker --device gpu');
    const worker = await registerWorker(database(), {
      devices: ['GPU'],
      concurrency: 1,
      engines: { GPU: 'tensorflow_gpu' },
      networkEngines: {},
      codeVersion: 'elsewhere',
    });
    const { run } = await ask({ device: 'GPU' });
    expect(run).toMatchObject({ state: 'QUEUED', configuration: { device: 'GPU' } });
    const { rows } = await database().executeSql(
      'select task_identifier as task from graphile_worker.jobs where key = $1',
      [run.id],
    );
    expect(rows).toEqual([{ task: 'train-gpu' }]);
    await stopWorker(database(), worker.id);
    expect((await rejection(ask({ device: 'GPU', seed: 2 }))).code).toBe('DEVICE_UNAVAILABLE');
  });

  test('for the inside of a network is refused where all workers train heads only', async () => {
    const worker = await registerWorker(database(), {
      devices: ['CPU'],
      concurrency: 1,
      engines: { CPU: 'wasm' },
      networkEngines: {},
      codeVersion: 'elsewhere',
    });
    const refused = await rejection(ask({ trainable: 'ALL', seed: 3 }));
    expect(refused).toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    expect(refused.message).toContain('train heads only (wasm)');
    await stopWorker(database(), worker.id);
  });

  test('is answered by the finished run, unless another engine would train it now', async () => {
    // Leaves the runs of the other tests to nobody: this one is the first that is taken.
    await database().executeSql("update training_runs set state = 'CANCELLED' where state = 'QUEUED'");
    const request = { seed: 17, name: 'seventeen' };
    const { run } = await ask(request);
    await world.work();
    const done = await world.waitFor(run.id, ({ state }) => state === 'SUCCEEDED');
    const again = await ask(request);
    expect(again).toEqual({ run: done, isReused: true });
    expect((await rejection(ask({ ...request, force: true }))).code).toBe('CONFLICT');
    expect((await rejection(ask({ ...request, seed: 18 }))).code).toBe('CONFLICT');

    const unnamed = await ask({ seed: 17 });
    expect(unnamed.run.id).toBe(run.id);
    await database().executeSql("update training_runs set engine = 'onnxruntime' where id = $1", [run.id]);
    expect((await ask({ seed: 17 })).isReused).toBe(false);
  });
});
