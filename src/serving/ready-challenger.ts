import type { Logger } from '../logger.js';
import type { ServedModel } from './served-model.js';

/** The challenger of this moment, if it is in memory: no answer waits for it, and none fails of it. */
export type FindChallenger = (id: string | undefined) => ServedModel | null;

/** A challenger that could not be loaded is tried again after this time. */
const RETRY_MS = 10_000;

/**
 * Remembers the challenger that was asked for last. One that is not loaded yet is loaded beside the requests; until then
 * there is none.
 */
export function createReadyChallenger(
  load: (id: string) => Promise<ServedModel>,
  logger: Logger,
): FindChallenger {
  let known: { id: string; model: ServedModel | null; retryAt: number } | null = null;

  function startLoading(id: string): void {
    const attempt = { id, model: null as ServedModel | null, retryAt: Infinity };
    known = attempt;
    load(id).then(
      (model) => (attempt.model = model),
      (error: unknown) => {
        attempt.retryAt = performance.now() + RETRY_MS;
        logger.warn({ err: error, model: id }, 'the challenger cannot be scored here');
      },
    );
  }

  return (id) => {
    if (id === undefined) {
      known = null;
      return null;
    }
    if (known?.id !== id || performance.now() >= known.retryAt) startLoading(id);
    return known?.model ?? null;
  };
}
