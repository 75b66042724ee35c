import type { BackboneRecord, TensorMap } from '../../networks/architecture.js';

export const ENGINE_NAMES = ['tensorflow', 'onnxruntime', 'wasm'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** `CPU`, or `GPU`; a run says which it wants and is refused where no engine serves it. */
export const DEVICES = ['CPU', 'GPU'] as const;
export type Device = (typeof DEVICES)[number];

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
}

/**
 * One row of the engine table. `probe` answers without throwing; it may be slow and runs once per process.
 * `create` runs inside a worker thread.
 */
export interface EngineDescription {
  name: EngineName;
  devices: readonly Device[];
  /** Whether tfjs heads can be trained on it. */
  trainsHeads: boolean;
  /**
   * Pictures in a call at which the features of each have the same bits whatever the others are and wherever it stands;
   * measured (test/golden/networks-engines.test.ts). Features that are kept are computed in calls of this size.
   */
  stableCount: number;
  probe(): Promise<{ available: true; version: string } | { available: false; reason: string }>;
  create(options: { threads: number }): Promise<Engine>;
}
