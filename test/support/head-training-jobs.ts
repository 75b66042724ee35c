import { Worker } from 'node:worker_threads';
import { resolve } from 'node:path';
import { entryOf } from '../../src/compute/worker-entry.js';
import type { EngineName } from '../../src/words/device.js';
import type { TrainHeadTask } from '../../src/compute/protocol.js';
import type { EpochProgress } from '../../src/words/run-event.js';
import type { EpochOutcome, HeadTraining } from '../../src/compute/tasks/run-head-training.js';
import type { Batch } from '../../src/compute/tasks/head-batches.js';
import type { LossRule, StopReason } from '../../src/words/training-rules.js';
import type { TensorMap } from '../../src/words/architecture.js';

/** What a real thread with a real engine is asked to do. */
export type Job =
  | { kind: 'train'; task: TrainHeadTask; cancelAfterBatches?: number }
  | { kind: 'replay'; training: Omit<HeadTraining, 'drawEpoch'>; batches: Batch[] }
  | {
      kind: 'compare-gradients';
      parameters: TensorMap;
      batch: Batch;
      classCount: number;
      loss: LossRule;
      masks: Float32Array[];
    };

export interface JobAnswer {
  epochs: EpochProgress[];
  stepLosses: EpochOutcome['stepLosses'];
  parameters: TensorMap;
  keptEpoch: number;
  stopReason: StopReason;
  /** Turns of the event loop that came between the first batch and the end. */
  turns: number;
  tensorsBefore: number;
  tensorsAfter: number;
  errorCode: string | null;
  largestGradientDifference: number;
}

export type Answers = { available: true; answers: JobAnswer[] } | { available: false; reason: string };

/**
 * Runs the jobs one after another in a fresh thread.
 * @throws what the thread died of
 */
export function runJobs(engine: EngineName, jobs: Job[]): Promise<Answers> {
  const { file, execArgv } = entryOf(resolve('test/support/head-training-worker.ts'));
  const worker = new Worker(file, { workerData: { engine, jobs }, execArgv: execArgv ?? [] });
  return new Promise((fulfil, reject) => {
    worker.once('message', fulfil);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread ended with ${code} and no answer`)));
  });
}

/** `describe`, or `describe.skip` with the reason in the name where the engine does not start on this machine. */
export function describeAnswers(
  engine: EngineName,
  result: Answers,
  tests: (answerOf: (job: number) => JobAnswer) => void,
): void {
  const name = result.available ? `on ${engine}` : `on ${engine} (does not start here: ${result.reason})`;
  const answerOf = (job: number): JobAnswer => {
    const answer = result.available ? result.answers[job] : undefined;
    if (answer === undefined) throw new Error(`job ${job} was not answered`);
    return answer;
  };
  (result.available ? describe : describe.skip)(name, () => tests(answerOf));
}
