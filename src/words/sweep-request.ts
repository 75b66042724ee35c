import type { DeviceChoice } from './device.js';
import type { Trainable, TrainingConfiguration } from './training-configuration.js';

/** A grid: every combination of the lists is one part; the settings that are no list hold for all parts. */
export interface SweepRequest extends Omit<
  TrainingConfiguration,
  | 'backboneId'
  | 'head'
  | 'optimizer'
  | 'device'
  | 'learningRate'
  | 'batchSize'
  | 'epochs'
  | 'seed'
  | 'network'
> {
  backboneIds: string[];
  heads: TrainingConfiguration['head'][];
  optimizers: TrainingConfiguration['optimizer'][];
  devices: DeviceChoice[];
  learningRates: number[];
  batchSizes: number[];
  epochs: number[];
  seeds: number[];
  /** Absent where heads alone are trained. */
  trainables?: Trainable[];
  /** Of what is trained besides the heads; absent where it follows from each part's learning rate. */
  backboneLearningRate?: number;
}
