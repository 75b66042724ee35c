import type { BackboneRecord, TensorMap } from '../../words/architecture.js';
import type { Device, EngineName } from '../../words/device.js';
import type { CompileNetwork } from './network.js';

export interface FeatureBatch {
  /** [count, D] row-major. */
  features: Float32Array;
  /** Last feature maps, NHWC [count, height, width, channels], on request only. */
  lastMaps?: { data: Float32Array; height: number; width: number; channels: number };
}

/** A backbone whose weights lie in the engine's memory. One instance belongs to one worker thread. */
export interface BackboneSession {
  /** @param inputs grey rasters [count, 224, 224], one byte a pixel. The call keeps no reference to them. */
  extractFeatures(inputs: Uint8Array, count: number, options: { lastMaps: boolean }): Promise<FeatureBatch>;
  release(): Promise<void>;
}

/** An engine inside a worker thread. */
export interface Engine {
  readonly name: EngineName;
  /** For example `tensorflow 2.18.1 (tfjs-node 4.22.0)`. */
  readonly version: string;
  /** @param tensors the backbone's parameters in torch layout and names, BatchNorm not yet folded. */
  loadBackbone(backbone: BackboneRecord, tensors: TensorMap): Promise<BackboneSession>;
  /** There where `trainsNetworks` says so. */
  readonly training?: TrainingBackend;
}

/** What training inside networks needs of an engine besides its backend of TensorFlow.js. */
export interface TrainingBackend {
  /** Lowers the part of a network that is not trained. */
  compile: CompileNetwork;
  /**
   * Takes one step, scores one batch, or reads weights back.
   * @param pictures that it takes; 0 where it takes none
   * @throws GelqlError DEVICE_OUT_OF_MEMORY, DEVICE_LOST instead of what the backend makes of them
   */
  watch<Value>(pictures: number, step: () => Promise<Value>): Promise<Value>;
}

/** Where an engine looks for what it needs. */
export interface EnginePlace {
  /** Whether a GPU that is emulated by the processor counts as one. */
  softwareGpu: boolean;
  /** Number of the graphics card that was asked for by number; null takes the first, or the driver's choice. */
  card: number | null;
  /** Per-user cache, which holds native libraries. */
  cacheDir: string;
}

export interface EngineOptions extends EnginePlace {
  /** Threads that it may use inside an operation. */
  threads: number;
}

export type EngineProbe =
  | {
      available: true;
      /** Names the graphics card too, where it computes on one: measurements and cached features hold for both. */
      version: string;
    }
  | { available: false; reason: string };

/**
 * One row of the engine table. `probe` answers without throwing; it may be slow and runs once per process.
 * `create` runs inside a worker thread.
 */
export interface EngineDescription {
  name: EngineName;
  devices: readonly Device[];
  /** Whether tfjs heads can be trained on it. */
  trainsHeads: boolean;
  /** Whether the backbone can be trained too (compute/network-training). */
  trainsNetworks: boolean;
  /**
   * Pictures in a call at which the features of each have the same bits whatever the others are and wherever it stands;
   * measured (test/slow/networks-engines.test.ts). Features that are kept are computed in calls of this size.
   */
  stableCount: number;
  /** Batch sizes that are measured, from 1 upwards; the last is the most that goes through the network at once. */
  batchSizes: readonly number[];
  /**
   * Whether it needs a process to itself: one that sees one of CUDA's graphics cards, or that ends with a device which the
   * library would go on giving to all of its sessions in the process after it was lost.
   */
  hasOwnProcess: boolean;
  /** Why it cannot be here, where that can be told without trying; it costs next to nothing. */
  findAbsence?(place: EnginePlace): string | null;
  probe(place: EnginePlace): Promise<EngineProbe>;
  create(options: EngineOptions): Promise<Engine>;
}
