import fc from 'fast-check';
import { RandomDraws } from '../../tools/synthesize/random-draws.js';
import { createNeighbourSearch, type Neighbour } from '../../src/evaluation/neighbour-search.js';
import { normaliseRows } from '../../src/evaluation/novelty.js';

const LIMIT = 5;
const LIMIT_OF_ALL = 16;
const LIMITS = { limitOfEach: LIMIT, limitOfAll: LIMIT_OF_ALL };
const noTurn = () => Promise.resolve();

interface Bank {
  features: Float32Array;
  size: number;
  labels: number[];
}

/** Rows around a few directions, some of them twice, some of a length that half floats leave. */
function clusters(count: number, size: number, noise: number, seed: string): Bank {
  const draws = RandomDraws.of(seed);
  const labels = Array.from({ length: count }, () => draws.integer(0, 2));
  const features = Float32Array.from({ length: count * size }, (_, index) => {
    const cluster = Math.floor(index / size) % 7;
    return (index % size === cluster ? 1 : 0) + draws.uniform(-noise, noise);
  });
  normaliseRows(features, size);
  for (let twin = 3; twin < count; twin += 11) features.copyWithin(twin * size, 0, size);
  for (let row = 5; row < count; row += 9) {
    for (let index = row * size; index < (row + 1) * size; index += 1) features[index]! *= 1.0004;
  }
  return { features, size, labels };
}

/** Every row multiplied out, one value after the other. */
function searchAll({ features, size, labels }: Bank, row: Float32Array, label: number | null): Neighbour[] {
  const neighbours = labels.flatMap((other, index): Neighbour[] => {
    if (label !== null && other !== label) return [];
    let product = 0;
    for (let at = 0; at < size; at += 1) product += row[at]! * features[index * size + at]!;
    return [{ index, distance: Math.max(0, 1 - product) }];
  });
  return neighbours
    .sort((left, right) => left.distance - right.distance || left.index - right.index)
    .slice(0, label === null ? LIMIT_OF_ALL : LIMIT);
}

describe('the search for the nearest rows', () => {
  it('finds what multiplying out every row finds, to the bit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 260 }),
        fc.integer({ min: 8, max: 48 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        fc.string(),
        async (count, size, noise, seed) => {
          const bank = clusters(count, size, noise, seed);
          const options = { ...LIMITS, labelCount: 4, takeTurn: noTurn };
          const search = await createNeighbourSearch(bank, options);
          const asked = [
            clusters(3, size, noise, `asked ${seed}`),
            clusters(2, size, 5, `far ${seed}`),
            bank,
          ];
          for (const { features, labels } of asked) {
            for (let index = 0; index < Math.min(10, labels.length); index += 1) {
              const row = features.slice(index * size, (index + 1) * size);
              const ofEach = [0, 1, 2, 3].map((label) => searchAll(bank, row, label));
              expect(search.nearest(row)).toEqual({ ofEach, ofAll: searchAll(bank, row, null) });
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives the event loop turns while it prepares a large bank', async () => {
    const bank = clusters(1_500, 512, 0.3, 'large');
    let turns = 0;
    const takeTurn = async () => void (turns += 1);
    await createNeighbourSearch(bank, { ...LIMITS, labelCount: 3, takeTurn });
    expect(turns).toBeGreaterThan(0);
  });
});
