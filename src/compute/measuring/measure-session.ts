import { INPUT_PIXELS } from '../../words/picture.js';
import type { BackboneSession } from '../engines/engine.js';

export interface Timing {
  batchSize: number;
  msPerPicture: number;
}

export interface MeasureLimits {
  /** Time for the runs of one batch size; at least one run is timed whatever it takes. */
  budgetMs: number;
  /** Where a lone picture takes longer than this the engine is out of the race, and batches are not timed. */
  hopelessMs: number;
}

/** What is known of a session's speed. */
export interface SessionTimings {
  /** From batches of 1 upwards. */
  timings: Timing[];
  /** Why larger batches than these were not timed, though they were to be; null where all were, or the engine is too slow. */
  failure: string | null;
}

/** The fastest of a few runs: what the engine can do, not what else the machine was doing. */
const MAX_RUNS = 5;

/**
 * Times a session on a fixed input: the fastest run of each batch size, in milliseconds per picture. A batch that fails,
 * for example for want of memory, ends it; what smaller ones took is kept.
 * @param batchSizes from 1 upwards
 * @param onTiming called with each as soon as it is known
 * @throws what a lone picture fails with
 */
export async function measureSession(
  session: BackboneSession,
  batchSizes: readonly number[],
  limits: MeasureLimits,
  onTiming: (timing: Timing) => void,
): Promise<SessionTimings> {
  const timings: Timing[] = [];
  // The first run allocates and compiles.
  await timeRun(session, createFixedInput(1), 1);
  for (const batchSize of batchSizes) {
    try {
      const inputs = createFixedInput(batchSize);
      const msPerPicture = await findFastestRun(session, inputs, batchSize, limits.budgetMs);
      timings.push({ batchSize, msPerPicture });
      onTiming({ batchSize, msPerPicture });
      if (msPerPicture > limits.hopelessMs) break;
    } catch (error) {
      if (timings.length === 0) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      return { timings, failure: `A batch of ${batchSize} failed: ${reason}` };
    }
  }
  return { timings, failure: null };
}

async function findFastestRun(
  session: BackboneSession,
  inputs: Uint8Array,
  count: number,
  budgetMs: number,
): Promise<number> {
  let fastestMs = Infinity;
  let spentMs = 0;
  for (let run = 0; run < MAX_RUNS && spentMs < budgetMs; run++) {
    const runMs = await timeRun(session, inputs, count);
    spentMs += runMs;
    fastestMs = Math.min(fastestMs, runMs);
  }
  return fastestMs / count;
}

async function timeRun(session: BackboneSession, inputs: Uint8Array, count: number): Promise<number> {
  const startedAt = performance.now();
  await session.extractFeatures(inputs, count, { lastMaps: false });
  return performance.now() - startedAt;
}

/** Every grey level, so that no engine meets a constant picture. @returns [count, 224, 224] */
function createFixedInput(count: number): Uint8Array {
  return Uint8Array.from(
    { length: count * INPUT_PIXELS },
    (_, index) => (index * 31 + (index >> 8) * 7) & 255,
  );
}
