import type { AnsweredPictures } from '../evaluation/paired/answered-pair.js';
import type { Interval } from '../words/evaluation.js';

/** A model with one of its results, as the choice of the best sees it. */
export interface Candidate {
  /** Sorts by age: the ids of models are UUIDs of version 7. */
  modelId: string;
  /** Of the metric that is asked for. */
  value: number;
  /** Of the value; null where none is stored. */
  interval: Interval | null;
  logLoss: number;
  inferenceTimeSecs: number;
  /** Device and engine that the time was measured on. */
  timedOn: string;
  /** Of backbone and head; counted when it is asked for. */
  readonly parameterCount: number;
  /** On the test pictures that all candidates share, in one order; null where they are not known. */
  answers: AnsweredPictures | null;
}
