import { jest } from '@jest/globals';
import { loadArtifact } from '../../src/db/artifacts.js';
import { runCheckpointChunks, runCheckpoints } from '../../src/db/schema.js';
import { GelqlError } from '../../src/errors.js';
import type { BackboneRecord } from '../../src/words/architecture.js';
import { findBackbone } from '../../src/networks/weights/backbones.js';
import { decodeTunedWeights } from '../../src/networks/weights/tuned-weights.js';
import { findModelsOfRuns, type ModelRow } from '../../src/registry/models.js';
import { newId } from '../../src/db/new-id.js';
import { executeRun } from '../../src/training/execute-run.js';
import { listRunEvents } from '../../src/runs/run-events.js';
import type { StartTrainingRequest } from '../../src/training/start-training.js';
import { findRun, listEpochs, type TrainingRunRow } from '../../src/runs/training-runs.js';
import { openTestDatabase } from '../support/database.js';
import { describeEngine } from '../support/engine-thread.js';
import { FAST_BACKBONE, openTrainingWorld, patternNames } from '../support/training-world.js';

jest.setTimeout(300_000);

const describeHere = await describeEngine('tensorflow');
const database = await openTestDatabase();
const world = await openTrainingWorld(database);
afterAll(async () => {
  await world.close();
  await database.close();
});

/** The run as its worker leaves it. @param stopAfter an epoch: the worker stops in good order as soon as it is stored */
async function execute(id: string, stopAfter = Infinity): Promise<TrainingRunRow> {
  const stopping = new AbortController();
  const watching = new AbortController();
  const watch = async () => {
    while (!watching.signal.aborted) {
      const epochs = await listEpochs(database, [id]);
      if (epochs.length >= stopAfter) stopping.abort(new GelqlError('CANCELLED', 'the worker stops'));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const watched = stopAfter === Infinity ? Promise.resolve() : watch();
  await executeRun(world.services, id, stopping.signal, newId());
  watching.abort();
  await watched;
  const run = await findRun(database, id);
  if (run === null) throw new Error(`There is no run ${id}.`);
  return run;
}

async function modelOf(run: TrainingRunRow): Promise<ModelRow> {
  const [model] = await findModelsOfRuns(database, [run.id]);
  if (model == null) throw new Error(`${run.state}: ${JSON.stringify(run.error)}`);
  return model;
}

/** Checkpoints, and the chunks of their bytes. */
const countKept = async () => [
  await database.drizzle.$count(runCheckpoints),
  await database.drizzle.$count(runCheckpointChunks),
];

describeHere('a run that trains inside the network', () => {
  let dataset: string;
  let backbone: BackboneRecord;
  beforeAll(async () => {
    const names = [
      ...patternNames('train/', ['bands', 'rings'], 6),
      ...patternNames('test/', ['bands', 'rings'], 2, 20),
    ];
    dataset = (await world.importPatterns(names)).name;
    backbone = await findBackbone(FAST_BACKBONE, world.services.config);
  });
  const start = (request: Omit<StartTrainingRequest, 'dataset'>) =>
    world.start({ dataset, batchSize: 4, force: true, ...request });

  it('registers head and moved tensors, tells its pace, and leaves no checkpoint', async () => {
    const { id } = await start({
      trainable: 'LAST_STAGE',
      epochs: 2,
      augmentationViews: 2,
      learningRate: 0.01,
    });
    const run = await execute(id);
    expect(run).toMatchObject({ state: 'SUCCEEDED', engine: 'tensorflow', error: null });
    expect(run.name).toMatch(/^mobilenet_v3_large-last_stage-single-adam-/);
    expect(run.configuration).toMatchObject({ trainable: 'LAST_STAGE', backboneLearningRate: 0.001 });
    expect((await listEpochs(database, [id])).map(({ number }) => number)).toEqual([1, 2]);

    const model = await modelOf(run);
    const moved = decodeTunedWeights(await loadArtifact(database, model.tunedSha256 ?? ''), backbone);
    expect([...moved.keys()]).toEqual(
      expect.arrayContaining(['classifier.0.weight', 'features.16.0.weight']),
    );
    expect([...moved.keys()]).not.toContain('features.0.0.weight');
    expect(model.configuration.augmentationViews).toBe(2);

    const events = await listRunEvents(database, id, { after: 0, limit: 1000 });
    const progress = events.flatMap(({ body }) => (body.kind === 'PROGRESS' ? [body] : []));
    const stages = [...new Set(progress.map(({ stage }) => stage))];
    expect(stages[0]).toBe('TRAINING_NETWORK');
    expect(stages).toEqual(expect.arrayContaining(['EXTRACTING_FEATURES', 'EVALUATING']));
    expect(stages).not.toContain('TRAINING_HEAD');
    expect(await countKept()).toEqual([0, 0]);
  });

  it.each(['STEM_AND_HEAD', 'ALL'] as const)(
    'goes on after its last stored epoch, and ends with the bits of an undisturbed one: %s',
    async (trainable) => {
      const request = { trainable, epochs: 2, head: 'MULTI', augmentationViews: 2 } as const;
      const undisturbed = await modelOf(await execute((await start(request)).id));

      const { id } = await start(request);
      const stopped = await execute(id, 1);
      expect(stopped).toMatchObject({ state: 'QUEUED' });
      const [checkpoint] = await database.drizzle.select().from(runCheckpoints);
      expect(checkpoint).toMatchObject({ runId: id, engine: 'tensorflow' });
      expect(checkpoint?.epoch).toBe(1);

      const run = await execute(id);
      expect((await listEpochs(database, [id])).map(({ number }) => number)).toEqual([1, 2]);
      const events = await listRunEvents(database, id, { after: 0, limit: 1000 });
      const told = events.flatMap(({ body }) => (body.kind === 'EPOCH' ? [body.epoch.number] : []));
      expect(told).toEqual([1, 2]);
      const model = await modelOf(run);
      expect([model.headSha256, model.tunedSha256, model.digest]).toEqual([
        undisturbed.headSha256,
        undisturbed.tunedSha256,
        undisturbed.digest,
      ]);
      expect(await countKept()).toEqual([0, 0]);
    },
  );

  it('begins anew where its checkpoint was computed with other code', async () => {
    const { id } = await start({ trainable: 'LAST_STAGE', epochs: 2 });
    await execute(id, 1);
    await database.drizzle.update(runCheckpoints).set({ codeVersion: 'another' });
    const run = await execute(id);
    expect(run).toMatchObject({ state: 'SUCCEEDED', error: null });
    const events = await listRunEvents(database, id, { after: 0, limit: 1000 });
    const told = events.flatMap(({ body }) => (body.kind === 'EPOCH' ? [body.epoch.number] : []));
    expect(told).toEqual([1, 1, 2]);
    expect((await listEpochs(database, [id])).map(({ number }) => number)).toEqual([1, 2]);
  });

  it('drops its checkpoint when it fails', async () => {
    const { id } = await start({
      trainable: 'LAST_STAGE',
      epochs: 50,
      learningRate: 10,
      backboneLearningRate: 10,
    });
    const run = await execute(id);
    expect(run).toMatchObject({ state: 'FAILED', error: { code: 'BAD_REQUEST' } });
    expect(run.error?.message).toContain('backboneLearningRate 10');
    expect(await countKept()).toEqual([0, 0]);
  });
});
