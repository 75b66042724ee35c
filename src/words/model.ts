import type { EngineName } from './device.js';

export const MODEL_ORIGINS = ['TRAINED', 'SHIPPED', 'IMPORTED'] as const;
export type ModelOrigin = (typeof MODEL_ORIGINS)[number];

export const MODEL_EVENT_KINDS = ['ARCHIVED', 'RESTORED'] as const;
export type ModelEventKind = (typeof MODEL_EVENT_KINDS)[number];

export const PROBE_KINDS = ['GOLDEN', 'FINITE'] as const;
/**
 * `GOLDEN`: against the logits that it gave when it was registered. `FINITE`: it has no golden pictures; it was loaded,
 * verified, and answers with numbers.
 */
export type ProbeKind = (typeof PROBE_KINDS)[number];

/** What a model was put through before an alias pointed at it. */
export interface ModelProbe {
  kind: ProbeKind;
  pictureCount: number;
  /** Largest difference of a logit for GOLDEN, over all pictures and classes; null for FINITE. */
  largestDifference: number | null;
  engine: EngineName;
  elapsedMs: number;
}

export const RESULT_KINDS = ['HOLDOUT', 'CROSS_VALIDATION'] as const;
/**
 * `HOLDOUT`: the model's own head on pictures that it never saw. `CROSS_VALIDATION`: pooled out-of-fold answers of heads
 * that were trained like it on parts of its training pictures.
 */
export type ResultKind = (typeof RESULT_KINDS)[number];
