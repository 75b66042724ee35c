import type { Logger } from '../logger.js';
import type { ServedModel } from './served-model.js';

/** The model under the alias `challenger`. No answer waits for it, and none fails because of it. */
export interface Challenger {
  id: string;
  /** The model if it is in memory already. */
  model: ServedModel | null;
  /** The model once it is in memory; null if it cannot be loaded, which is logged once. Never rejects. */
  loaded: Promise<ServedModel | null>;
}

/** A challenger that could not be loaded is tried again after this time. */
const RETRY_MS = 10_000;

/**
 * Remembers the challenger that was asked for last. A new one is loaded beside the requests: answers that are given
 * meanwhile can be scored once it is there.
 * @returns finds the challenger of an id; null without an id, and while a failed one waits for its next try
 */
export function createReadyChallenger(
  load: (id: string) => Promise<ServedModel>,
  logger: Logger,
): (id: string | undefined) => Challenger | null {
  let known: { challenger: Challenger; failedAt: number | null } | null = null;

  function startLoading(id: string): Challenger {
    const challenger: Challenger = { id, model: null, loaded: Promise.resolve(null) };
    const attempt: NonNullable<typeof known> = { challenger, failedAt: null };
    known = attempt;
    challenger.loaded = load(id).then(
      (model) => (challenger.model = model),
      (error: unknown) => {
        attempt.failedAt = performance.now();
        logger.warn({ err: error, model: id }, 'the challenger cannot be scored here');
        return null;
      },
    );
    return challenger;
  }

  return (id) => {
    if (id === undefined) {
      known = null;
      return null;
    }
    if (known?.challenger.id !== id) return startLoading(id);
    if (known.failedAt === null) return known.challenger;
    return performance.now() < known.failedAt + RETRY_MS ? null : startLoading(id);
  };
}
