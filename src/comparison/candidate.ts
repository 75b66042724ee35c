import type { AnsweredPictures } from '../evaluation/paired/answered-pair.js';
import type { Interval } from '../words/evaluation.js';

/** A model with one of its results, as the choice of the best sees it. */
export interface Candidate {
  /** Sorts by age: the ids of models are UUIDs of version 7. */
  modelId: string;
  /** Value of the requested metric. */
  value: number;
  /** Interval of the value; null where none is stored. */
  interval: Interval | null;
  logLoss: number;
  inferenceTimeSecs: number;
  /** Device and engine that the time was measured on. */
  timedOn: string;
  /** Parameters of backbone and head, counted on demand. */
  readonly parameterCount: number;
  /** On the test pictures that all candidates share, in one order; null where they are not known. */
  answers: AnsweredPictures | null;
}
