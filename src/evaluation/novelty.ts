import type { Novelty } from '../words/evaluation.js';
import { createNearest, createNeighbourSearch, type Neighbour } from './neighbour-search.js';

/**
 * How unlike the training pictures a picture is, from its features: the cosine distance to its fifth nearest neighbour of
 * a class (Sun et al. 2022, arXiv 2204.06507), 0 to 2. Whether that is far is asked of the training pictures themselves:
 * each has such a distance to the others of its class, its own group left out, and a picture that is farther than all
 * but the farthest 5 % of them is unlike that class (a conformal p-value of at most 1/20).
 */

/** The neighbour whose distance counts. */
export const NEIGHBOUR = 5;
/** A picture cut to 80 % of its sides has the whole among so many of 1213 in 96 to 99 % of the cases. */
const SIMILAR = 16;
/** One in so many pictures like those of a class is taken for unlike it. */
const ONE_IN = 20;
/** Stands for "has not so many others of its class": larger than every distance. */
export const NO_DISTANCE = 4;
const MAX_DISTANCE = 2;
/** Between turns of the event loop. */
const TURN_MS = 20;

/** Training pictures by their features. */
export interface FeatureBank {
  /** [count, size], each row of length 1. */
  features: Float32Array;
  size: number;
  /** [count]. */
  labels: readonly number[];
  /** [count]: each picture's distance to the others of its class, as leaveGroupOut gives it. */
  distances: Float32Array;
}

/** Divides each row by its length; a row of zeros stays. @param rows [n, size], changed in place */
export function normaliseRows(rows: Float32Array, size: number): Float32Array {
  for (let start = 0; start < rows.length; start += size) {
    const row = rows.subarray(start, start + size);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (length > 0) row.forEach((value, index) => (row[index] = value / length));
  }
  return rows;
}

/**
 * For each training picture, the distance to its fifth nearest neighbour of its class outside its group; NO_DISTANCE where
 * there are fewer. Quadratic: gives the event loop a turn every 20 ms.
 * @param bank.features rows of length 1
 */
export async function leaveGroupOut(
  { features, size, labels }: Omit<FeatureBank, 'distances'>,
  groups: readonly string[],
  takeTurn: () => Promise<void>,
): Promise<Float32Array> {
  const distances = new Float32Array(labels.length);
  let turnedAt = performance.now();
  for (const [position, label] of labels.entries()) {
    const row = features.subarray(position * size, (position + 1) * size);
    const nearest = createNearest(NEIGHBOUR);
    labels.forEach((other, index) => {
      if (other !== label || groups[index] === groups[position]) return;
      nearest.offer(index, cosineDistance(row, features, index * size));
    });
    distances[position] = nearest.found()[NEIGHBOUR - 1]?.distance ?? NO_DISTANCE;
    if (performance.now() - turnedAt < TURN_MS) continue;
    await takeTurn();
    turnedAt = performance.now();
  }
  return distances;
}

export interface Neighbourhood {
  /** The nearest pictures of all classes, nearest first; up to five. */
  nearest: Neighbour[];
  /** The same, up to sixteen: among them is the whole of which the picture is a part, if there is one. */
  similar: Neighbour[];
  novelty: Novelty;
}

export interface Neighbourhoods {
  /** Whether every class has training pictures enough to call a picture unlike it. */
  readonly canReject: boolean;
  /** @param features [size] of one picture, of any length */
  readonly find: (features: Float32Array) => Neighbourhood;
}

/** The distances of a class's own pictures, and the one beyond which a picture is unlike it. */
interface ClassReach {
  /** In ascending order. */
  known: Float32Array;
  /** Null where there are too few pictures, or too few groups, to say. */
  threshold: number | null;
}

/**
 * Prepares the bank for many pictures; gives the event loop a turn every 20 ms.
 * @param classCount classes of the model; one without training pictures enough calls nothing unlike it
 */
export async function createNeighbourhoods(
  bank: FeatureBank,
  classCount: number,
  takeTurn: () => Promise<void>,
): Promise<Neighbourhoods> {
  const reaches = Array.from({ length: classCount }, (_, label) => reachOf(bank, label));
  const labelCount = bank.labels.reduce((count, label) => Math.max(count, label + 1), classCount);
  const search = await createNeighbourSearch(bank, {
    labelCount,
    limitOfEach: NEIGHBOUR,
    limitOfAll: SIMILAR,
    takeTurn,
  });
  return {
    canReject: reaches.every(({ threshold }) => threshold !== null),
    find(features) {
      const { ofEach, ofAll } = search.nearest(normaliseRows(features.slice(), bank.size));
      const perClass = reaches.map((reach, label) =>
        noveltyIn(reach, ofEach[label]?.[NEIGHBOUR - 1]?.distance ?? NO_DISTANCE),
      );
      const mostLike = perClass.reduce((best, entry) => (isMoreLike(entry, best) ? entry : best));
      const isFar = perClass.every((entry) => entry.isFar);
      return { nearest: ofAll.slice(0, NEIGHBOUR), similar: ofAll, novelty: { ...mostLike, isFar } };
    },
  };
}

function reachOf({ labels, distances }: FeatureBank, label: number): ClassReach {
  const known = distances.filter((_, index) => labels[index] === label).sort();
  // Farther than all but so many of them: 1 in 20 or less, counted with the picture itself.
  const allowed = Math.floor((known.length + 1) / ONE_IN) - 1;
  const limit = allowed < 0 ? NO_DISTANCE : known[known.length - 1 - allowed]!;
  return { known, threshold: limit === NO_DISTANCE ? null : limit };
}

function noveltyIn({ known, threshold }: ClassReach, distance: number): Novelty {
  const asFar = known.filter((other) => other >= distance).length;
  return {
    distance: Math.min(distance, MAX_DISTANCE),
    threshold,
    pValue: (1 + asFar) / (known.length + 1),
    isFar: threshold !== null && distance > threshold,
  };
}

function isMoreLike(left: Novelty, right: Novelty): boolean {
  return left.pValue > right.pValue || (left.pValue === right.pValue && left.distance < right.distance);
}

/** 1 less the product of a row of length 1 and the row that begins at `start`; never below 0. */
function cosineDistance(row: Float32Array, rows: Float32Array, start: number): number {
  let product = 0;
  for (let index = 0; index < row.length; index += 1) product += row[index]! * rows[start + index]!;
  return Math.max(0, 1 - product);
}
