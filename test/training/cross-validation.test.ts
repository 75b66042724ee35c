import { createBestModels } from '../../src/comparison/best-models.js';
import { jest } from '@jest/globals';
import { createServedModels } from '../../src/serving/served-models.js';
import { createCompute } from '../../src/compute/create-compute.js';
import type { Compute, TrainedHead, TrainHeadTask } from '../../src/compute/protocol.js';
import { readConfig } from '../../src/config.js';
import { newId } from '../../src/db/new-id.js';
import { listDatasetPictures, type DatasetPictureRow } from '../../src/datasets/datasets.js';
import { proportionOf } from '../../src/evaluation/intervals.js';
import { logLoss } from '../../src/evaluation/probability-scores.js';
import { applyHead, softmax } from '../../src/networks/heads.js';
import { findModelsOfRuns, insertModel, type ModelRow } from '../../src/registry/models.js';
import {
  findResultsOfModels,
  findScoresOfResults,
  type ResultRow,
  type TestScoreRow,
} from '../../src/registry/results.js';
import { cancelTraining } from '../../src/runs/cancel-training.js';
import { splitDataset } from '../../src/training/plan-training.js';
import { findRun, listEpochs, type TrainingRunRow } from '../../src/runs/training-runs.js';
import { rejection } from '../support/caught-error.js';
import { describeDatabase, silent } from '../support/database.js';
import { openTrainingWorld, patternNames, type TrainingWorld } from '../support/training-world.js';

// The threads load a backbone and, from the sources, their own code; a busy machine takes its time.
jest.setTimeout(120_000);

interface Training {
  task: TrainHeadTask;
  trained: TrainedHead;
}

/** The machine's own threads; what they were asked and answered is remembered. */
const trainings: Training[] = [];
const threads = createCompute(readConfig({ GELQL_THREADS: '2' }), silent);
const compute: Compute = {
  ...threads,
  async trainHead(task, options) {
    const trained = await threads.trainHead(task, options);
    trainings.push({ task, trained });
    return trained;
  },
};
afterAll(() => threads.close());

