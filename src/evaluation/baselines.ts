import type { RasterFacts } from '../words/picture.js';
import type { Baseline } from '../words/evaluation.js';

/** A picture's facts with the number of its class. */
export interface LabelledFacts {
  facts: RasterFacts;
  label: number;
}

/**
 * The answers of every baseline that stands beside an evaluation, each learned from `train` alone.
 * @returns one class number for each of `test`
 */
export function predictBaselines(
  train: readonly LabelledFacts[],
  test: readonly RasterFacts[],
  classCount: number,
): { name: Baseline['name']; predicted: number[] }[] {
  return [
    { name: 'majority', predicted: predictMajority(train, test.length, classCount) },
    { name: 'metadata-only', predicted: predictFromMetadata(train, test, classCount) },
    { name: 'brightness-only', predicted: predictFromBrightness(train, test, classCount) },
  ];
}

/** The most frequent class of `train` for everything; of equally frequent ones the lower. */
function predictMajority(train: readonly LabelledFacts[], testCount: number, classCount: number): number[] {
  const counts = countLabels(train, classCount);
  return new Array<number>(testCount).fill(counts.indexOf(Math.max(...counts)));
}

/**
 * What a rule that never sees the picture would answer: it knows the file (format, size in bytes, width, height,
 * channels, bits, alpha, orientation). On a fair test set it is right about as often as guessing.
 * @returns one class number for each of `test`
 */
export function predictFromMetadata(
  train: readonly LabelledFacts[],
  test: readonly RasterFacts[],
  classCount: number,
): number[] {
  return predictWithTree(describeFile, train, test, classCount);
}

/** The same for a rule that knows two numbers of the picture: the mean of its grey values and their spread. */
export function predictFromBrightness(
  train: readonly LabelledFacts[],
  test: readonly RasterFacts[],
  classCount: number,
): number[] {
  return predictWithTree((facts) => [facts.meanGrey, facts.standardDeviationGrey], train, test, classCount);
}

/** Categories become one column each, so that a threshold can pick one of them out. */
function describeFile(facts: RasterFacts): number[] {
  const { format } = facts;
  return [
    Number(format === 'jpeg'),
    Number(format === 'png'),
    Number(format === 'tiff'),
    Number(format === 'webp'),
    facts.channels,
    Number(facts.hasAlpha),
    facts.bitDepth,
    facts.orientation,
    facts.sizeBytes,
    facts.width,
    facts.height,
  ];
}

/**
 * A decision tree with at most two questions on the way (CART: Breiman et al., 1984; Gini impurity). It finds every
 * leak of the kind "this file type is that class" and any threshold on one or two numbers, and is too small to learn
 * a handful of pictures by heart. Deterministic: of equally good splits the first wins, of equally frequent classes
 * the lower.
 */
const DEPTH = 2;
/** A leaf with fewer training pictures would describe those pictures, not the class. */
const SMALLEST_LEAF = 3;

interface Row {
  values: number[];
  label: number;
}

type Tree =
  | { kind: 'leaf'; label: number }
  | { kind: 'split'; column: number; threshold: number; low: Tree; high: Tree };

function predictWithTree(
  describe: (facts: RasterFacts) => number[],
  train: readonly LabelledFacts[],
  test: readonly RasterFacts[],
  classCount: number,
): number[] {
  const rows = train.map(({ facts, label }) => ({ values: describe(facts), label }));
  const tree = growTree(rows, classCount, DEPTH);
  return test.map((facts) => descend(tree, describe(facts)));
}

function growTree(rows: Row[], classCount: number, depth: number): Tree {
  const counts = countLabels(rows, classCount);
  const leaf: Tree = { kind: 'leaf', label: counts.indexOf(Math.max(...counts)) };
  if (depth === 0) return leaf;
  const split = findSplit(rows, classCount);
  if (!split) return leaf;
  const { column, threshold } = split;
  return {
    kind: 'split',
    column,
    threshold,
    low: growTree(
      rows.filter((row) => valueAt(row, column) <= threshold),
      classCount,
      depth - 1,
    ),
    high: growTree(
      rows.filter((row) => valueAt(row, column) > threshold),
      classCount,
      depth - 1,
    ),
  };
}

/** The question that leaves the least Gini impurity, or null where none leaves less than there is. */
function findSplit(rows: Row[], classCount: number): { column: number; threshold: number } | null {
  let best: { column: number; threshold: number } | null = null;
  let leastImpurity = weighImpurity(countLabels(rows, classCount)) - 1e-9;
  const columns = rows[0]?.values.length ?? 0;
  for (let column = 0; column < columns; column += 1) {
    const sorted = [...rows].sort((left, right) => valueAt(left, column) - valueAt(right, column));
    const below = new Array<number>(classCount).fill(0);
    const above = countLabels(rows, classCount);
    for (let index = 0; index + 1 < sorted.length; index += 1) {
      const [here, next] = [sorted[index], sorted[index + 1]];
      if (!here || !next) break;
      below[here.label] = (below[here.label] ?? 0) + 1;
      above[here.label] = (above[here.label] ?? 0) - 1;
      const isBetweenValues = valueAt(here, column) < valueAt(next, column);
      const smaller = Math.min(index + 1, sorted.length - index - 1);
      if (!isBetweenValues || smaller < SMALLEST_LEAF) continue;
      const impurity = weighImpurity(below) + weighImpurity(above);
      if (impurity >= leastImpurity) continue;
      leastImpurity = impurity;
      best = { column, threshold: (valueAt(here, column) + valueAt(next, column)) / 2 };
    }
  }
  return best;
}

/** Gini impurity times the number of rows. */
function weighImpurity(counts: number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return total === 0 ? 0 : total - counts.reduce((sum, count) => sum + count * count, 0) / total;
}

function countLabels(rows: readonly { label: number }[], classCount: number): number[] {
  const counts = new Array<number>(classCount).fill(0);
  for (const { label } of rows) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

function valueAt(row: Row, column: number): number {
  return row.values[column] ?? 0;
}

function descend(tree: Tree, values: number[]): number {
  if (tree.kind === 'leaf') return tree.label;
  return descend((values[tree.column] ?? 0) <= tree.threshold ? tree.low : tree.high, values);
}
