import type { RunEventBody } from '../../src/words/run-event.js';
import { trackRun, type TrainingEvent } from '../../src/runs/run-progress.js';
import type { Workload } from '../../src/runs/time-left.js';
import { estimateSweepSecondsLeft, type TimedPart } from '../../src/sweeps/sweep-time-left.js';
import { configuration } from '../support/registry-rows.js';

const workload = { configuration: { ...configuration, epochs: 20 }, pictureCount: 100 };

/** What a run's events say that happen at these seconds. */
function followAll(
  events: readonly [atSeconds: number, body: RunEventBody][],
  followed: Workload = workload,
): TrainingEvent[] {
  const tracker = trackRun(followed);
  return events.map(([atSeconds, body], index) =>
    tracker.follow({
      runId: 'run',
      sequence: index + 1,
      attempt: 1,
      kind: body.kind,
      body,
      createdAt: new Date(atSeconds * 1000),
    }),
  );
}

const state = (entered: 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED'): RunEventBody => ({
  kind: 'STATE',
  state: entered,
  error: entered === 'FAILED' ? { code: 'WORKER_CRASHED', message: 'gone', facts: {} } : null,
});
const extracting = (stageProgress: number): RunEventBody => ({
  kind: 'PROGRESS',
  stage: 'EXTRACTING_FEATURES',
  stageProgress,
});
const epoch = (number: number): RunEventBody => ({
  kind: 'EPOCH',
  epoch: { number, trainLoss: 1, trainAccuracy: 0.5, validationLoss: null, validationAccuracy: null },
});

describe('how far a run is', () => {
  it('follows from its events, each of which carries all of it', () => {
    const events = followAll([
      [0, state('QUEUED')],
      [5, state('RUNNING')],
      [6, extracting(0)],
      [6, { kind: 'PROGRESS', stage: 'DECODING', stageProgress: 0.2 }],
      [8, extracting(0.6)],
      [10, { kind: 'PROGRESS', stage: 'TRAINING_HEAD', stageProgress: 0 }],
      [10.1, epoch(1)],
      [14, epoch(10)],
      [18, { kind: 'PROGRESS', stage: 'EVALUATING', stageProgress: 0 }],
      [19, state('SUCCEEDED')],
    ]);
    expect(events.map((event) => [event.kind, event.state, event.stage, event.stageProgress])).toEqual([
      ['STATE', 'QUEUED', 'WAITING', 0],
      ['STATE', 'RUNNING', 'WAITING', 0],
      ['PROGRESS', 'RUNNING', 'EXTRACTING_FEATURES', 0],
      ['PROGRESS', 'RUNNING', 'DECODING', 0.2],
      ['PROGRESS', 'RUNNING', 'EXTRACTING_FEATURES', 0.6],
      ['PROGRESS', 'RUNNING', 'TRAINING_HEAD', 0],
      ['EPOCH', 'RUNNING', 'TRAINING_HEAD', 0.05],
      ['EPOCH', 'RUNNING', 'TRAINING_HEAD', 0.5],
      ['PROGRESS', 'RUNNING', 'EVALUATING', 0],
      ['STATE', 'SUCCEEDED', 'DONE', 1],
    ]);
    expect(events.map(({ epoch: own }) => own?.number ?? null)).toEqual([
      ...Array.from({ length: 6 }, () => null),
      1,
      10,
      null,
      null,
    ]);
  });

  it('goes through the network first where that is trained, and tells its pace until then', () => {
    const inside = {
      ...workload,
      configuration: { ...workload.configuration, trainable: 'ALL', backboneLearningRate: 0.0001 } as const,
    };
    const training = (stageProgress: number, picturesPerSecond?: number): RunEventBody => ({
      ...{ kind: 'PROGRESS', stage: 'TRAINING_NETWORK', stageProgress },
      ...(picturesPerSecond === undefined ? {} : { picturesPerSecond }),
    });
    const events = followAll(
      [
        [0, state('RUNNING')],
        // It goes on from a checkpoint after half of its epochs.
        [1, training(0.5)],
        [11, training(0.6, 8)],
        [11, epoch(12)],
        [51, extracting(0)],
        [60, state('SUCCEEDED')],
      ],
      inside,
    );
    expect(events.map(({ stage, stageProgress }) => [stage, stageProgress])).toEqual([
      ['WAITING', 0],
      ['TRAINING_NETWORK', 0.5],
      ['TRAINING_NETWORK', 0.6],
      ['TRAINING_NETWORK', 0.6],
      ['EXTRACTING_FEATURES', 0],
      ['DONE', 1],
    ]);
    expect(events.map(({ picturesPerSecond }) => picturesPerSecond)).toEqual([null, null, 8, 8, null, null]);
    // A tenth took 10 s: four tenths are left, and the evaluation.
    expect(events[2]?.secondsLeft).toBeCloseTo(41, 5);
  });

  it('estimates the time left from the pace, without what the cache held, and the later stages', () => {
    const events = followAll([
      [0, state('RUNNING')],
      [1, extracting(0)],
      [1, { kind: 'PROGRESS', stage: 'DECODING', stageProgress: 0.5 }],
      // 0.1 of the pictures in 2 s: 0.4 of them take 8 s more.
      [3, extracting(0.6)],
      [12, epoch(1)],
      // 9 epochs in 4.5 s: ten more take 5 s, then the evaluation.
      [16.5, epoch(10)],
      [22, { kind: 'PROGRESS', stage: 'EVALUATING', stageProgress: 0 }],
      [23, state('SUCCEEDED')],
    ]);
    const left = events.map(({ secondsLeft }) => secondsLeft);
    expect(left.slice(0, 3)).toEqual([null, null, null]);
    // Head (20 epochs of 3 batches) and evaluation are foreseen with a second or so.
    expect(left[3]).toBeGreaterThan(8);
    expect(left[3]).toBeLessThan(10);
    expect(left[5]).toBeCloseTo(5 + left[6]!, 5);
    expect(left[6]).toBeLessThanOrEqual(1);
    expect(left[7]).toBe(0);
  });

  it('begins anew with the next attempt, and keeps the stage in which it failed', () => {
    const events = followAll([
      [0, state('RUNNING')],
      [1, extracting(0.5)],
      [60, state('QUEUED')],
      [61, state('RUNNING')],
      [62, extracting(0.25)],
      [63, state('FAILED')],
    ]);
    expect(events[2]).toMatchObject({
      state: 'QUEUED',
      stage: 'WAITING',
      stageProgress: 0,
      secondsLeft: null,
    });
    expect(events[4]).toMatchObject({ stage: 'EXTRACTING_FEATURES', stageProgress: 0.25, secondsLeft: null });
    expect(events[5]).toMatchObject({
      state: 'FAILED',
      stage: 'EXTRACTING_FEATURES',
      stageProgress: 0.25,
      secondsLeft: 0,
      error: { code: 'WORKER_CRASHED' },
    });
  });
});

