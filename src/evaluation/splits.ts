import { GelqlError } from '../errors.js';
import { listNames } from '../list-names.js';
import { createRandom, type Random, shuffle } from '../random.js';
import { sumOf } from './arithmetic.js';
import { gatherGroups, type PictureGroup } from './picture-groups.js';

/** Classes that an error names. */
const MAX_NAMED = 10;

export interface PictureSplit {
  /** Positions of pictures, ascending. */
  train: number[];
  validation: number[];
  test: number[];
  /** Pictures outside the TEST subset whose group has pictures in it: trained on they would leak, tested they count twice. */
  excluded: number[];
}

/** One entry per picture in each list. */
export interface SplitRequest {
  /** Values from 0; every class must have pictures. */
  labels: readonly number[];
  /** Names in the order of the labels. */
  classes: readonly string[];
  /** Pictures that share a key stay together. */
  groups: readonly string[];
  /** `TEST` pictures are the test, whatever `testFraction` says; without any the test is drawn from all. */
  subsets?: readonly ('TRAIN' | 'TEST' | 'UNSPLIT')[];
  /** Share of all pictures, 0..0.5. */
  testFraction: number;
  /** Share of what the test leaves, 0..0.5. */
  validationFraction: number;
  seed: number;
}

/**
 * Draws a split in which groups stay whole and every class has as nearly its share as whole groups allow.
 * @returns the same split for the same request
 * @throws GelqlError DATASET_TOO_SMALL where a class would be empty in train or, unless no test is asked for, in test
 */
export function splitPictures(request: SplitRequest): PictureSplit {
  const { labels, classes, subsets, testFraction, validationFraction } = request;
  const groups = gatherGroups(labels, request.groups, classes.length);
  const random = createRandom(request.seed, 'split');
  const isTest = (picture: number) => subsets?.[picture] === 'TEST';
  const fixedTest = groups.filter(({ pictures }) => pictures.some(isTest));
  const isFixed = fixedTest.length > 0;

  const test = isFixed ? fixedTest : drawGroups(groups, testFraction, random, { everyClass: true });
  const rest = without(groups, test);
  const validation = drawGroups(rest, validationFraction, random, { everyClass: false });
  const train = without(rest, validation);
  const testPictures = isFixed ? picturesOf(test).filter(isTest) : picturesOf(test);
  assertEveryClass(classes, labels, picturesOf(train), 'train on');
  if (isFixed || testFraction > 0) assertEveryClass(classes, labels, testPictures, 'test with');
  return {
    train: picturesOf(train),
    validation: picturesOf(validation),
    test: testPictures,
    excluded: isFixed ? picturesOf(test).filter((picture) => !isTest(picture)) : [],
  };
}

/**
 * Greedy: groups from the largest down, those of one size in drawn order, each taken where that brings the counts of the
 * classes nearer to their targets. The small ones come last and fill the gaps: where groups are of one class each, a
 * class ends within half of its largest group of the target. The last group of a class is never taken.
 * @param fraction 0..0.5, of the pictures of each class
 * @param everyClass takes one group of a class that would get none, where it can spare one
 */
function drawGroups(
  groups: readonly PictureGroup[],
  fraction: number,
  random: Random,
  { everyClass }: { everyClass: boolean },
): PictureGroup[] {
  if (fraction <= 0) return [];
  const totals = addCounts(groups);
  const targets = totals.map((total) => total * fraction);
  const order = Array.from(shuffle(Int32Array.from(groups.keys()), random)).flatMap(
    (index) => groups[index] ?? [],
  );
  order.sort((left, right) => right.pictures.length - left.pictures.length);
  const taken = new Set<PictureGroup>();
  let counts = totals.map(() => 0);
  const errorWith = (group: PictureGroup) => distance(plus(counts, group.counts), targets);
  const canSpare = ({ counts: own }: PictureGroup) =>
    own.every((count, label) => count === 0 || (counts[label] ?? 0) + count < (totals[label] ?? 0));
  const take = (group: PictureGroup) => {
    taken.add(group);
    counts = plus(counts, group.counts);
  };

  for (const group of order) {
    if (canSpare(group) && errorWith(group) < distance(counts, targets)) take(group);
  }
  for (let label = 0; everyClass && label < totals.length; label++) {
    if ((counts[label] ?? 0) > 0) continue;
    const candidates = order.filter((group) => (group.counts[label] ?? 0) > 0 && canSpare(group));
    const nearest = candidates.sort((left, right) => errorWith(left) - errorWith(right))[0];
    if (nearest !== undefined) take(nearest);
  }
  return [...taken];
}

function addCounts(groups: readonly PictureGroup[]): number[] {
  return groups.map(({ counts }) => counts).reduce(plus, groups[0]?.counts.map(() => 0) ?? []);
}

function plus(left: readonly number[], right: readonly number[]): number[] {
  return left.map((value, index) => value + (right[index] ?? 0));
}

function distance(counts: readonly number[], targets: readonly number[]): number {
  return sumOf(counts.map((count, index) => (count - (targets[index] ?? 0)) ** 2));
}

function without(groups: readonly PictureGroup[], taken: readonly PictureGroup[]): PictureGroup[] {
  const gone = new Set(taken);
  return groups.filter((group) => !gone.has(group));
}

function picturesOf(groups: readonly PictureGroup[]): number[] {
  return groups.flatMap(({ pictures }) => pictures).sort((left, right) => left - right);
}

function assertEveryClass(
  classes: readonly string[],
  labels: readonly number[],
  pictures: readonly number[],
  purpose: string,
): void {
  const found = new Set(pictures.map((picture) => labels[picture]));
  const missing = classes.filter((_, label) => !found.has(label));
  if (missing.length === 0) return;
  const [first] = missing;
  const subject =
    missing.length === 1 ? `Class "${first}" has` : `The classes ${listNames(missing, MAX_NAMED)} have`;
  throw new GelqlError('DATASET_TOO_SMALL', `${subject} no picture to ${purpose}.`, {
    facts: { classes: missing.slice(0, MAX_NAMED), count: missing.length },
  });
}
