/**
 * The nearest rows of a bank by cosine distance, exact to the bit, without looking at most of the bank. A few directions
 * that span most of the rows are chosen when the bank is loaded. Along them the product of a row with another one is
 * cheap; across them it is at most the product of what is left of both (Cauchy-Schwarz), and only rows that may be
 * near enough by that bound are multiplied out. For 1213 rows of 1280 a tenth of them is, and a search costs a quarter.
 */

/** Directions: more of them make the bound tighter and longer to compute. */
const MAX_DIRECTIONS = 64;
/** Below so many rows for each direction, the directions would cost more than the rows. */
const ROWS_PER_DIRECTION = 8;
/** What is left of a row after the directions is never taken for less than this: single precision cannot tell. */
const LEAST_REST = 1e-3;
/** Error of a product of two rows of length 1 by way of the directions, which are kept in single precision. */
const BOUND_ERROR = 1e-5;
/** Between turns of the event loop. */
const TURN_MS = 20;

export interface Neighbour {
  /** Position in the bank. */
  index: number;
  /** 0 to 2. */
  distance: number;
}

export interface NearestRows {
  /** For each label its nearest rows, nearest first, of equally near ones the first. */
  ofEach: Neighbour[][];
  /** The nearest rows of all labels, in the same order. */
  ofAll: Neighbour[];
}

export interface NeighbourSearch {
  /** @param row [size], of length 1 */
  nearest(row: Float32Array): NearestRows;
}

export interface NeighbourSearchOptions {
  labelCount: number;
  /** Neighbours of each label. */
  limitOfEach: number;
  /** Neighbours of all labels together. */
  limitOfAll: number;
  takeTurn: () => Promise<void>;
}

/** Rows of length 1, by label. */
export interface LabelledRows {
  /** [count, size]. */
  features: Float32Array;
  size: number;
  /** [count]. */
  labels: readonly number[];
}

/**
 * Takes about 64 passes over the bank; gives the event loop a turn every 20 ms.
 * @param bank kept, not copied
 */
export async function createNeighbourSearch(
  { features, size, labels }: LabelledRows,
  { labelCount, limitOfEach, limitOfAll, takeTurn }: NeighbourSearchOptions,
): Promise<NeighbourSearch> {
  const places = Int32Array.from(labels, (_, index) => index);
  const ofLabel = Array.from({ length: labelCount }, (_, label) =>
    places.filter((index) => labels[index] === label),
  );
  const { directions, shares, rests } = await chooseDirections(features, size, places, takeTurn);
  const directionPlaces = places.subarray(0, directions.length / size);

  /** At least the true product of the row with each of the bank. */
  function boundProducts(row: Float32Array): Float64Array {
    const share = Float32Array.from(productsAt(row, directions, directionPlaces));
    const rest = restOf(squareOf(row, 0, size) - squareOf(share, 0, share.length));
    const products = productsAt(share, shares, places);
    for (let index = 0; index < products.length; index += 1) {
      products[index]! += rest * rests[index]! + BOUND_ERROR;
    }
    return products;
  }

  function nearestIn(
    row: Float32Array,
    members: Int32Array,
    bounds: Float64Array,
    limit: number,
  ): Neighbour[] {
    const likely = highest(members, bounds, limit);
    const least = productsAt(row, features, likely).reduce((low, product) => Math.min(low, product), 1);
    // As near as the likely ones or nearer (a product above 1 is a distance of 0); where there are fewer than wanted, all.
    const candidates = likely.length < limit ? members : members.filter((index) => bounds[index]! >= least);
    const products = productsAt(row, features, candidates);
    const nearest = createNearest(limit);
    candidates.forEach((index, at) => nearest.offer(index, Math.max(0, 1 - products[at]!)));
    return nearest.found();
  }

  return {
    nearest(row) {
      const bounds = boundProducts(row);
      return {
        ofEach: ofLabel.map((members) => nearestIn(row, members, bounds, limitOfEach)),
        ofAll: nearestIn(row, places, bounds, limitOfAll),
      };
    },
  };
}

interface Directions {
  /** [count, size], each of length 1 and at right angles to the others. */
  directions: Float32Array;
  /** [rows, count]: products of rows and directions. */
  shares: Float32Array;
  /** [rows]: length of what the directions do not span of each row. */
  rests: Float64Array;
}

