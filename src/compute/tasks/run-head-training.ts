import { setImmediate as nextTurn } from 'node:timers/promises';
import { GelqlError } from '../../errors.js';
import type { TensorMap } from '../../words/architecture.js';
import type { OptimizerKind } from '../../words/training-settings.js';
import type { EpochProgress } from '../../words/run-event.js';
import type { TrainingEnd, TrainingRules } from '../../words/training-rules.js';
import { betterEpoch, stopReasonAfter, type BestEpoch } from './best-epoch.js';
import { type Batch, createMaskDrawer } from './head-batches.js';
import {
  computeLogits,
  differentiate,
  downloadLayers,
  type LinearLayer,
  type Matrix,
  type TensorFlow,
  uploadLayers,
  uploadTargets,
} from './head-layers.js';
import { createOptimizer, type Optimizer } from './head-optimizers.js';
import { rateShare } from './rate-share.js';
import { addScores, NO_SCORE, type Score, scoreLogits } from './head-loss.js';

export interface HeadTraining {
  /** Initial values, torch layout and names. */
  parameters: TensorMap;
  classCount: number;
  optimizer: OptimizerKind;
  learningRate: number;
  epochs: number;
  rules: TrainingRules;
  /** The batches of the next epoch. */
  drawEpoch: () => Iterable<Batch>;
  /** The rate after each hidden layer and the seed of the draws; null drops nothing. */
  dropout: { rates: readonly number[]; seed: number } | null;
  /** Null where nothing was kept for validation. */
  validation: Batch | null;
}

export interface EpochOutcome {
  progress: EpochProgress;
  /** The loss of each batch before its step. */
  stepLosses: number[];
}

export interface TrainingHooks {
  onEpoch(epoch: EpochOutcome): void;
  /** Asked before each batch. */
  isCancelled(): boolean;
}

export interface TrainedParameters extends TrainingEnd {
  /** Torch layout and names. */
  parameters: TensorMap;
}

/**
 * Trains until the epochs are through, or the patience with them is. Gives the event loop a turn after each batch, so that
 * messages arrive; leaves no tensor behind, however it ends.
 * @throws GelqlError CANCELLED; BAD_REQUEST where the loss stops being a number
 */
export async function runHeadTraining(
  tf: TensorFlow,
  training: HeadTraining,
  hooks: TrainingHooks,
): Promise<TrainedParameters> {
  const optimizer = createOptimizer(tf, {
    kind: training.optimizer,
    learningRate: training.learningRate,
    weightDecay: training.rules.weightDecay,
  });
  const layers = uploadLayers(tf, training.parameters);
  const takeStep = createStep(tf, training, layers, optimizer);
  const validation = training.validation && uploadInputs(tf, training.validation);
  const pending: Matrix[] = [];
  const kept = createKeeper(tf, layers);
  try {
    let best: BestEpoch | null = null;
    let number = 0;
    let stopReason = stopReasonAfter(number, best, training);
    while (stopReason === null) {
      number++;
      const batches: Int32Array[] = [];
      for (const batch of training.drawEpoch()) {
        if (hooks.isCancelled()) throw new GelqlError('CANCELLED', `cancelled in epoch ${number}`);
        pending.push(takeStep(batch));
        batches.push(batch.labels);
        await nextTurn();
      }
      if (validation !== null) pending.push(tf.tidy(() => computeLogits(tf, layers, validation)));
      const logits = await readRows(tf, pending);
      const outcome = describeEpoch(number, logits, batches, training);
      if (!Number.isFinite(outcome.progress.trainLoss)) throw divergence(number, training.learningRate);
      hooks.onEpoch(outcome);
      const better = betterEpoch(best, training.rules, outcome.progress);
      if (better !== null) kept.keep();
      best = better ?? best;
      stopReason = stopReasonAfter(number, best, training);
    }
    kept.restore();
    return { parameters: await downloadLayers(tf, layers), keptEpoch: best?.number ?? number, stopReason };
  } finally {
    tf.dispose([...pending, ...layers.flatMap(({ kernel, bias }) => [kernel, bias])]);
    validation?.dispose();
    kept.dispose();
    optimizer.dispose();
  }
}

/** Holds on to the parameters of one epoch. */
function createKeeper(tf: TensorFlow, layers: readonly LinearLayer[]) {
  const variables = layers.flatMap(({ kernel, bias }) => [kernel, bias]);
  let copies: Matrix[] = [];
  const dispose = () => tf.dispose(copies);
  return {
    keep(): void {
      dispose();
      // Shares the values until the variable is assigned others.
      copies = variables.map((variable) => tf.clone<Matrix>(variable));
    },
    /** Where none were kept the parameters stay as they are. */
    restore(): void {
      copies.forEach((copy, index) => variables[index]?.assign(copy));
    },
    dispose,
  };
}

/** One step: moves `layers` and returns the batch's logits, which the caller disposes of. */
function createStep(tf: TensorFlow, training: HeadTraining, layers: LinearLayer[], optimizer: Optimizer) {
  const { dropout, classCount, rules } = training;
  const drawMask = createMaskDrawer(dropout?.seed ?? 0);
  let stepCount = 0;
  const drawMasks = (rows: number): Matrix[] | null =>
    dropout &&
    layers.slice(0, -1).map(({ kernel }, index) => {
      const width = kernel.shape[1];
      return tf.tensor2d(drawMask(rows * width, dropout.rates[index] ?? 0), [rows, width]);
    });

  return (batch: Batch): Matrix =>
    tf.tidy(() => {
      const rows = batch.labels.length;
      const { logits, slopes } = differentiate(tf, layers, {
        inputs: uploadInputs(tf, batch),
        loss: uploadTargets(tf, batch.labels, classCount, rules.loss),
        masks: drawMasks(rows),
      });
      optimizer.step(slopes, rateShare(rules.rate, stepCount++));
      return logits;
    });
}

function uploadInputs(tf: TensorFlow, { inputs, labels }: Batch): Matrix {
  return tf.tensor2d(inputs, [labels.length, inputs.length / labels.length]);
}

/** All rows of the matrices one after another, in one transfer. Empties the list. */
async function readRows(tf: TensorFlow, matrices: Matrix[]): Promise<Float32Array> {
  const rows = tf.tidy(() => tf.concat(matrices, 0));
  tf.dispose(matrices.splice(0));
  try {
    return await rows.data<'float32'>();
  } finally {
    rows.dispose();
  }
}

/** @param logits of the epoch's batches in turn, then of the validation rows */
function describeEpoch(
  number: number,
  logits: Float32Array,
  batches: Int32Array[],
  { classCount, validation, rules }: HeadTraining,
): EpochOutcome {
  let start = 0;
  const score = (labels: Int32Array): Score => {
    const rows = logits.subarray(start, (start += labels.length * classCount));
    return scoreLogits(rows, labels, rules.loss);
  };
  const scores = batches.map(score);
  const train = scores.reduce(addScores, NO_SCORE);
  const kept = validation && score(validation.labels);
  return {
    progress: {
      number,
      trainLoss: train.lossSum / train.weightSum,
      trainAccuracy: train.correct / train.count,
      validationLoss: kept && kept.lossSum / kept.weightSum,
      validationAccuracy: kept && kept.correct / kept.count,
    },
    stepLosses: scores.map(({ lossSum, weightSum }) => lossSum / weightSum),
  };
}

function divergence(number: number, learningRate: number): GelqlError {
  return new GelqlError(
    'BAD_REQUEST',
    `the loss is no longer a number in epoch ${number}: choose a learningRate below ${learningRate}`,
  );
}
