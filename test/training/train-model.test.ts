import { jest } from '@jest/globals';
import { evaluate } from '../../src/evaluation/evaluate.js';
import { loadArtifact } from '../../src/db/artifacts.js';
import { listDatasetPictures } from '../../src/datasets/datasets.js';
import { readSafetensors } from '../../src/networks/weights/safetensors.js';
import { findModelsOfRuns, type ModelRow } from '../../src/registry/models.js';
import {
  findResultsOfModels,
  findScoresOfResults,
  type ResultRow,
  type TestScoreRow,
} from '../../src/registry/results.js';
import { RESULTS_CSV_COLUMNS, resultsCsvRow } from '../../src/reports/results-csv.js';
import { splitDataset } from '../../src/training/plan-training.js';
import { listEpochs, type TrainingRunRow } from '../../src/runs/training-runs.js';
import type { TrainingConfiguration } from '../../src/words/training-configuration.js';
import { describeDatabase } from '../support/database.js';
import { openTrainingWorld, patternNames, type TrainingWorld } from '../support/training-world.js';

// The threads load a backbone and, from the sources, their own code; a busy machine takes its time.
jest.setTimeout(120_000);

const rejections: unknown[] = [];
const note = (reason: unknown): void => void rejections.push(reason);
beforeAll(() => void process.on('unhandledRejection', note));
afterAll(() => {
  process.off('unhandledRejection', note);
  expect(rejections).toEqual([]);
});

