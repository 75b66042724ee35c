import type { DatabaseScope } from '../db/client.js';
import { GelqlError } from '../errors.js';
import { compareAreas, type AreaComparison } from '../evaluation/paired/delong.js';
import type { Proportion } from '../words/evaluation.js';
import { proportionOf } from '../evaluation/intervals.js';
import { compareAccuracy, type Disagreement } from '../evaluation/paired/mcnemar.js';
import { commonPictures, pairOf, type CommonPicture } from './common-pictures.js';
import { findModel, type ModelRow } from '../registry/models.js';
import { loadTestedPictures } from './tested-pictures.js';

/** Two models on the test pictures that both answered; `first` and `second` as they were asked for. */
export interface ModelComparison {
  first: ModelRow;
  second: ModelRow;
  pictureCount: number;
  /** Groups of near-duplicates among them, a picture alone being one. */
  groupCount: number;
  firstAccuracy: Proportion;
  secondAccuracy: Proportion;
  /** Who is right where only one is, with the exact McNemar test. */
  disagreement: Disagreement;
  /** Null where their classes differ or one has no pictures. */
  areas: AreaComparison | null;
  /** Pictures that they call differently, by name. */
  differences: CommonPicture[];
}

/**
 * Compares two models picture by picture. Only pictures count that neither was trained on: those with a stored test
 * answer of both.
 * @param references ids, numbers or names
 * @throws GelqlError NOT_FOUND, BAD_REQUEST where both are the same, NOT_COMPARABLE where they share no test picture
 */
export async function compareModels(
  scope: DatabaseScope,
  ...references: [first: string, second: string]
): Promise<ModelComparison> {
  const first = await requireModel(scope, references[0]);
  const second = await requireModel(scope, references[1]);
  if (first.id === second.id) throw new GelqlError('BAD_REQUEST', `Both are the model "${first.name}".`);
  const pictures = commonPictures(
    await loadTestedPictures(scope, first.id),
    await loadTestedPictures(scope, second.id),
  );
  if (pictures.length === 0) {
    throw new GelqlError(
      'NOT_COMPARABLE',
      `"${first.name}" and "${second.name}" were tested on no picture that is the same.`,
    );
  }
  const pair = pairOf(pictures, [...new Set([...first.classes, ...second.classes])]);
  const accuracyOf = (side: 'first' | 'second') => {
    const right = pictures.filter((picture) => picture[side].predicted === picture.label);
    return proportionOf(right.length, pictures.length);
  };
  return {
    first,
    second,
    pictureCount: pictures.length,
    groupCount: pair.groupCount,
    firstAccuracy: accuracyOf('first'),
    secondAccuracy: accuracyOf('second'),
    disagreement: compareAccuracy(pair),
    areas: String(first.classes) === String(second.classes) ? compareAreas(pair, first.classes.length) : null,
    differences: pictures.filter(({ first, second }) => first.predicted !== second.predicted),
  };
}

async function requireModel(scope: DatabaseScope, reference: string): Promise<ModelRow> {
  const model = await findModel(scope, reference);
  if (model === null) throw new GelqlError('NOT_FOUND', `There is no model "${reference}".`);
  return model;
}
