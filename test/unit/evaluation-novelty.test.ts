import fc from 'fast-check';
import {
  createNeighbourhoods,
  leaveGroupOut,
  normaliseRows,
  NO_DISTANCE,
} from '../../src/evaluation/novelty.js';
import { RandomDraws } from '../../tools/synthesize/random-draws.js';

const SIZE = 16;
const noTurn = () => Promise.resolve();

/** Rows around one direction for each class, as far apart as `noise`. */
function cloud(perClass: number[], noise: number, seed = 'cloud') {
  const draws = RandomDraws.of(seed);
  const labels = perClass.flatMap((count, label) => Array.from({ length: count }, () => label));
  const features = Float32Array.from({ length: labels.length * SIZE }, (_, index) => {
    const label = labels[Math.floor(index / SIZE)]!;
    return (index % SIZE === label ? 1 : 0) + draws.uniform(-noise, noise);
  });
  return { features: normaliseRows(features, SIZE), size: SIZE, labels };
}

async function neighbourhoods(bank: ReturnType<typeof cloud>, groups = bank.labels.map((_, i) => String(i))) {
  const distances = await leaveGroupOut(bank, groups, noTurn);
  return { distances, ...(await createNeighbourhoods({ ...bank, distances }, 2, noTurn)) };
}

const direction = (axis: number) =>
  Float32Array.from({ length: SIZE }, (_, index) => (index === axis ? 3 : 0));

describe('the distance of a training picture to the others', () => {
  it('is the fifth smallest cosine distance within its class, its own group left out', async () => {
    const bank = cloud([9, 12], 0.3);
    const groups = bank.labels.map((_, index) => (index < 2 ? 'pair' : String(index)));
    const distances = await leaveGroupOut(bank, groups, noTurn);
    for (const [position, label] of bank.labels.entries()) {
      const row = (at: number) => bank.features.subarray(at * SIZE, (at + 1) * SIZE);
      const expected = bank.labels
        .map((_, other) => other)
        .filter((other) => bank.labels[other] === label && groups[other] !== groups[position])
        .map((other) => 1 - row(other).reduce((sum, value, at) => sum + value * row(position)[at]!, 0))
        .sort((left, right) => left - right)[4]!;
      expect(distances[position]).toBeCloseTo(expected, 5);
    }
  });

  it('is no distance where there are fewer than five others', async () => {
    const bank = cloud([5, 6], 0.3);
    const distances = await leaveGroupOut(
      bank,
      bank.labels.map((_, index) => String(index)),
      noTurn,
    );
    expect([...distances.subarray(0, 5)]).toEqual(Array.from({ length: 5 }, () => NO_DISTANCE));
    expect(Math.max(...distances.subarray(5))).toBeLessThan(NO_DISTANCE);
  });
});

describe('the neighbourhood of a picture', () => {
  it('holds the five nearest of all classes, nearest first, whatever the length of its features', async () => {
    const bank = cloud([30, 30], 0.2);
    const { find } = await neighbourhoods(bank);
    const { nearest } = find(bank.features.slice(7 * SIZE, 8 * SIZE).map((value) => value * 40));
    expect(nearest[0]).toEqual({ index: 7, distance: expect.closeTo(0, 5) });
    expect(nearest).toHaveLength(5);
    expect(nearest.map(({ distance }) => distance)).toEqual(
      nearest.map(({ distance }) => distance).sort((left, right) => left - right),
    );
  });

  it('is far where nothing like it was trained on, near where it was, in any class', async () => {
    const { find, canReject } = await neighbourhoods(cloud([40, 40], 0.2));
    expect(canReject).toBe(true);
    expect(find(direction(0)).novelty).toMatchObject({ isFar: false, pValue: 1 });
    expect(find(direction(1)).novelty.isFar).toBe(false);
    const { isFar, pValue, distance, threshold } = find(direction(9)).novelty;
    expect({ isFar, pValue }).toEqual({ isFar: true, pValue: 1 / 41 });
    expect(distance).toBeGreaterThan(threshold!);
  });

  it('is far for at most about one in twenty pictures like the training pictures', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (seed) => {
        const { find } = await neighbourhoods(cloud([60, 60], 0.4, `known ${seed}`));
        const fresh = cloud([100, 0], 0.4, `fresh ${seed}`);
        const far = fresh.labels.filter(
          (_, index) => find(fresh.features.subarray(index * SIZE, (index + 1) * SIZE)).novelty.isFar,
        );
        expect(far.length).toBeLessThanOrEqual(20);
      }),
      { numRuns: 10 },
    );
  });

  it.each([
    [18, false],
    [19, true],
  ])('with %d pictures of a class can call something unlike it: %s', async (count, can) => {
    const { find, canReject } = await neighbourhoods(cloud([count, 40], 0.2));
    expect(canReject).toBe(can);
    expect(find(direction(9)).novelty.isFar).toBe(can);
  });

  it('calls nothing far where all pictures of a class are of one group', async () => {
    const bank = cloud([40, 40], 0.2);
    const groups = bank.labels.map((label, index) => (label === 0 ? 'one' : String(index)));
    const { find, canReject } = await neighbourhoods(bank, groups);
    expect(canReject).toBe(false);
    expect(find(direction(9)).novelty.isFar).toBe(false);
  });
});