describeDatabase('a training run', (database) => {
  let world: TrainingWorld;
  beforeAll(async () => {
    world = await openTrainingWorld(database());
    await world.work();
  });
  afterAll(() => world.close());

  async function outcomeOf(
    run: TrainingRunRow,
  ): Promise<{ model: ModelRow; result: ResultRow; scores: TestScoreRow[] }> {
    const [model] = await findModelsOfRuns(database(), [run.id]);
    if (model == null) throw new Error(`${run.state}: ${JSON.stringify(run.error)}`);
    const [results = []] = await findResultsOfModels(database(), [model.id]);
    const [result] = results;
    if (result === undefined || results.length > 1) throw new Error('not one result');
    const [scores = []] = await findScoresOfResults(database(), [result.id]);
    return { model, result, scores };
  }

  test('stores its epochs in order, its model, and metrics that follow from its test scores', async () => {
    const dataset = await world.importPatterns([
      ...patternNames('train/', ['bands', 'rings'], 8),
      ...patternNames('test/', ['bands', 'rings'], 3, 20),
    ]);
    const run = await world.train({ dataset: dataset.name, epochs: 6, seed: 3, name: 'two patterns' });
    expect(run).toMatchObject({
      state: 'SUCCEEDED',
      stage: 'DONE',
      stageProgress: 1,
      attempt: 1,
      error: null,
    });

    const epochs = await listEpochs(database(), [run.id]);
    expect(epochs.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
    const times = epochs.map(({ createdAt }) => createdAt.getTime());
    expect(times).toEqual([...times].sort((left, right) => left - right));
    expect(epochs.at(-1)?.trainLoss).toBeLessThan(epochs[0]?.trainLoss ?? 0);
    for (const { trainAccuracy, validationAccuracy } of epochs) {
      expect(trainAccuracy).toBeGreaterThanOrEqual(0);
      expect(validationAccuracy).toBeLessThanOrEqual(1);
    }

    const { model, result, scores } = await outcomeOf(run);
    expect(model).toMatchObject({ name: 'two patterns', classes: ['bands', 'rings'], origin: 'TRAINED' });
    const head = readSafetensors(await loadArtifact(database(), model.headSha256)).tensors;
    expect([...head].map(([name, { shape }]) => [name, shape])).toEqual([
      ['0.bias', [2]],
      ['0.weight', [2, 1280]],
    ]);
    // The TEST subset and nothing else.
    expect(scores.map(({ name }) => name)).toEqual(
      patternNames('test/', ['bands', 'rings'], 3, 20).map((name) => `${name}.png`),
    );
    const images = await listDatasetPictures(database(), dataset.id);
    const again = evaluate({
      classes: model.classes,
      labels: scores.map(({ label }) => label),
      probabilities: scores.map(({ probabilities }) => probabilities),
      groups: scores.map(({ name }) => images.find((image) => image.name === name)?.groupKey ?? ''),
      seed: 3,
      baselines: [],
    });
    const { baselines, ...stored } = result.evaluation;
    const advice = { code: 'STILL_IMPROVING', message: expect.stringContaining('of 6 epochs') };
    expect(stored).toEqual({ ...again, warnings: [...again.warnings, advice], baselines: undefined });
    expect(baselines.map(({ name }) => name)).toEqual(['majority', 'metadata-only', 'brightness-only']);
    expect(result).toMatchObject({
      accuracy: again.accuracy.value,
      accuracyLow: again.accuracy.low,
      accuracyHigh: again.accuracy.high,
      precision: again.precisionWeighted,
      recall: again.recallWeighted,
      rocAuc: again.rocAuc,
      rocAucHard: again.rocAucHard,
      testCount: 6,
      testDescription: `the TEST subset of ${dataset.name}`,
    });

    const row = resultsCsvRow(result, { percent: true });
    expect(row).toHaveLength(RESULTS_CSV_COLUMNS.length);
    expect(row.slice(1, 5)).toEqual(['cpu', 'mobilenet-v3', 'single', 'adam']);
    for (const value of row) expect(value).not.toBe('');
    expect(result.trainingTimeMins).toBeGreaterThan(0);
    expect(result.inferenceTimeSecs).toBeGreaterThan(0);
  });

  test('learns three classes with MULTI, SGD and augmented views, and keeps groups whole', async () => {
    const names = patternNames('', ['bands', 'rings', 'checks'], 9);
    const groups = new Map(
      names.map((name) => [`${name}.png`, `lab-${name.replace(/\d+$/, (n) => String(Number(n) % 4))}`]),
    );
    const dataset = await world.importPatterns(names, { groups });
    const run = await world.train({
      dataset: dataset.id,
      head: 'MULTI',
      optimizer: 'SGD',
      epochs: 4,
      augmentationViews: 3,
      testFraction: 0.25,
    });
    const { model, result, scores } = await outcomeOf(run);
    expect(model.classes).toEqual(['bands', 'checks', 'rings']);
    expect(scores.every(({ probabilities }) => probabilities.length === 3)).toBe(true);
    expect(result.testDescription).toBe('a share of 0.25 drawn with seed 1');
    const head = readSafetensors(await loadArtifact(database(), model.headSha256)).tensors;
    expect([...head.keys()]).toEqual(['0.bias', '0.weight', '3.bias', '3.weight', '6.bias', '6.weight']);

    const images = await listDatasetPictures(database(), dataset.id);
    const split = splitDataset(images, run.configuration, model.classes);
    expect(scores.map(({ name }) => name)).toEqual(split.test.map((index) => images[index]?.name));
    const parts = [split.train, split.validation, split.test].map(
      (part) => new Set(part.map((index) => images[index]?.groupKey)),
    );
    const all = parts.flatMap((part) => [...part]);
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBe(12);
  });

  test('follows every option that changes a step or a view', async () => {
    const dataset = await world.importPatterns([
      ...patternNames('', ['bands'], 14),
      ...patternNames('', ['rings'], 8),
    ]);
    const plain = { dataset: dataset.id, epochs: 3, augmentationViews: 2 };
    const options: Partial<TrainingConfiguration>[] = [
      {},
      { classWeights: 'BALANCED' },
      { weightDecay: 0.1 },
      { labelSmoothing: 0.1 },
      { schedule: 'COSINE' },
      { warmupSteps: 2 },
      { augmentation: 'STRONG' },
      { seed: 2 },
      { splitSeed: 2 },
    ];
    const heads = new Set<string>();
    for (const option of options) {
      const run = await world.train({ ...plain, ...option });
      expect(run.configuration).toMatchObject(option);
      expect(run).toMatchObject({ keptEpoch: 3, stopReason: 'ALL_EPOCHS' });
      heads.add((await outcomeOf(run)).model.headSha256);
    }
    expect(heads.size).toBe(options.length);
  });

  test('is given a name by its configuration, which its model takes', async () => {
    const dataset = await world.importPatterns(patternNames('', ['bands', 'rings'], 6, 40));
    const run = await world.train({ dataset: dataset.name, epochs: 1, validationFraction: 0 });
    expect(run.name).toMatch(/^mobilenet_v3_large-single-adam-[0-9a-f]{6}$/);
    const [epoch] = await listEpochs(database(), [run.id]);
    expect(epoch).toMatchObject({ number: 1, validationLoss: null, validationAccuracy: null });
    expect((await outcomeOf(run)).model.name).toBe(run.name);
  });
});
