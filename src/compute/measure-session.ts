import { INPUT_PIXELS } from '../images/picture.js';
import type { BackboneSession } from './engines/engine.js';

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

/** The fastest of a few runs: what the engine can do, not what else the machine was doing. */
const MAX_RUNS = 5;

/**
 * Times a session on a fixed input.
 * @param batchSizes from 1 upwards
 * @returns the fastest run of each batch size, in milliseconds per picture
 */
export async function measureSession(
  session: BackboneSession,
  batchSizes: readonly number[],
  limits: MeasureLimits,
): Promise<Timing[]> {
  const timings: Timing[] = [];
  // The first run allocates and compiles.
  await timeRun(session, createFixedInput(1), 1);
  for (const batchSize of batchSizes) {
    const inputs = createFixedInput(batchSize);
    const msPerPicture = await findFastestRun(session, inputs, batchSize, limits.budgetMs);
    timings.push({ batchSize, msPerPicture });
    if (msPerPicture > limits.hopelessMs) break;
  }
  return timings;
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
