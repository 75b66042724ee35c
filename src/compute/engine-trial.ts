import { GelqlError } from '../errors.js';
import type { EngineName } from '../words/device.js';
import { inProcess } from './channel.js';
import { MEASURE_ENGINE, PROBE_ENGINE, type WorkerSettings } from './compute-tasks.js';
import type { EngineProbe } from './engines/engine.js';
import { createLane, type Lane } from './lane.js';
import type { SessionTimings, Timing } from './measuring/measure-session.js';
import type { MeasureEngineTask } from './protocol.js';
import { timing } from './task-answers.js';
import type { Entry } from './worker-entry.js';

/*
 * A process that looks at one engine and is ended. A native library that aborts takes this process with it, not the
 * server; and what a slow engine allocated while it was measured is gone afterwards.
 */

export interface TrialTerms {
  entry: Entry;
  settings: WorkerSettings;
  environment: NodeJS.ProcessEnv;
  /** Longest wait for the answer. */
  seconds: number;
}

/** @throws GelqlError WORKER_CRASHED, SETUP_FAILED; ENGINE_UNAVAILABLE where there is no answer in time */
export function probeEngine(terms: TrialTerms, engine: EngineName): Promise<EngineProbe> {
  return inTrial(terms, engine, (lane) => lane.run(PROBE_ENGINE, { engine }));
}

/**
 * Where the process dies or the time is over while larger batches are measured, for example because they do not fit into
 * the memory, the answer has what was measured until then.
 * @throws GelqlError as probeEngine, and what the engine throws
 */
export function measureEngine(terms: TrialTerms, task: MeasureEngineTask): Promise<SessionTimings> {
  return inTrial(terms, task.engine, async (lane) => {
    const timings: Timing[] = [];
    const onMessage = (body: unknown) => void timings.push(timing.parse(body));
    return lane.run(MEASURE_ENGINE, task, { onMessage }).catch((error: unknown) => {
      if (timings.length === 0 || !(error instanceof GelqlError)) throw error;
      return { timings, failure: error.message };
    });
  });
}

async function inTrial<Value>(
  { entry, settings, environment, seconds }: TrialTerms,
  engine: EngineName,
  ask: (lane: Lane) => Promise<Value>,
): Promise<Value> {
  const name = `trial ${engine}`;
  const lane = createLane({
    name,
    open: inProcess({ entry, settings, environment }),
    workers: 1,
    limits: { processorSeconds: null, residentBytes: null, wallSeconds: seconds },
    explainOverrun: () =>
      new GelqlError('ENGINE_UNAVAILABLE', `The ${name} process gave no answer within ${seconds} s.`, {
        facts: { engine },
      }),
  });
  try {
    return await ask(lane);
  } finally {
    await lane.close();
  }
}
