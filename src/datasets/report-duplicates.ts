import { invertRelation } from '../images/facts/picture-relation.js';
import type { PictureRelation } from '../words/picture-relation.js';
import type { DuplicateReport, NearDuplicate } from '../words/duplicate-report.js';
import type { NearPair } from './find-near-duplicates.js';
import type { PictureGroups } from './group-pictures.js';

/** From so much on nothing is said to be cut away: the search itself moves borders by a pixel of 64. */
const UNCUT_AREA = 0.93;
const MOST_SUSPECTED = 500;
const MOST_CHAINS = 20;

/** What the report says of a picture. */
export interface ReportedPicture {
  name: string;
  className: string;
  subset: string;
  perceptualHash: string | null;
}

/**
 * @param copies sets of equal pictures among `all`, by position
 * @param kept what is registered: `all` without the training pictures that are test pictures too
 * @param groups of `kept`, by position there
 */
export function reportDuplicates(
  { all, copies }: { all: readonly ReportedPicture[]; copies: readonly number[][] },
  { kept, groups }: { kept: readonly ReportedPicture[]; groups: PictureGroups },
): DuplicateReport {
  const nameOf = (position: number) => kept[position]?.name ?? '';
  const describePair = (pair: NearPair): NearDuplicate => {
    const { whole, part, relation, ...measured } = inOrder(pair);
    return {
      first: nameOf(whole),
      second: nameOf(part),
      ...relation,
      ...measured,
      ...spread([whole, part].flatMap((position) => kept[position] ?? [])),
    };
  };
  const tested = new Set(groups.groupKeys.filter((_, position) => kept[position]?.subset === 'TEST'));
  return {
    exact: copies
      .map((positions) => positions.flatMap((position) => all[position] ?? []))
      .map((pictures) => ({ names: pictures.map(({ name }) => name), ...spread(pictures) })),
    near: groups.near.map(describePair),
    suspected: groups.suspected.slice(0, MOST_SUSPECTED).map(describePair),
    suspectedCount: groups.suspected.length,
    chains: groups.alike
      .filter((positions) => positions.length > 2)
      .sort((left, right) => right.length - left.length)
      .slice(0, MOST_CHAINS)
      .map((positions) => positions.map(nameOf)),
    excluded: kept
      .filter(({ subset }, position) => subset !== 'TEST' && tested.has(groups.groupKeys[position] ?? ''))
      .map(({ name }) => name),
    featureless: kept.filter(({ perceptualHash }) => perceptualHash === null).map(({ name }) => name),
  };
}

/** Where both show all, which of them is the copy is not known: the order of the data set then. */
function inOrder(pair: NearPair): NearPair {
  const { whole, part, relation, sharedArea } = pair;
  if (sharedArea < UNCUT_AREA || whole < part) return pair;
  return { ...pair, whole: part, part: whole, relation: invertRelation(relation) };
}

function spread(pictures: readonly ReportedPicture[]): { acrossSplits: boolean; acrossClasses: boolean } {
  return {
    acrossSplits: new Set(pictures.map(({ subset }) => subset)).size > 1,
    acrossClasses: new Set(pictures.map(({ className }) => className)).size > 1,
  };
}

/** In words: `mirrored, turned by 90 degrees, inverted, 81 % of it`; `the same view` where there is nothing to say. */
export function describeRelation({
  isMirrored,
  turnedDegrees,
  isInverted,
  sharedArea,
}: PictureRelation & { sharedArea: number }): string {
  const words = [
    isMirrored ? 'mirrored' : '',
    turnedDegrees === 0 ? '' : `turned by ${turnedDegrees} degrees`,
    isInverted ? 'inverted' : '',
    sharedArea < UNCUT_AREA ? `${Math.round(100 * sharedArea)} % of it` : '',
  ].filter(Boolean);
  return words.length === 0 ? 'the same view' : words.join(', ');
}
