import type { Compute } from '../compute/protocol.js';
import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import { GelqlError } from '../errors.js';
import type { Logger } from '../logger.js';
import { findBackbone } from '../networks/weights/backbones.js';
import { CHALLENGER, CHAMPION } from '../registry/aliases.js';
import { refuseArchived } from '../registry/archived-models.js';
import type { BestModels } from '../comparison/best-models.js';
import { requireModel, type ModelRow } from '../registry/models.js';
import { createReadyChallenger, type Challenger } from './ready-challenger.js';
import { loadServedModel, type ServedModel } from './served-model.js';
import { createServingState } from './serving-state.js';

export interface ServedModels {
  /**
   * The model that answers. Whoever holds it answers with it to the end, whatever moves meanwhile.
   * @param reference id, name or number of a model; null for the champion, or the best one where there is no champion
   * @throws GelqlError NOT_FOUND, NO_MODEL, MODEL_ARCHIVED, MODEL_CORRUPT, WEIGHTS_MISSING, ENGINE_UNAVAILABLE
   */
  resolve(reference: string | null): Promise<ServedModel>;
  /** The model under an alias. Same errors. */
  resolveAlias(alias: string): Promise<ServedModel>;
  /** The challenger, loaded or being loaded; null if there is none. Neither waits for it nor fails because of it. */
  challenger(): Promise<Challenger | null>;
  /** A model whatever its state: to probe one before it serves, to replay an archived one. Same errors but for the first. */
  load(row: ModelRow): Promise<ServedModel>;
  /** Loads what answers unnamed requests and puts a picture through it; a failure is left to the request that meets it again. */
  warmUp(): Promise<void>;
  /** Whether what answers unnamed requests could be loaded, without loading it. @throws GelqlError as `resolve` does */
  check(): Promise<void>;
  /** After this process has moved an alias or archived a model: the next request sees it. */
  forget(): void;
  close(): Promise<void>;
}

/** How long "the best model" may be remembered: a model registered on another machine serves here after that. */
const BEST_MODEL_TTL_MS = 1_000;
/** Heads kept in memory. */
const MAX_LOADED = 64;
/** References that were asked for, whose models are remembered. */
const MAX_REFERENCES = 256;

/**
 * @param options.warm called for a model that an alias has moved to, on whichever server, before most requests for it
 * @param options.maxAgeMs how long what decides which model answers may be remembered without a word of the database; a second
 */
export async function createServedModels(options: {
  config: Config;
  database: Database;
  compute: Compute;
  bestModels: BestModels;
  logger: Logger;
  warm: (model: ServedModel) => Promise<void>;
  maxAgeMs?: number;
}): Promise<ServedModels> {
  const { database, bestModels, logger } = options;
  const loaded = new Map<string, Promise<ServedModel>>();
  const named = new Map<string, ModelRow>();
  const state = await createServingState(database, {
    onChange: () => void warmMoved(),
    maxAgeMs: options.maxAgeMs,
  });
  let best: { row: Promise<ModelRow>; until: number } | null = null;

  const bestRow = (): Promise<ModelRow> => {
    if (best !== null && performance.now() < best.until) return best.row;
    const row = bestModels.best().then(({ model }) => model);
    const remembered = { row, until: performance.now() + BEST_MODEL_TTL_MS };
    best = remembered;
    row.catch(() => {
      if (best === remembered) best = null;
    });
    return row;
  };

  const load = (row: ModelRow): Promise<ServedModel> => {
    const model = loaded.get(row.id) ?? loadServedModel(options, row);
    keepNewest(loaded, row.id, model, MAX_LOADED);
    // A failure is not remembered: missing weights may be there at the next request.
    model.catch(() => loaded.delete(row.id));
    return model;
  };

  const loadById = async (id: string): Promise<ServedModel> =>
    loaded.get(id) ?? load(await requireModel(database, id));

  const readyChallenger = createReadyChallenger(loadById, logger);

  const findTarget = async (alias: string): Promise<ServedModel | null> => {
    const { targets } = await state.current();
    const id = targets.get(alias);
    return id === undefined ? null : loadById(id);
  };

  /** Without a statement from the second time on: models are write-once, so a reference never names another one. */
  const rowOf = async (reference: string): Promise<ModelRow> => {
    const row = named.get(reference) ?? (await requireModel(database, reference));
    keepNewest(named, reference, row, MAX_REFERENCES);
    return row;
  };

  const resolveNamed = async (reference: string): Promise<ServedModel> => {
    const row = await rowOf(reference);
    const { archived } = await state.current();
    if (archived.has(row.id)) await refuseArchived(database, row);
    return load(row);
  };

  /** So that the first request after a move does not wait for weights. */
  const warmMoved = async (): Promise<void> => {
    try {
      const { targets } = await state.current();
      const served = [CHAMPION, CHALLENGER].flatMap((alias) => targets.get(alias) ?? []);
      for (const id of served.filter((target) => !loaded.has(target))) {
        await options.warm(await loadById(id));
      }
    } catch (error) {
      // Requests for the model get the same error and its code.
      logger.warn({ err: error }, 'a model that an alias has moved to cannot be used here');
    }
  };

  const resolveUnnamed = async (): Promise<ServedModel> =>
    (await findTarget(CHAMPION)) ?? load(await bestRow());

  return {
    load,
    resolve: (reference) => (reference === null ? resolveUnnamed() : resolveNamed(reference)),
    async warmUp() {
      try {
        await options.warm(await resolveUnnamed());
      } catch (error) {
        logger.debug({ err: error }, 'what answers unnamed requests could not be warmed up');
      }
    },
    async resolveAlias(alias) {
      const model = await findTarget(alias);
      if (model === null) throw new GelqlError('NOT_FOUND', `The alias "${alias}" points at no model.`);
      return model;
    },
    challenger: async () => readyChallenger((await state.current()).targets.get(CHALLENGER)),
    async check() {
      const { targets } = await state.current();
      const champion = targets.get(CHAMPION);
      const row = champion === undefined ? await bestRow() : await requireModel(database, champion);
      await findBackbone(row.backboneId, options.config);
    },
    forget() {
      state.forget();
      best = null;
    },
    close: () => state.close(),
  };
}

/** Puts an entry at the end of a map; the one that was put there longest ago is dropped where there are too many. */
function keepNewest<Value>(map: Map<string, Value>, key: string, value: Value, limit: number): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next().value;
  if (map.size > limit && oldest !== undefined) map.delete(oldest);
}
