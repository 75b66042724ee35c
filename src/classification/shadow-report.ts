import type { DatabaseScope } from '../db/client.js';
import type { Proportion } from '../words/evaluation.js';
import { proportionOf } from '../evaluation/intervals.js';
import { CHALLENGER, CHAMPION, findAlias } from '../registry/aliases.js';
import type { BestModels } from '../comparison/best-models.js';
import { requireModel, type ModelRow } from '../registry/models.js';
import { GelqlError } from '../errors.js';
import { countShadowScores, type ShadowCounts, type ShadowPair } from './shadow-scores.js';

export interface ShadowReport extends ShadowCounts {
  champion: ModelRow;
  challenger: ModelRow;
  pair: ShadowPair;
  /** Share of scores with the champion's label; different pictures stand for n in its interval. */
  agreement: Proportion;
}

export interface ShadowQuery {
  /** Id, name or number; null: the model that answers now. */
  champion: string | null;
  /** The same; null: the challenger of now. */
  challenger: string | null;
  since: Date | null;
}

/**
 * How the challenger would have answered what the champion answered.
 * @param bestModels for the model that answers where there is no champion
 * @throws GelqlError NOT_FOUND for a model, or where none is named and there is no challenger
 */
export async function reportShadow(
  scope: DatabaseScope,
  bestModels: Pick<BestModels, 'best'>,
  query: ShadowQuery,
): Promise<ShadowReport> {
  const champion = await findChampion(scope, bestModels, query.champion);
  const challenger = await requireModel(scope, query.challenger ?? (await findChallengerId(scope)));
  const pair = { championId: champion.id, challengerId: challenger.id, since: query.since };
  const counts = await countShadowScores(scope, pair);
  return { champion, challenger, pair, ...counts, agreement: agreementOf(counts) };
}

function agreementOf({ outcomes, pictureCount }: ShadowCounts): Proportion {
  const total = outcomes.reduce((sum, outcome) => sum + outcome.count, 0);
  const agreed = outcomes.reduce(
    (sum, { championLabel, label, count }) => (label === championLabel ? sum + count : sum),
    0,
  );
  return proportionOf(agreed, total, pictureCount);
}

async function findChampion(
  scope: DatabaseScope,
  bestModels: Pick<BestModels, 'best'>,
  reference: string | null,
): Promise<ModelRow> {
  if (reference !== null) return requireModel(scope, reference);
  const alias = await findAlias(scope, CHAMPION);
  if (alias !== null) return requireModel(scope, alias.toModelId);
  return (await bestModels.best()).model;
}

async function findChallengerId(scope: DatabaseScope): Promise<string> {
  const alias = await findAlias(scope, CHALLENGER);
  if (alias !== null) return alias.toModelId;
  throw new GelqlError('NOT_FOUND', `The alias "${CHALLENGER}" points at no model: name the challenger.`);
}
