import type { DatabaseScope } from '../../src/db/client.js';
import type { ResultKind } from '../../src/words/model.js';
import { storeArtifact } from '../../src/db/artifacts.js';
import { insertDataset, type DatasetRow } from '../../src/datasets/datasets.js';
import { RandomDraws } from '../../tools/synthesize/random-draws.js';
import type { Evaluation, Proportion } from '../../src/words/evaluation.js';
import { registerModel, type NewResult } from '../../src/registry/register-model.js';
import type { DuplicateReport } from '../../src/words/duplicate-report.js';
import { MINIATURE_PIXELS } from '../../src/images/facts/miniature.js';
import type { ModelRow } from '../../src/registry/models.js';
import type { TrainingConfiguration } from '../../src/words/training-configuration.js';
import { inventFacts } from './invent-facts.js';

export const configuration: TrainingConfiguration = {
  backboneId: 'resnet18-test',
  trainable: 'HEAD',
  backboneLearningRate: null,
  head: 'SINGLE',
  optimizer: 'ADAM',
  device: 'CPU',
  learningRate: 0.001,
  batchSize: 23,
  epochs: 20,
  seed: 1,
  splitSeed: 1,
  classWeights: 'NONE',
  weightDecay: 0,
  labelSmoothing: 0,
  schedule: 'CONSTANT',
  warmupSteps: 0,
  patience: 0,
  validationFraction: 0.2,
  testFraction: 0.2,
  recipe: 'gel-v1',
  augmentationViews: 1,
  augmentation: 'LIGHT',
  folds: null,
  repeats: null,
};

/** What an import finds where no picture resembles another. */
const NO_DUPLICATES: DuplicateReport = {
  ...{ exact: [], near: [], suspected: [], suspectedCount: 0, chains: [], excluded: [], featureless: [] },
};

const proportion = (k: number, n: number, low: number, high: number): Proportion => ({
  value: k / n,
  k,
  n,
  low,
  high,
});

/** Figures of a test on 100 pictures; only what `given` names is meant to be looked at. */
export function evaluationWith(given: {
  correct: number;
  low: number;
  high: number;
  logLoss: number;
  rocAuc?: number | null;
}): Evaluation {
  const accuracy = proportion(given.correct, 100, given.low, given.high);
  const rocAuc = given.rocAuc === undefined ? 0.5 : given.rocAuc;
  return {
    classes: ['gel', 'not_gel'],
    confusion: [
      [given.correct - 40, 10],
      [90 - given.correct, 40],
    ],
    accuracy,
    balancedAccuracy: 0.81,
    precisionWeighted: 0.82,
    recallWeighted: 0.83,
    f1Weighted: 0.84,
    precisionMacro: 0.85,
    recallMacro: 0.86,
    f1Macro: 0.87,
    rocAuc,
    rocAucInterval: null,
    rocAucHard: rocAuc,
    averagePrecision: null,
    mcc: 0.5,
    logLoss: given.logLoss,
    brier: 0.1,
    calibrationError: null,
    groupCount: 100,
    warnings: [],
    perClass: [],
    baselines: [],
  };
}

export interface TestModel {
  name: string;
  configuration?: Partial<TrainingConfiguration>;
  evaluation?: Evaluation;
  headBytes?: Uint8Array;
  runId?: string | null;
  datasetName?: string;
  kind?: ResultKind;
  scores?: NewResult['scores'];
}

const twoScores: NonNullable<TestModel['scores']> = [
  {
    name: 'gel/a.png',
    sha256: '1'.repeat(64),
    label: 0,
    predicted: 0,
    probabilities: [0.9, 0.1],
    groupKey: 'a',
  },
  {
    name: 'not_gel/b.png',
    sha256: '2'.repeat(64),
    label: 1,
    predicted: 0,
    probabilities: [0.6, 0.4],
    groupKey: 'b',
  },
];

export function registerTestModel(scope: DatabaseScope, given: TestModel): Promise<ModelRow> {
  const whole = { ...configuration, ...given.configuration };
  return registerModel(scope, {
    model: {
      name: given.name,
      origin: 'TRAINED',
      runId: given.runId ?? null,
      datasetId: null,
      backbone: {
        id: whole.backboneId,
        architecture: 'resnet18',
        featurePoint: 'reference',
        featureSize: 512,
        mean: [0.485, 0.485, 0.485],
        standardDeviation: [0.229, 0.229, 0.229],
        sha256: 'b'.repeat(64),
      },
      head: whole.head,
      classes: ['gel', 'not_gel'],
      recipe: whole.recipe,
      optimizer: whole.optimizer,
      device: whole.device,
      engine: 'wasm',
      featureEngine: 'onnxruntime',
      configuration: whole,
      calibration: null,
    },
    // Models of equal bytes are one model.
    headBytes: given.headBytes ?? new TextEncoder().encode(given.name),
    results: [
      {
        trainingTimeMins: 0.25,
        inferenceTimeSecs: 0.004,
        datasetName: given.datasetName ?? 'seed',
        datasetDigest: 'd'.repeat(64),
        testDescription: 'the TEST subset of the data set',
        kind: given.kind ?? 'HOLDOUT',
        evaluation: given.evaluation ?? evaluationWith({ correct: 90, low: 0.8, high: 0.95, logLoss: 0.3 }),
        scores: given.scores ?? twoScores,
      },
    ],
  });
}

/** A data set of one made-up picture per class. */
export async function insertTestDataset(scope: DatabaseScope, name: string): Promise<DatasetRow> {
  const random = RandomDraws.of(name);
  const images = await Promise.all(
    ['gel', 'not_gel'].map(async (className, label) => {
      const sha256 = await storeArtifact(scope, 'picture', Buffer.from(`${name} ${className}`));
      return {
        position: label,
        name: `${className}/1.png`,
        sha256,
        label,
        subset: 'UNSPLIT' as const,
        groupKey: className,
        facts: inventFacts(random, { sha256, rasterSha256: sha256 }),
      };
    }),
  );
  const miniatures = new Uint8Array(images.length * MINIATURE_PIXELS);
  return insertDataset(scope, {
    ...{ name, classes: ['gel', 'not_gel'], digest: name, source: 'test', images },
    duplicateReport: NO_DUPLICATES,
    miniaturesSha256: await storeArtifact(scope, 'miniatures', miniatures),
  });
}
