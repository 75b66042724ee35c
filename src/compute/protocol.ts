import type { EpochProgress } from '../words/run-event.js';
import type { PreparedImage, PrepareImageTask } from '../images/prepare-image.js';
import type { Thumbnail, ThumbnailTask } from '../images/thumbnail.js';
import type { BackboneRecord, HeadKind, TensorMap } from '../words/architecture.js';
import type { FeatureBatch } from './engines/engine.js';
import type { MeasureLimits } from './measuring/measure-session.js';
import type { Device, DeviceChoice, EngineName } from '../words/device.js';
import type { Priority } from '../words/priority.js';
import type { TrainedPart, OptimizerKind } from '../words/training-settings.js';
import type { TrainingEnd, TrainingRules } from '../words/training-rules.js';

/** What the compute workers are given to do and what they answer, by task. Plain values only. */

/** Who waits for the work: `serving` is never queued behind `training`, they have workers of their own. */
export type LaneName = 'serving' | 'training';

export interface ExtractFeaturesTask {
  engine: EngineName;
  backbone: BackboneRecord;
  /** [count, 224, 224]. */
  inputs: Uint8Array;
  count: number;
  lastMaps: boolean;
}
export interface ExtractedFeatures extends FeatureBatch {
  /** Time in the engine, without queue and message passing. */
  inferMs: number;
}

export interface TrainHeadTask {
  engine: EngineName;
  head: HeadKind;
  featureSize: number;
  classCount: number;
  optimizer: OptimizerKind;
  learningRate: number;
  batchSize: number;
  epochs: number;
  rules: TrainingRules;
  seed: number;
  /** [count, views, featureSize]; each epoch draws one view per training picture; validation uses view 0. */
  features: Float32Array;
  count: number;
  views: number;
  /** [count], values 0..classCount-1. */
  labels: Int32Array;
  trainIndices: Int32Array;
  /** May be empty: then patience counts for nothing. */
  validationIndices: Int32Array;
}
export interface TrainedHead extends TrainingEnd {
  /** Torch layout: `0.weight` [out, in], `0.bias` [out]; MULTI has layers 0, 3, 6 as in the published experiment's Sequential. */
  parameters: TensorMap;
  trainMs: number;
}

/** Pictures that are trained on, or scored, together. */
export interface PictureBatch {
  /** Grey rasters [labels.length, 224, 224]. */
  inputs: Uint8Array;
  /** Values 0..classCount-1. */
  labels: Int32Array;
  /** One for each view of a picture: equal ones have equal rasters. */
  keys: readonly string[];
}

/** Where a training inside a network takes its pictures from; the same batches whenever they are asked for. */
export interface PictureFeed {
  /** @param number of the epoch, from 1 */
  drawEpoch(number: number): AsyncIterable<PictureBatch>;
  /** Nothing where no picture is kept for validation. */
  drawValidation(): AsyncIterable<PictureBatch>;
}

export interface TrainNetworkTask {
  engine: EngineName;
  /** Without tuned weights of its own. */
  backbone: BackboneRecord;
  part: TrainedPart;
  head: HeadKind;
  classCount: number;
  optimizer: OptimizerKind;
  /** Learning rate of the head. */
  learningRate: number;
  /** Learning rate of everything else. */
  backboneLearningRate: number;
  epochs: number;
  rules: TrainingRules;
  /** Seeds the initial values and the dropout. Each epoch draws anew, so a training can resume at any epoch. */
  seed: number;
  /** What `onEpoch` was given by a training that did not get to its end; null begins. */
  checkpoint: Uint8Array | null;
}
export interface NetworkTrainingOptions {
  signal: AbortSignal;
  /** After each step. @param picturesPerSecond of the latest steps */
  onStep: (step: { pictures: number; picturesPerSecond: number }) => void;
  /** After each epoch, while the next one is trained. @param checkpoint what the same task can go on from */
  onEpoch: (progress: EpochProgress, checkpoint: Uint8Array) => Promise<void>;
}
export interface TunedNetwork extends TrainingEnd {
  /** As in TrainedHead. */
  head: TensorMap;
  /** As `encodeTunedWeights` gives them. */
  tunedWeights: Uint8Array;
  /** Time of the whole training, and the part of it that the engine waited for pictures. */
  trainMs: number;
  waitedMs: number;
}

export interface ProbeEngineTask {
  engine: EngineName;
}
export interface MeasureEngineTask {
  engine: EngineName;
  backbone: BackboneRecord;
  limits: MeasureLimits;
}

/** What was found on this machine for one engine and device. */
export interface EngineReport {
  engine: EngineName;
  device: Device;
  available: boolean;
  version: string | null;
  /** Why it is absent; null where it is available. */
  reason: string | null;
  /** Milliseconds per picture by backbone id and batch size; empty until measured. */
  measurements: { backboneId: string; batchSize: number; msPerPicture: number }[];
  /** Largest batch that is served with each measured backbone. */
  batchLimits: { backboneId: string; maxBatch: number }[];
}

export interface LaneOptions {
  lane: LaneName;
  /** Within the lane; `INTERACTIVE` where absent. */
  priority?: Priority | undefined;
  signal?: AbortSignal | undefined;
  /** The arrays of the task are taken from the caller, where they fill their buffers, instead of copied. */
  isHandedOver?: boolean | undefined;
}

/** The compute machine as the features see it: everything heavy runs in threads and processes behind these calls. */
export interface Compute {
  /** Probes every engine once; cheap afterwards. */
  engines(): Promise<EngineReport[]>;
  /**
   * The engine that serves `device`: the pinned one, else the fastest by measurement for this backbone.
   * @throws GelqlError DEVICE_UNAVAILABLE, ENGINE_UNAVAILABLE
   */
  chooseEngine(device: DeviceChoice, backbone: BackboneRecord): Promise<EngineName>;
  /** The engine for training on `device`, heads alone (tensorflow where installed, else wasm) or `inside` networks. Same errors. */
  chooseTrainingEngine(device: Device, options?: { inside: boolean }): Promise<EngineName>;
  /** Pictures in one batch of the server: configured, else from the measurement of this pair, which is made where absent. */
  maxBatch(engine: EngineName, backbone: BackboneRecord): Promise<number>;
  /** Measures engines x backbones (all pairs given), stores the figures in the cache, returns the full reports. */
  measure(backbones: BackboneRecord[]): Promise<EngineReport[]>;
  prepareImage(task: PrepareImageTask, options: LaneOptions): Promise<PreparedImage>;
  drawThumbnail(task: ThumbnailTask, options: LaneOptions): Promise<Thumbnail>;
  extractFeatures(task: ExtractFeaturesTask, options: LaneOptions): Promise<ExtractedFeatures>;
  trainHead(
    task: TrainHeadTask,
    options: { signal?: AbortSignal; onEpoch?: (epoch: EpochProgress) => void },
  ): Promise<TrainedHead>;
  /** @throws GelqlError CANCELLED; BAD_REQUEST where the loss stops being a number; what the feed or `onEpoch` threw */
  trainNetwork(
    task: TrainNetworkTask,
    feed: PictureFeed,
    options: NetworkTrainingOptions,
  ): Promise<TunedNetwork>;
  close(): Promise<void>;
}
