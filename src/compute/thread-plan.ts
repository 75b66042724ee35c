import type { Config } from '../config.js';
import type { LaneName } from './protocol.js';

/** Decoded pictures are large (100 megapixels of 16 bits are 200 MB): more threads than this buy memory trouble, not speed. */
const MAX_DECODERS = 4;

/** How the machine's cores are shared out, by lane. */
export interface ThreadPlan {
  /** Processes that decode and resize. */
  decoders: Record<LaneName, number>;
  /** Threads that each hold an engine with its own copy of the weights. */
  engines: Record<LaneName, number>;
  /** Threads inside one engine of that lane. */
  engineThreads: Record<LaneName, number>;
  /** How much the threads of that lane, those of their engines included, stand back where cores are short: 0 to 19. */
  niceness: Record<LaneName, number>;
}

/**
 * The main thread goes first: it has little to do for each picture, and what waits for it are requests, answers and
 * deadlines. With equal rights, on two cores that others used too, deadlines were told 14 to 119 ms late (p50) instead of
 * 5 to 35. Training stands back once more, behind pictures that somebody waits for.
 */
const NICENESS: Record<LaneName, number> = { serving: 10, training: 15 };

/**
 * Serving has one engine with all threads: the same throughput as one engine per core with one thread each (ResNet18
 * 35.6 and 36.6 ms a picture), a fraction of the memory, and the shortest time for a lone picture. Training has as many
 * engines as were asked for and divides the threads among them.
 */
export function planThreads({
  threads,
  trainingWorkers,
}: Pick<Config, 'threads' | 'trainingWorkers'>): ThreadPlan {
  // A process that trains no runs still decodes what it imports and measures engines.
  const trainingEngines = Math.max(1, trainingWorkers);
  const decoders = Math.min(threads, MAX_DECODERS);
  return {
    decoders: { serving: decoders, training: decoders },
    engines: { serving: 1, training: trainingEngines },
    engineThreads: { serving: threads, training: Math.max(1, Math.floor(threads / trainingEngines)) },
    niceness: NICENESS,
  };
}
