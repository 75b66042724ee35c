import type { TrainHeadTask } from '../compute/protocol.js';
import type { TrainingPlan } from './plan-training.js';
import { trainingRules } from './training-rules.js';

export interface HeadRequest {
  seed: number;
  /** A schedule has run its course after the configuration's, whatever this says. */
  epochs: number;
  /** Positions in the order of the features; `validation` may be empty. */
  train: readonly number[];
  validation: readonly number[];
}

/**
 * The training of one head on rows of the run's features.
 * @param features [pictures of `split.fitted`, views, D] in that order
 */
export function headTask(
  { configuration, dataset, backbone, featureViews, trainingEngine, split, labelAt }: TrainingPlan,
  features: Float32Array,
  { seed, epochs, train, validation }: HeadRequest,
): TrainHeadTask {
  const labels = split.fitted.map((index) => labelAt(index));
  const trained = train.map((row) => labels[row] ?? NaN);
  const classCount = dataset.classes.length;
  return {
    engine: trainingEngine,
    head: configuration.head,
    featureSize: backbone.featureSize,
    classCount,
    optimizer: configuration.optimizer,
    learningRate: configuration.learningRate,
    batchSize: configuration.batchSize,
    epochs,
    rules: trainingRules(configuration, trained, classCount),
    seed,
    features,
    count: split.fitted.length,
    views: featureViews,
    labels: Int32Array.from(labels),
    trainIndices: Int32Array.from(train),
    validationIndices: Int32Array.from(validation),
  };
}

/** Heads that a run trains: the model's own, and one for each fold of each repeat. */
export function countHeads({ split: { folds } }: Pick<TrainingPlan, 'split'>): number {
  return folds === null ? 1 : 1 + folds.folds * folds.repeats.length;
}

/** The pictures as they are, without augmentation: [rows, D]. @param features, rows as headTask takes them */
export function firstViews(
  { backbone, featureViews }: Pick<TrainingPlan, 'backbone' | 'featureViews'>,
  features: Float32Array,
  rows: readonly number[],
): Float32Array {
  const { featureSize } = backbone;
  const views = new Float32Array(rows.length * featureSize);
  rows.forEach((row, target) => {
    const start = row * featureViews * featureSize;
    views.set(features.subarray(start, start + featureSize), target * featureSize);
  });
  return views;
}