/** Gram-Schmidt with pivoting: the next direction is what is left of the row of which most is left. */
async function chooseDirections(
  features: Float32Array,
  size: number,
  places: Int32Array,
  takeTurn: () => Promise<void>,
): Promise<Directions> {
  const most = Math.min(MAX_DIRECTIONS, size, Math.floor(places.length / ROWS_PER_DIRECTION));
  const directions = new Float32Array(most * size);
  const shares = new Float32Array(places.length * most);
  const squares = Float64Array.from(places, (index) => squareOf(features, index * size, size));
  let turnedAt = performance.now();
  for (let at = 0; at < most; at += 1) {
    const farthest = squares.reduce((best, square, index) => (square > squares[best]! ? index : best), 0);
    const row = features.subarray(farthest * size, (farthest + 1) * size);
    const direction = directions.subarray(at * size, (at + 1) * size);
    direction.set(acrossOf(row, directions, places.subarray(0, at)));
    productsAt(direction, features, places).forEach((product, index) => {
      shares[index * most + at] = product;
      squares[index]! -= product * product;
    });
    if (performance.now() - turnedAt < TURN_MS) continue;
    await takeTurn();
    turnedAt = performance.now();
  }
  return { directions, shares, rests: squares.map(restOf) };
}

/** What the directions leave of the row, at length 1; zeros where they span all of it. Twice, because once leaves errors. */
function acrossOf(row: Float32Array, directions: Float32Array, places: Int32Array): Float32Array {
  const across = Float64Array.from(row);
  for (let pass = 0; pass < 2; pass += 1) {
    const products = productsAt(across, directions, places);
    products.forEach((product, at) => {
      const start = at * row.length;
      for (let index = 0; index < row.length; index += 1)
        across[index]! -= product * directions[start + index]!;
    });
  }
  const length = Math.sqrt(squareOf(across, 0, across.length));
  return Float32Array.from(across, (value) => (length > LEAST_REST ? value / length : 0));
}

function restOf(square: number): number {
  return Math.sqrt(Math.max(0, square) + LEAST_REST * LEAST_REST);
}

function squareOf(values: Float32Array | Float64Array, start: number, size: number): number {
  let sum = 0;
  for (let index = start; index < start + size; index += 1) sum += values[index]! * values[index]!;
  return sum;
}

/**
 * Products of one row with those at some places, each summed up from the first value to the last. Four at a time share
 * the reading of the row, and their sums need not wait for each other.
 * @param rows [count, row.length]
 * @returns [places.length]
 */
function productsAt(row: Float32Array | Float64Array, rows: Float32Array, places: Int32Array): Float64Array {
  const size = row.length;
  const products = new Float64Array(places.length);
  const last = places.length - 1;
  for (let at = 0; at <= last; at += 4) {
    // The last block repeats the last row where fewer than four are left.
    const at1 = Math.min(at + 1, last);
    const at2 = Math.min(at + 2, last);
    const at3 = Math.min(at + 3, last);
    const start0 = places[at]! * size;
    const start1 = places[at1]! * size;
    const start2 = places[at2]! * size;
    const start3 = places[at3]! * size;
    let sum0 = 0;
    let sum1 = 0;
    let sum2 = 0;
    let sum3 = 0;
    for (let index = 0; index < size; index += 1) {
      const value = row[index]!;
      sum0 += value * rows[start0 + index]!;
      sum1 += value * rows[start1 + index]!;
      sum2 += value * rows[start2 + index]!;
      sum3 += value * rows[start3 + index]!;
    }
    products[at] = sum0;
    products[at1] = sum1;
    products[at2] = sum2;
    products[at3] = sum3;
  }
  return products;
}

/** The members with the highest values. */
function highest(members: Int32Array, values: Float64Array, limit: number): Int32Array {
  const best = createNearest(limit);
  for (const index of members) best.offer(index, -values[index]!);
  return Int32Array.from(best.found(), ({ index }) => index);
}

/** Keeps the few nearest of those that are offered, of equally near ones the first. */
export function createNearest(limit: number) {
  const kept: Neighbour[] = [];
  return {
    offer(index: number, distance: number): void {
      if (kept.length === limit && distance >= kept[limit - 1]!.distance) return;
      const place = kept.findIndex((other) => distance < other.distance);
      kept.splice(place < 0 ? kept.length : place, 0, { index, distance });
      kept.length = Math.min(kept.length, limit);
    },
    found: () => kept,
  };
}
