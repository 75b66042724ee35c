import { desc, sql } from 'drizzle-orm';
import type { DatabaseScope } from '../db/client.js';
import { modelEvents, results } from '../db/schema.js';
import { GelqlError } from '../errors.js';
import { findBestModel, type BestModel, type BestModelQuestion } from './best-model.js';

/** `findBestModel` with a memory: while no result is added and no model archived or restored, one look-up answers. */
export interface BestModels {
  /** @throws GelqlError NOT_FOUND where no model was tested on what the question names */
  find(question?: BestModelQuestion): Promise<BestModel | null>;
  /** The model that answers where none is named. @throws GelqlError NO_MODEL */
  best(): Promise<BestModel>;
}

/** After this an answer is found anew: of two results stored at a time the older may become visible after the newer. */
const MAX_AGE_MS = 10_000;
const MAX_REMEMBERED = 32;

interface Remembered {
  version: string;
  foundAt: number;
  answer: Promise<BestModel | null>;
}

export function createBestModels(scope: DatabaseScope): BestModels {
  const remembered = new Map<string, Remembered>();

  const find = async (question: BestModelQuestion = {}): Promise<BestModel | null> => {
    const key = JSON.stringify([question.metric, question.dataset, question.testDigest]);
    const version = await findVersion(scope);
    const known = remembered.get(key);
    const isFresh = known?.version === version && performance.now() < (known?.foundAt ?? 0) + MAX_AGE_MS;
    if (known !== undefined && isFresh) return known.answer;
    const answer = findBestModel(scope, question);
    remembered.delete(key);
    remembered.set(key, { version, foundAt: performance.now(), answer });
    answer.catch(() => remembered.delete(key));
    const oldest = remembered.keys().next().value;
    if (remembered.size > MAX_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    return answer;
  };

  return {
    find,
    async best() {
      const best = await find();
      if (best === null) throw new GelqlError('NO_MODEL', 'No model is registered yet.');
      return best;
    },
  };
}

/** Changes with whatever may change an answer: the newest result, and how often models were archived and restored. */
async function findVersion(scope: DatabaseScope): Promise<string> {
  const [row] = await scope.drizzle
    .select({ newest: results.id, events: sql<string>`(select count(*) from ${modelEvents})` })
    .from(results)
    .orderBy(desc(results.createdAt), desc(results.id))
    .limit(1);
  return JSON.stringify(row ?? null);
}
