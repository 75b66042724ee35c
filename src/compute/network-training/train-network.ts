import { setImmediate as nextTurn } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { GelqlError } from '../../errors.js';
import type { BackboneRecord, TensorMap } from '../../words/architecture.js';
import { buildGraph } from '../../networks/build-graph.js';
import { nodeAt, type Graph } from '../../networks/graph.js';
import { headLayers, initialHead } from '../../networks/heads.js';
import { drawStem, widenStem } from '../../networks/new-stem.js';
import { normalisationTables } from '../../networks/normalise.js';
import { BACKBONE_DROPOUT, cutGraph, planesOf } from '../../networks/trainable-part.js';
import type { TrainedPart } from '../../words/training-settings.js';
import type { TrainingBackend } from '../engines/engine.js';
import type { PictureBatch, PictureFeed, TrainNetworkTask } from '../protocol.js';
import type { EpochProgress } from '../../words/run-event.js';
import type { TrainingEnd } from '../../words/training-rules.js';
import { betterEpoch, stopReasonAfter, type BestEpoch } from '../tasks/best-epoch.js';
import { createMaskDrawer } from '../tasks/head-batches.js';
import type { Matrix } from '../tasks/head-layers.js';
import { addScores, NO_SCORE, scoreLogits, type Score } from '../tasks/head-loss.js';
import { frozenInputs, normalisedInputs, type TrainedInputs } from './frozen-side.js';
import {
  createNetworkTrainer,
  type NetworkTrainer,
  type StepMasks,
  type TrainerState,
} from './network-trainer.js';
import { createTrainableNetwork, type TrainableNetwork } from './trainable-network.js';

export interface NetworkTraining
  extends PictureFeed, Omit<TrainNetworkTask, 'engine' | 'backbone' | 'checkpoint'> {
  backbone: Omit<BackboneRecord, 'file' | 'id' | 'sha256'>;
  /** The backbone's parameters, BatchNorm not folded; what is used is taken out. */
  tensors: TensorMap;
  /** Where an earlier training stopped; null begins. */
  checkpoint: NetworkCheckpoint | null;
}

/** What is needed after an epoch to go on with the next. */
export interface NetworkCheckpoint {
  epoch: number;
  state: TrainerState;
  /** Null without patience, which keeps the last epoch. */
  best: KeptEpoch | null;
}

/** The best epoch so far with what `NetworkTrainer.saveParameters` gave after it. */
export interface KeptEpoch extends BestEpoch {
  tensors: TensorMap;
}

export interface NetworkTrainingHooks {
  /** Awaited. @param save what a later training can go on from */
  onEpoch(progress: EpochProgress, save: () => Promise<NetworkCheckpoint>): Promise<void>;
  /** After each step. @param pictures that it was taken on */
  onStep(pictures: number): void;
  /** Asked before each batch. */
  isCancelled(): boolean;
}

export interface TrainedNetwork extends TrainingEnd {
  /** Torch layout and names. */
  head: TensorMap;
  /** The backbone's tensors that are not what they were, under the names and shapes of the backbone. */
  moved: TensorMap;
}

/**
 * Trains part of a network with its head: cross-entropy, a step for each batch. Leaves no tensor behind, however it
 * ends.
 * @param backend of the engine whose backend of TensorFlow.js is set
 * @throws GelqlError CANCELLED; BAD_REQUEST where the loss stops being a number
 */
export async function trainNetwork(
  backend: TrainingBackend,
  training: NetworkTraining,
  hooks: NetworkTrainingHooks,
): Promise<TrainedNetwork> {
  const { backbone, tensors, part, classCount, seed, checkpoint } = training;
  const whole = buildGraph(backbone.architecture, backbone.featurePoint, planesOf(part));
  if (part === 'STEM_AND_HEAD') drawStem(whole, tensors, seed);
  const { frozen, trained } = cutGraph(whole, part, backbone.architecture);
  const tables = normalisationTables(backbone, { sumsPlanes: false }).slice(0, planesOf(part));
  const source =
    frozen === null ? normalisedInputs(tables) : await frozenInputs(backend.compile, frozen, tensors, tables);
  const network = createTrainableNetwork(trained, tensors, { part, architecture: backbone.architecture });
  const head = initialHead(training.head, backbone.featureSize, classCount, seed);
  const trainer = createNetworkTrainer({ ...training, network, head });
  try {
    if (checkpoint !== null) trainer.resume(checkpoint.state);
    let best = checkpoint?.best ?? null;
    let epoch = checkpoint?.epoch ?? 0;
    let stopReason = stopReasonAfter(epoch, best, training);
    while (stopReason === null) {
      epoch++;
      const progress = await trainEpoch({ backend, training, hooks, trainer, trained, source }, epoch);
      const better = betterEpoch(best, training.rules, progress);
      if (better !== null) {
        best = { ...better, tensors: await backend.watch(0, () => trainer.saveParameters()) };
      }
      const save = async () => ({ epoch, state: await trainer.save(), best });
      await hooks.onEpoch(progress, () => backend.watch(0, save));
      stopReason = stopReasonAfter(epoch, best, training);
    }
    if (best !== null) trainer.loadParameters(best.tensors);
    const parameters = await backend.watch(0, () => download(whole, network, trainer, part));
    return { ...parameters, keptEpoch: best?.number ?? epoch, stopReason };
  } finally {
    trainer.dispose();
    network.dispose();
    await source.release();
  }
}

