import type { RasterRecipe } from './picture.js';
import type { HeadKind } from './architecture.js';
import type { Device } from './device.js';

export const OPTIMIZERS = ['ADAM', 'SGD'] as const;
/** `ADAM` (betas .9/.999, epsilon 1e-8) or `SGD` with momentum .9, both as PyTorch defines them. */
export type OptimizerKind = (typeof OPTIMIZERS)[number];

/** What one training run is asked to do; stored with the run, part of the identity of the model. */
export interface TrainingConfiguration {
  backboneId: string;
  head: HeadKind;
  optimizer: OptimizerKind;
  device: Device;
  learningRate: number;
  batchSize: number;
  epochs: number;
  /** Seeds the split, the head's initial values, the order of the batches, dropout and the augmented views. */
  seed: number;
  /** Share of the training pictures kept for validation, 0..0.5. */
  validationFraction: number;
  /** Share of all pictures kept for the test where the data set has no test split of its own, 0..0.5. */
  testFraction: number;
  recipe: RasterRecipe;
  /** Views per training picture (1 = the picture as it is, no augmentation). */
  augmentationViews: number;
  /** Absent: no cross-validation. */
  crossValidation?: CrossValidation | undefined;
  /** Absent: the head alone is trained. */
  network?: NetworkSettings | undefined;
}

/**
 * What a run trains inside a network besides its head: `STEM_AND_HEAD` a new random first convolution for one plane, under
 * a frozen network in train mode, as the published experiment does; `LAST_STAGE` what works on the smallest maps; `ALL`
 * everything.
 */
export const TRAINED_PARTS = ['STEM_AND_HEAD', 'LAST_STAGE', 'ALL'] as const;
export type TrainedPart = (typeof TRAINED_PARTS)[number];

/** `HEAD` trains a head on the features of a frozen backbone; the others train part of the backbone with it. */
export const TRAINABLES = ['HEAD', ...TRAINED_PARTS] as const;
export type Trainable = (typeof TRAINABLES)[number];

/** What is trained inside the backbone. */
export interface NetworkSettings {
  part: TrainedPart;
  /** Of everything but the head. */
  learningRate: number;
}

export function trainableOf({ network }: Pick<TrainingConfiguration, 'network'>): Trainable {
  return network?.part ?? 'HEAD';
}

/**
 * Besides the model itself, `folds` x `repeats` heads are trained on parts of the pictures outside the test, each tested on
 * the part that it did not see.
 */
export interface CrossValidation {
  /** 2..20, at most the independent groups of the smallest class. */
  folds: number;
  /** 1..20, each with another assignment of the pictures to folds. */
  repeats: number;
}
