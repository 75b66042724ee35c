import { trainsBackbone } from '../words/training-configuration.js';
import type { EpochProgress, RunEventKind } from '../words/run-event.js';
import type { RunStage, RunState } from '../words/run-state.js';
import type { SerializedError } from '../errors.js';
import type { RunEventRow } from './run-events.js';
import { epochsOfAllHeads, estimateSecondsLeft, followPace, type Pace, type Workload } from './time-left.js';

/** How far a run is. */
export interface RunSnapshot {
  state: RunState;
  stage: RunStage;
  /** Share of the stage that is done, 0..1. */
  stageProgress: number;
  /** Estimate for the whole run, see estimateSecondsLeft; null while there is none, 0 once it has ended. */
  secondsLeft: number | null;
  /** While a network is trained: of the latest steps. Null at other times. */
  picturesPerSecond: number | null;
}

/** One stored event with how far the run was when it happened. */
export interface TrainingEvent extends RunSnapshot {
  runId: string;
  sequence: number;
  attempt: number;
  kind: RunEventKind;
  epoch: EpochProgress | null;
  error: SerializedError | null;
  createdAt: Date;
}

/** Whether nothing can happen to the run any more. */
export function hasEnded({ state }: { state: RunState }): boolean {
  return state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED';
}

export interface RunTracker {
  readonly progress: RunSnapshot;
  /** Takes the run's next event. Everything follows from the events themselves, so a replay says the same again. */
  follow(event: RunEventRow): TrainingEvent;
}

/** @param from how far the run is, where events before were not followed; queued where absent */
export function trackRun(
  workload: Workload,
  from?: Omit<RunSnapshot, 'secondsLeft' | 'picturesPerSecond'>,
): RunTracker {
  let progress: RunSnapshot = {
    ...(from ?? { state: 'QUEUED', stage: 'WAITING', stageProgress: 0 }),
    picturesPerSecond: null,
    secondsLeft: from !== undefined && hasEnded(from) ? 0 : null,
  };
  let pace: Pace | null = null;

  const enter = (state: RunState): void => {
    pace = null;
    const picturesPerSecond = null;
    if (state === 'SUCCEEDED') {
      progress = { state, stage: 'DONE', stageProgress: 1, secondsLeft: 0, picturesPerSecond };
    } else if (hasEnded({ state })) progress = { ...progress, state, secondsLeft: 0, picturesPerSecond };
    else progress = { state, stage: 'WAITING', stageProgress: 0, secondsLeft: null, picturesPerSecond };
  };
  const report = (
    stage: RunStage,
    stageProgress: number,
    atMs: number,
    picturesPerSecond: number | null = null,
  ): void => {
    const before = pace === null ? null : { pace, stageProgress: progress.stageProgress };
    const now = { stage, stageProgress, atMs };
    pace = followPace(before, now);
    const secondsLeft = estimateSecondsLeft(now, pace, workload);
    progress = { ...progress, stage, stageProgress, secondsLeft, picturesPerSecond };
  };
  /** An epoch that is stored says nothing of the pace: it stays what it was. */
  const keptPace = (stage: RunStage) => (stage === progress.stage ? progress.picturesPerSecond : null);
  const reportEpoch = ({ number }: EpochProgress, atMs: number): void => {
    const { configuration } = workload;
    const stage = trainsBackbone(configuration) ? 'TRAINING_NETWORK' : 'TRAINING_HEAD';
    report(stage, number / epochsOfAllHeads(configuration), atMs, keptPace(stage));
  };

  return {
    get progress() {
      return progress;
    },
    follow({ runId, sequence, attempt, kind, body, createdAt }) {
      const atMs = createdAt.getTime();
      switch (body.kind) {
        case 'STATE':
          enter(body.state);
          break;
        case 'PROGRESS':
          report(body.stage, body.stageProgress, atMs, body.picturesPerSecond ?? keptPace(body.stage));
          break;
        case 'EPOCH':
          reportEpoch(body.epoch, atMs);
      }
      const epoch = body.kind === 'EPOCH' ? body.epoch : null;
      const error = body.kind === 'STATE' ? body.error : null;
      return { runId, sequence, attempt, kind, epoch, error, createdAt, ...progress };
    },
  };
}