interface EpochContext {
  backend: TrainingBackend;
  training: NetworkTraining;
  hooks: NetworkTrainingHooks;
  trainer: NetworkTrainer;
  trained: Graph;
  source: TrainedInputs;
}

async function trainEpoch(context: EpochContext, number: number): Promise<EpochProgress> {
  const { training, hooks, trainer } = context;
  const drawMasks = createMasks(training, number);
  let train: Score = NO_SCORE;
  const throwIfCancelled = () => {
    if (hooks.isCancelled()) throw new GelqlError('CANCELLED', `cancelled in epoch ${number}`);
  };
  for await (const batch of training.drawEpoch(number)) {
    throwIfCancelled();
    const score = await scoreBatch(context, batch, (inputs) =>
      trainer.step(inputs, batch.labels, () => drawMasks(batch.labels.length)),
    );
    train = addScores(train, score);
    hooks.onStep(batch.labels.length);
    await nextTurn();
  }
  let kept: Score = NO_SCORE;
  for await (const batch of training.drawValidation()) {
    throwIfCancelled();
    kept = addScores(kept, await scoreBatch(context, batch, (inputs) => trainer.evaluate(inputs)));
  }
  if (!Number.isFinite(train.lossSum)) throw divergence(number, training);
  return {
    number,
    trainLoss: train.lossSum / train.weightSum,
    trainAccuracy: train.correct / train.count,
    validationLoss: kept.count === 0 ? null : kept.lossSum / kept.weightSum,
    validationAccuracy: kept.count === 0 ? null : kept.correct / kept.count,
  };
}

async function scoreBatch(
  { backend, training, trained, source }: EpochContext,
  batch: PictureBatch,
  compute: (inputs: tf.Tensor4D) => Matrix,
): Promise<Score> {
  const values = await source.of(batch.inputs, batch.keys);
  const [channels = 0, height = 0, width = 0] = nodeAt(trained, 0).shape;
  const count = batch.labels.length;
  return backend.watch(count, async () => {
    const inputs = tf.tensor4d(values, [count, height, width, channels]);
    let logits: Matrix | null = null;
    try {
      logits = compute(inputs);
      return scoreLogits(await logits.data<'float32'>(), batch.labels, training.rules.loss);
    } finally {
      tf.dispose(logits === null ? [inputs] : [inputs, logits]);
    }
  });
}

/** The dropout of an epoch: the head's, and in train mode the backbone's own. */
function createMasks({ backbone, head, classCount, part, seed }: NetworkTraining, epoch: number) {
  const drawMask = createMaskDrawer(seed, `dropout ${epoch}`);
  const hidden = headLayers(head, backbone.featureSize, classCount).slice(0, -1);
  const isTrainMode = part === 'STEM_AND_HEAD';
  const rates = isTrainMode ? Object.entries(BACKBONE_DROPOUT[backbone.architecture]) : [];
  const graph = buildGraph(backbone.architecture, backbone.featurePoint);
  const widthOf = (name: string) =>
    graph.nodes.find((node) => node.op === 'linear' && node.name === name)?.shape[0] ?? 0;
  return (rows: number): StepMasks => ({
    head: hidden.map(({ outputs, dropout }) => {
      return tf.tensor2d(drawMask(rows * outputs, dropout ?? 0), [rows, outputs]);
    }),
    backbone: new Map(
      rates
        .filter(([name]) => widthOf(name) > 0)
        .map(([name, rate]) => {
          const width = widthOf(name);
          return [name, tf.tensor2d(drawMask(rows * width, rate), [rows, width])] as const;
        }),
    ),
  });
}

async function download(
  whole: Graph,
  network: TrainableNetwork,
  trainer: NetworkTrainer,
  part: TrainedPart,
): Promise<Pick<TrainedNetwork, 'head' | 'moved'>> {
  const moved = await network.download();
  if (part === 'STEM_AND_HEAD') widenStem(whole, moved);
  return { head: await trainer.downloadHead(), moved };
}

function divergence(number: number, { learningRate, backboneLearningRate }: NetworkTraining): GelqlError {
  return new GelqlError(
    'BAD_REQUEST',
    `the loss is no longer a number in epoch ${number}: choose smaller rates than learningRate ${learningRate} and backboneLearningRate ${backboneLearningRate}`,
  );
}
