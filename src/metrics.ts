import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { ERRORS, GelqlError, type ErrorCode } from './errors.js';

/** What became of a picture. */
export type Outcome = 'answered' | ErrorCode;

/** Steps of an answer: `read` the upload, `decode` it, `infer` in the engine, `store` the row; `total` from first to last. */
export const STAGES = ['read', 'decode', 'infer', 'store', 'total'] as const;
export type Stage = (typeof STAGES)[number];

/** `refused`: the model could not be loaded or failed its golden pictures, or the alias was not where it was expected. */
export const SWAP_RESULTS = ['moved', 'refused'] as const;
export type SwapResult = (typeof SWAP_RESULTS)[number];

/** What a batch that was run once more had lost: its thread, the graphics card, or the file of a model's own weights. */
export const RETRY_CAUSES = ['thread', 'device', 'weights'] as const;
export type RetryCause = (typeof RETRY_CAUSES)[number];

export interface Metrics {
  /** @param count pictures of one request that share the outcome */
  countRequests(outcome: Outcome, count?: number): void;
  observeStage(stage: Stage, milliseconds: number): void;
  observeQueueWait(milliseconds: number): void;
  observeBatch(pictures: number): void;
  /** A batch that is computed once more. */
  countRetriedBatch(cause: RetryCause): void;
  /** An alias that was to point at another model. */
  countSwap(result: SwapResult): void;
  /** Everything in the text format of Prometheus. */
  text(): Promise<string>;
  readonly contentType: string;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const PICTURES = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/**
 * Counters of one process, for `/metrics`. Every label has a closed list of values, all of them shown from the start, so
 * that a rate is known from the first event on and the number of series never grows.
 * @param readPending pictures that wait or run, asked for when somebody reads
 */
export function createMetrics(readPending: () => number): Metrics {
  const registry = new Registry();
  const registers = [registry];
  let isWatchingProcess = false;

  const requests = new Counter({
    name: 'gel_requests_total',
    help: 'Pictures sent for classification, by what became of them: answered, or the code of the error.',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['answered', ...Object.keys(ERRORS)]) requests.inc({ outcome }, 0);
  const stages = new Histogram({
    name: 'gel_stage_seconds',
    help: 'Time of each step of an answered picture; infer is that of its whole batch, total includes the waiting.',
    labelNames: ['stage'],
    buckets: SECONDS,
    registers,
  });
  for (const stage of STAGES) stages.zero({ stage });
  const queueWait = new Histogram({
    name: 'gel_queue_wait_seconds',
    help: 'Time from a decoded picture to the start of its batch.',
    buckets: SECONDS,
    registers,
  });
  const batches = new Histogram({
    name: 'gel_batch_size',
    help: 'Pictures in each batch that an engine ran.',
    buckets: PICTURES,
    registers,
  });
  const retries = new Counter({
    name: 'gel_batch_retries_total',
    help: 'Batches that were run once more because the first attempt lost its thread, graphics card or weights.',
    labelNames: ['cause'],
    registers,
  });
  // From the start, so that the first one is seen as a rise from nothing.
  for (const cause of RETRY_CAUSES) retries.inc({ cause }, 0);
  const swaps = new Counter({
    name: 'gel_model_swap_total',
    help: 'Requests to point an alias at a model, by whether it moved.',
    labelNames: ['result'],
    registers,
  });
  for (const result of SWAP_RESULTS) swaps.inc({ result }, 0);
  new Gauge({
    name: 'gel_pending',
    help: 'Pictures that wait or run.',
    registers,
    collect() {
      this.set(readPending());
    },
  });

  return {
    countRequests: (outcome, count = 1) => requests.inc({ outcome }, count),
    observeStage: (stage, milliseconds) => stages.observe({ stage }, milliseconds / 1000),
    observeQueueWait: (milliseconds) => queueWait.observe(milliseconds / 1000),
    observeBatch: (pictures) => batches.observe(pictures),
    countRetriedBatch: (cause) => retries.inc({ cause }),
    countSwap: (result) => swaps.inc({ result }),
    text() {
      // Processor time, memory, garbage collection, and the event loop's delay as nodejs_eventloop_lag_seconds; not
      // before somebody reads it, because nothing ends the watching.
      if (!isWatchingProcess) collectDefaultMetrics({ register: registry });
      isWatchingProcess = true;
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}

/** What an error counts as: one without a code is a fault of the server. */
export function outcomeOf(error: unknown): Outcome {
  return error instanceof GelqlError ? error.code : 'INTERNAL';
}

/** Times a step that succeeds. */
export async function timeStage<T>(
  metrics: Pick<Metrics, 'observeStage'>,
  stage: Stage,
  work: () => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  const done = await work();
  metrics.observeStage(stage, performance.now() - startedAt);
  return done;
}

/** Counts a picture by how its work ends, and times it where it is answered. */
export async function countOutcome<T>(
  metrics: Pick<Metrics, 'countRequests' | 'observeStage'>,
  startedAt: number,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const answer = await work();
    metrics.countRequests('answered');
    metrics.observeStage('total', performance.now() - startedAt);
    return answer;
  } catch (error) {
    metrics.countRequests(outcomeOf(error));
    throw error;
  }
}
