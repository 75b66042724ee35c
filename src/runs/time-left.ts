import type { RunStage } from '../words/run-state.js';
import type { HeadKind } from '../words/architecture.js';
import { trainsBackbone, type TrainingConfiguration } from '../words/training-configuration.js';

/**
 * What a run goes through, in order. Pictures are decoded while others are in the engine, so both stages count as one. A
 * network is trained before its features are computed, a head afterwards.
 */
const PHASES: Record<RunStage, number> = {
  WAITING: 0,
  TRAINING_NETWORK: 1,
  DECODING: 2,
  EXTRACTING_FEATURES: 2,
  TRAINING_HEAD: 3,
  EVALUATING: 4,
  DONE: 5,
};

/**
 * One step of the head's training, in seconds: native TensorFlow on two cores, 512 features, batch 23. It weighs the head
 * before its first epochs are measured; by then the features are nearly always the longer part.
 */
const STEP_SECONDS: Record<HeadKind, number> = { SINGLE: 0.002, MULTI: 0.006 };
/** The scores, their intervals and the timing of eight pictures. */
const EVALUATION_SECONDS = 1;
/** No pace before so much of a phase is behind: its first part pays for the start of the threads. */
const PACE_AFTER_SECONDS = 1;

/** What the length of a run follows from. */
export interface Workload {
  configuration: TrainingConfiguration;
  /** Pictures of the whole data set. */
  pictureCount: number;
}

/** How fast the phase of a stage goes. */
export interface Pace {
  phase: number;
  startedAtMs: number;
  /** Share of the phase that cost no time: what was there at its start, or was found in the cache. */
  skipped: number;
}

/** The pace after one more report. @param before null where nothing was reported yet @param atMs when it was reported */
export function followPace(
  before: { pace: Pace; stageProgress: number } | null,
  now: { stage: RunStage; stageProgress: number; atMs: number },
): Pace {
  const phase = PHASES[now.stage];
  if (before?.pace.phase !== phase) {
    return { phase, startedAtMs: now.atMs, skipped: now.stageProgress };
  }
  // Decoding begins where the cache has ended.
  const found = now.stage === 'DECODING' ? now.stageProgress - before.stageProgress : 0;
  return { ...before.pace, skipped: before.pace.skipped + found };
}

/**
 * Seconds to the end of a run: the rest of its phase at the pace that it has had so far, and the later phases as
 * estimated from epochs, batches and head. Null before the features have a pace: nobody knows what the cache holds.
 */
export function estimateSecondsLeft(
  { stage, stageProgress, atMs }: { stage: RunStage; stageProgress: number; atMs: number },
  pace: Pace,
  workload: Workload,
): number | null {
  const expected = expectedSeconds(workload);
  const done = stageProgress - pace.skipped;
  const elapsed = (atMs - pace.startedAtMs) / 1000;
  const hasPace = elapsed >= PACE_AFTER_SECONDS && done > 0;
  const foreseen = expected[pace.phase];
  if (!hasPace && foreseen == null) return null;
  const rest = hasPace ? (elapsed * (1 - stageProgress)) / done : (foreseen ?? 0) * (1 - stageProgress);
  const later = expected.slice(pace.phase + 1).reduce<number>((sum, seconds) => sum + (seconds ?? 0), 0);
  return stage === 'DONE' ? 0 : rest + later;
}

/** Epochs of the stage TRAINING_HEAD: of the model's own head, which comes first, and of those of the folds. */
export function epochsOfAllHeads({ epochs, folds, repeats }: TrainingConfiguration): number {
  return folds === null || repeats === null ? epochs : epochs * (1 + folds * repeats);
}

/** By phase; null where it cannot be foreseen. */
function expectedSeconds({ configuration, pictureCount }: Workload): (number | null)[] {
  const { head, batchSize, validationFraction, testFraction } = configuration;
  const trained = pictureCount * (1 - testFraction) * (1 - validationFraction);
  const steps = epochsOfAllHeads(configuration) * Math.ceil(trained / batchSize);
  const headSeconds = trainsBackbone(configuration) ? 0 : steps * STEP_SECONDS[head];
  return [null, null, null, headSeconds, EVALUATION_SECONDS, 0];
}
