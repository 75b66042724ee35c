import type { Device, EngineName } from './device.js';
import type { Novelty } from './evaluation.js';

export interface ClassScore {
  label: string;
  /** Softmax of the logits, divided by the model's temperature where it is calibrated; 0..1. */
  probability: number;
  logit: number;
}

export interface StoredTiming {
  decodeMs: number;
  queueMs: number;
  inferMs: number;
  batchSize: number;
  engine: EngineName;
  device: Device;
}

export const DECISIONS = ['CLASSIFIED', 'UNDECIDED', 'OUT_OF_DISTRIBUTION'] as const;
export type Decision = (typeof DECISIONS)[number];

export const DECISION_REASONS = [
  'FAR_FROM_TRAINING',
  'LOW_PROBABILITY',
  'NOT_CALIBRATED',
  'NO_TRAINING_FEATURES',
  'FEW_TRAINING_PICTURES',
] as const;
/** The first two decide, the others say what the decision could not stand on. */
export type DecisionReason = (typeof DECISION_REASONS)[number];

export interface StoredNovelty extends Novelty {
  /** SHA-256 of the training features behind the measurement. */
  featuresSha256: string;
}

/** A training picture near to the one that was classified. */
export interface NearPicture {
  name: string;
  sha256: string;
  label: string;
  /** Cosine distance of the features, 0 to 2. */
  distance: number;
}

export const SEEN_KINDS = ['SAME_FILE', 'SAME_PIXELS', 'NEAR_DUPLICATE'] as const;
export type SeenKind = (typeof SEEN_KINDS)[number];

/** The training picture that the classified one was recognised as. */
export interface SeenPicture {
  kind: SeenKind;
  name: string;
  sha256: string;
  label: string;
  /** Differing bits, of 63, of the perceptual hashes of what both show; 0 for the same pixels. */
  differingBits: number;
}

/** Where in a picture the evidence for a class lies, as classification/explanation.ts defines it. */
export interface StoredExplanation {
  label: string;
  height: number;
  width: number;
  /** [height * width], row-major, to six significant digits. */
  values: number[];
}