describeDatabase('a run with folds', (database) => {
  let world: TrainingWorld;
  beforeAll(async () => {
    world = await openTrainingWorld(database(), { compute });
    await world.work();
  });
  beforeEach(() => void trainings.splice(0));
  afterAll(() => world.close());

  interface Outcome {
    model: ModelRow;
    results: ResultRow[];
    scores: TestScoreRow[][];
    images: DatasetPictureRow[];
  }
  async function outcomeOf(run: TrainingRunRow): Promise<Outcome> {
    const [model] = await findModelsOfRuns(database(), [run.id]);
    if (model == null) throw new Error(`${run.state}: ${JSON.stringify(run.error)}`);
    const [results = []] = await findResultsOfModels(database(), [model.id]);
    const scores = await findScoresOfResults(
      database(),
      results.map(({ id }) => id),
    );
    return { model, results, scores, images: await listDatasetPictures(database(), run.datasetId) };
  }

  test('pools what heads say of the pictures that they did not see, and tests its own head as ever', async () => {
    const names = [
      ...patternNames('train/', ['bands', 'rings'], 9),
      ...patternNames('test/', ['bands', 'rings'], 3, 20),
    ];
    // Pictures 0 and 1, 2 and 3, ... of a pattern come from one place.
    const groups = new Map(
      names.map((name) => [`${name}.png`, name.replace(/\d+$/, (digits) => String(Number(digits) >> 1))]),
    );
    const dataset = await world.importPatterns(names, { groups });
    const request = { dataset: dataset.id, epochs: 5, seed: 3, splitSeed: 3, folds: 3, repeats: 2 };
    const run = await world.train(request);
    const { model, results, scores, images } = await outcomeOf(run);
    expect(run.configuration).toMatchObject({ folds: 3, repeats: 2 });
    expect((await listEpochs(database(), [run.id])).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);

    const [own, ...foldTrainings] = trainings;
    if (own === undefined) throw new Error('nothing was trained');
    expect(foldTrainings).toHaveLength(6);
    expect(own.task.validationIndices.length).toBeGreaterThan(0);
    const { fitted } = splitDataset(images, run.configuration, model.classes);
    const means = new Map(fitted.map((picture) => [picture, [0, 0]]));
    for (const repeat of [foldTrainings.slice(0, 3), foldTrainings.slice(3)]) {
      const seen = repeat.flatMap(({ task, trained }) => {
        const known = new Set(task.trainIndices);
        const tested = fitted.flatMap((picture, row) => (known.has(row) ? [] : [{ picture, row }]));
        const groupsOf = (pictures: (number | undefined)[]) =>
          new Set(pictures.map((picture) => images[picture ?? -1]?.groupKey));
        const trainedOn = groupsOf([...known].map((row) => fitted[row]));
        for (const group of groupsOf(tested.map(({ picture }) => picture)))
          expect(trainedOn).not.toContain(group);
        for (const { picture, row } of tested) {
          const features = task.features.slice(row * task.featureSize, (row + 1) * task.featureSize);
          const said = softmax(applyHead(trained.parameters, features, 1), 1);
          said.forEach((probability, label) => (means.get(picture)![label]! += probability / 2));
        }
        return tested.map(({ picture }) => picture);
      });
      expect([...seen].sort((left, right) => left - right)).toEqual([...means.keys()].sort((a, b) => a - b));
      expect(new Set(repeat.map(({ task }) => task.seed)).size).toBe(1);
    }

    // The newest result is that of the head which answers.
    expect(results.map(({ kind }) => kind)).toEqual(['HOLDOUT', 'CROSS_VALIDATION']);
    const [holdout, pooled] = results as [ResultRow, ResultRow];
    expect(holdout).toMatchObject({ testCount: 6, testDescription: `the TEST subset of ${dataset.name}` });
    expect(holdout.evaluation.crossValidation).toBeUndefined();
    expect(scores[0]?.map(({ name }) => name.startsWith('test/'))).toEqual(new Array(6).fill(true));

    expect(pooled).toMatchObject({
      testCount: 18,
      testDescription: '3 folds of 18 pictures, 2 times, drawn with seed 3',
      evaluation: { groupCount: 10, accuracy: { n: 36, groupCount: 10 } },
    });
    expect(pooled.testDigest).not.toBe(holdout.testDigest);
    expect(scores[1]?.map(({ name }) => name)).toEqual(
      [...means.keys()].sort((a, b) => a - b).map((picture) => images[picture]?.name),
    );
    for (const { name, label, predicted, probabilities } of scores[1] ?? []) {
      const picture = images.findIndex((image) => image.name === name);
      const mean = means.get(picture) ?? [];
      expect(label).toBe(images[picture]?.label);
      expect(predicted).toBe(mean.indexOf(Math.max(...mean)));
      probabilities.forEach((probability, index) => expect(probability).toBeCloseTo(mean[index] ?? NaN, 6));
    }
    const { crossValidation, accuracy, baselines } = pooled.evaluation;
    expect(crossValidation?.folds).toBe(3);
    expect(crossValidation?.repeats.map(({ seed }) => seed)).toEqual([
      foldTrainings[0]?.task.seed,
      foldTrainings[3]?.task.seed,
    ]);
    const perRepeat = crossValidation?.repeats.map((repeat) => repeat.accuracy * 18) ?? [];
    expect(accuracy).toEqual(proportionOf(Math.round((perRepeat[0] ?? 0) + (perRepeat[1] ?? 0)), 36, 10));
    expect(baselines.map(({ name, accuracy: { n } }) => [name, n])).toEqual([
      ['majority', 36],
      ['metadata-only', 36],
      ['brightness-only', 36],
    ]);
    // Ten groups cannot say how sure the head may be.
    expect(model.calibration).toMatchObject({ fittedOn: 'OUT_OF_FOLD', groupCount: 10, isApplied: false });
    expect(holdout.trainingTimeMins).toBeLessThan(pooled.trainingTimeMins);

    trainings.splice(0);
    const again = await outcomeOf(await world.train({ ...request, force: true }));
    expect(trainings).toHaveLength(7);
    expect(again.model.headSha256).toBe(model.headSha256);
    expect(again.results[1]?.evaluation).toEqual(pooled.evaluation);
    expect(again.scores[1]?.map(({ probabilities }) => probabilities)).toEqual(
      scores[1]?.map(({ probabilities }) => probabilities),
    );
  });

  test('calibrates from 50 groups on: digest, stored scores and answers have the temperature', async () => {
    const dataset = await world.importPatterns(patternNames('', ['bands', 'rings'], 32, 100));
    const request = { dataset: dataset.id, epochs: 2, folds: 2, testFraction: 0.1 };
    const { model, results, scores } = await outcomeOf(await world.train(request));
    const { calibration } = model;
    if (calibration === null) throw new Error('no calibration');
    expect(calibration).toMatchObject({ fittedOn: 'OUT_OF_FOLD', isApplied: true, groupCount: 58 });
    expect(calibration.temperature).not.toBe(1);

    const plain = await outcomeOf(await world.train({ ...request, folds: undefined }));
    expect(plain.model.headSha256).toBe(model.headSha256);
    expect(plain.model.digest).not.toBe(model.digest);
    expect(plain.model.calibration).toMatchObject({ fittedOn: 'VALIDATION', isApplied: false });
    const sharpened = plain.scores[0]?.map(({ probabilities: [first = 0, second = 0] }) => {
      const odds = (first / second) ** (1 / calibration.temperature);
      return odds / (1 + odds);
    });
    scores[0]?.forEach(({ probabilities }, picture) =>
      expect(probabilities[0]).toBeCloseTo(sharpened?.[picture] ?? NaN, 5),
    );
    const labels = scores[0]?.map(({ label }) => label) ?? [];
    expect(results[0]?.logLoss).toBeCloseTo(
      logLoss(labels, scores[0]?.map(({ probabilities }) => probabilities) ?? []),
      12,
    );

    const served = await createServedModels({
      ...world.services,
      database: database(),
      bestModels: createBestModels(database()),
      warm: async () => {},
    });
    expect(await served.resolve(model.name)).toMatchObject({ temperature: calibration.temperature });
    expect(await served.resolve(plain.model.name)).toMatchObject({ temperature: 1 });
    const forged = {
      ...model,
      id: newId(),
      number: model.number + 1000,
      name: `${model.name} forged`,
      calibration: { ...calibration, temperature: calibration.temperature + 0.001 },
    };
    await insertModel(database(), forged);
    expect((await rejection(served.resolve(forged.name))).code).toBe('MODEL_CORRUPT');
    await served.close();
  });

  test('needs no test of its own: then its head learns from every picture', async () => {
    const dataset = await world.importPatterns(patternNames('', ['bands', 'rings'], 5, 40));
    const run = await world.train({ dataset: dataset.id, epochs: 2, folds: 5, testFraction: 0 });
    const { results, scores } = await outcomeOf(run);
    expect(run.configuration).toMatchObject({ testFraction: 0, validationFraction: 0 });
    expect([...(trainings[0]?.task.trainIndices ?? [])]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(results.map(({ kind }) => kind)).toEqual(['CROSS_VALIDATION']);
    expect(results[0]).toMatchObject({
      testCount: 10,
      testDescription: '5 folds of 10 pictures, drawn with seed 1',
    });
    expect(results[0]?.inferenceTimeSecs).toBeGreaterThan(0);
    expect(scores[0]).toHaveLength(10);
  });

  test('is one stage that advances over all heads, and stops at the next batch when it is cancelled', async () => {
    const dataset = await world.importPatterns(patternNames('', ['bands', 'rings'], 6, 60));
    const request = { dataset: dataset.id, epochs: 400, folds: 2, repeats: 20 };
    const run = await world.start(request);
    const shares: number[] = [];
    await world.waitFor(run.id, ({ stage, stageProgress }) => {
      if (stage === 'TRAINING_HEAD') shares.push(stageProgress);
      return stageProgress > 3 / 41 && stageProgress < 1 && stage === 'TRAINING_HEAD';
    });
    await cancelTraining(world.services, run.id);
    await world.train({ ...request, epochs: 1, folds: undefined, repeats: undefined });
    expect(await findRun(database(), run.id)).toMatchObject({ state: 'CANCELLED', error: null });
    expect(shares).toEqual([...shares].sort((left, right) => left - right));
    expect(new Set(shares).size).toBeGreaterThan(2);
    // All of the own head, none of the folds'.
    expect(await listEpochs(database(), [run.id])).toHaveLength(400);
    expect(trainings.length).toBeLessThan(41);
    expect(await findModelsOfRuns(database(), [run.id])).toEqual([null]);
  });
});