describe('the time that a sweep has left', () => {
  const ended = (features: string, tookSeconds: number | null): TimedPart => ({
    state: 'SUCCEEDED',
    secondsLeft: 0,
    features,
    tookSeconds,
  });
  const waiting = (features: string): TimedPart => ({
    state: 'QUEUED',
    secondsLeft: null,
    features,
    tookSeconds: null,
  });
  const running = (features: string, secondsLeft: number | null): TimedPart => ({
    state: 'RUNNING',
    secondsLeft,
    features,
    tookSeconds: null,
  });

  it('is unknown until there is a part to go by', () => {
    expect(estimateSweepSecondsLeft([running('a', null), waiting('a')])).toBeNull();
    expect(estimateSweepSecondsLeft([ended('a', 20), waiting('a')])).toBeNull();
    // What had ended before the sweep says nothing.
    expect(estimateSweepSecondsLeft([ended('a', null), ended('a', null), waiting('a')])).toBeNull();
  });

  it('counts the first part of each backbone as the first ones took, the others as the others', () => {
    const parts = [ended('a', 20), ended('a', 2), running('a', 1), waiting('a'), waiting('b'), waiting('b')];
    expect(estimateSweepSecondsLeft(parts)).toBe(1 + 2 + 20 + 2);
    expect(estimateSweepSecondsLeft([ended('a', null), ended('a', 2), waiting('b')])).toBe(2);
  });

  it('shares the work among those that run at once, and is 0 in the end', () => {
    const parts = [ended('a', 20), ended('a', 4), running('a', 1), running('a', 3), waiting('a')];
    expect(estimateSweepSecondsLeft(parts)).toBe((1 + 3 + 4) / 2);
    expect(estimateSweepSecondsLeft([ended('a', 20)])).toBe(0);
    expect(estimateSweepSecondsLeft([])).toBe(0);
  });
});
