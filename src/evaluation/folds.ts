import { GelqlError } from '../errors.js';
import { createRandom, shuffle } from '../random.js';
import { sumOf } from './arithmetic.js';
import { countGroupsPerClass, gatherGroups, type PictureGroup } from './picture-groups.js';

export interface FoldRequest {
  /** One entry per picture, values from 0. */
  labels: readonly number[];
  /** Pictures that share a key stay together. */
  groups: readonly string[];
  /** Names in the order of the labels. */
  classes: readonly string[];
  /** From 2. */
  folds: number;
  seed: number;
}

/**
 * Shares pictures out to folds, groups whole, every class as evenly as whole groups allow: the groups in drawn order, each
 * to the fold where it adds least to the squared deviations of the class shares from 1 / folds; then groups change folds,
 * alone or for one another, as long as that lowers the deviations. Another seed ends in another, equally even assignment;
 * the largest groups first would end in one and the same.
 * @returns the fold of each picture, 0..folds-1. Every class is in at least two folds, so that the training for no fold
 * lacks one; where each group is of one class, every class is in every fold.
 * @throws GelqlError DATASET_TOO_SMALL where a class has fewer groups than there are folds, or ends in one fold
 */
export function assignFolds({ labels, groups, classes, folds, seed }: FoldRequest): number[] {
  const gathered = gatherGroups(labels, groups, classes.length);
  assertEnoughGroups(countGroupsPerClass(gathered, classes.length), classes, folds);
  const totals = classes.map((_, label) => sumOf(gathered.map(({ counts }) => counts[label] ?? 0)));
  const order = shuffle(Int32Array.from(gathered.keys()), createRandom(seed, 'folds'));
  const made = Array.from({ length: folds }, (): Fold => ({ shares: classes.map(() => 0), groups: [] }));
  for (const index of order) {
    const group = gathered[index];
    if (group !== undefined) placeGroup({ ...group, shares: sharesOf(group, totals) }, made);
  }
  for (let step = findExchange(made); step !== null; step = findExchange(made)) exchange(step);
  assertSharedOut(made, classes);

  const foldOf = new Array<number>(labels.length).fill(0);
  made.forEach((fold, number) => {
    for (const picture of fold.groups.flatMap(({ pictures }) => pictures)) foldOf[picture] = number;
  });
  return foldOf;
}

interface SharedGroup extends PictureGroup {
  /** Shares of all pictures of each class. */
  shares: number[];
}

interface Fold {
  /** Sum over its groups. */
  shares: number[];
  groups: SharedGroup[];
}

function sharesOf({ counts }: PictureGroup, totals: readonly number[]): number[] {
  return counts.map((count, label) => count / Math.max(1, totals[label] ?? 0));
}

/** Differences of shares below this are rounding. */
const TOLERANCE = 1e-12;

/** To the fold where it costs least, of equal ones to the emptiest. */
function placeGroup(group: SharedGroup, folds: readonly Fold[]): void {
  let [chosen, least, leastFilled] = [folds[0], Infinity, Infinity];
  for (const fold of folds) {
    // What the group adds to the squared deviations grows with this product alone, whatever the aim.
    const cost = product(fold.shares, group.shares);
    const filled = sumOf(fold.shares);
    if (cost > least + TOLERANCE || (cost > least - TOLERANCE && filled >= leastFilled)) continue;
    [chosen, least, leastFilled] = [fold, cost, filled];
  }
  if (chosen !== undefined) put(group, chosen);
}

/** A group that moves, and the one that takes its place, if any. */
interface Exchange {
  from: Fold;
  to: Fold;
  group: SharedGroup;
  other: SharedGroup | null;
}

/** The exchange that lowers the squared deviations most; null where none does. */
function findExchange(folds: readonly Fold[]): Exchange | null {
  let best: Exchange | null = null;
  let leastChange = -TOLERANCE;
  const candidates = folds.map((fold) => ({ fold, groups: distinctGroups(fold) }));
  for (const { fold: from, groups: leaving } of candidates) {
    for (const { fold: to, groups: returning } of candidates) {
      if (from === to) continue;
      for (const group of leaving) {
        for (const other of [null, ...returning]) {
          const change = changeBy({ from, to, group, other });
          if (change >= leastChange) continue;
          [leastChange, best] = [change, { from, to, group, other }];
        }
      }
    }
  }
  return best;
}

/** One group for each composition: the others of that composition would change as much. */
function distinctGroups({ groups }: Fold): SharedGroup[] {
  return [...new Map(groups.map((group) => [group.counts.join(), group])).values()];
}

/** Half of what the exchange adds to the squared deviations. */
function changeBy({ from, to, group, other }: Exchange): number {
  let change = 0;
  for (let label = 0; label < group.shares.length; label++) {
    const moved = (group.shares[label] ?? 0) - (other?.shares[label] ?? 0);
    change += moved * ((to.shares[label] ?? 0) - (from.shares[label] ?? 0) + moved);
  }
  return change;
}

function exchange({ from, to, group, other }: Exchange): void {
  take(group, from);
  put(group, to);
  if (other === null) return;
  take(other, to);
  put(other, from);
}

function put(group: SharedGroup, fold: Fold): void {
  fold.groups.push(group);
  fold.shares = fold.shares.map((share, label) => share + (group.shares[label] ?? 0));
}

function take(group: SharedGroup, fold: Fold): void {
  fold.groups.splice(fold.groups.indexOf(group), 1);
  fold.shares = fold.shares.map((share, label) => share - (group.shares[label] ?? 0));
}

function product(left: readonly number[], right: readonly number[]): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += (left[index] ?? 0) * (right[index] ?? 0);
  return sum;
}

function assertEnoughGroups(groupCounts: readonly number[], classes: readonly string[], folds: number): void {
  const groupCount = Math.min(...groupCounts);
  if (groupCount >= folds) return;
  const label = groupCounts.indexOf(groupCount);
  const remedy = groupCount < 2 ? 'Add' : `Ask for at most ${groupCount} folds, or add`;
  throw new GelqlError(
    'DATASET_TOO_SMALL',
    `Class "${classes[label] ?? label}" has ${groupCount} independent ${groupCount === 1 ? 'group' : 'groups'} of pictures outside the test, too few for ${folds} folds. ${remedy} pictures from other sources.`,
    { facts: { label, groupCount, folds } },
  );
}

/** Can fail only where groups hold several classes. */
function assertSharedOut(folds: readonly Fold[], classes: readonly string[]): void {
  const isIn = (label: number) => (fold: Fold) => fold.groups.some(({ counts }) => (counts[label] ?? 0) > 0);
  const label = classes.findIndex((_, index) => folds.filter(isIn(index)).length < 2);
  if (label < 0) return;
  throw new GelqlError(
    'DATASET_TOO_SMALL',
    `All groups of class "${classes[label] ?? label}" fall into one of ${folds.length} folds, because groups hold several classes. Ask for another number of folds or another seed.`,
    { facts: { label, folds: folds.length } },
  );
}
