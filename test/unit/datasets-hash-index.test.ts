import { CANDIDATE_BITS, createHashIndex } from '../../src/datasets/hash-index.js';
import { hashDistance } from '../../src/images/facts/perceptual-hash.js';
import { createRandom } from '../../src/random.js';

test('finds exactly the hashes within ten bits, as comparing with all does', () => {
  const random = createRandom(7, 'hashes');
  const centres = Array.from({ length: 5 }, () => [random.nextUint32() >>> 1, random.nextUint32()] as const);
  const near = ([high, low]: readonly [number, number], flips: number): [number, number] => {
    let words: [number, number] = [high, low];
    for (let flip = 0; flip < flips; flip += 1) {
      const bit = 2 ** random.nextBelow(31);
      words =
        random.nextBelow(2) === 0 ? [(words[0] ^ bit) >>> 0, words[1]] : [words[0], (words[1] ^ bit) >>> 0];
    }
    return words;
  };
  const hashes = Array.from({ length: 2_000 }, (_, index) =>
    near(centres[index % centres.length] ?? [0, 0], random.nextBelow(20)),
  );
  const index = createHashIndex(Uint32Array.from(hashes.flat()));
  const distances = new Set<number>();
  for (const [high, low] of [...centres, near([0, 0], 30)]) {
    const expected = hashes.flatMap(([otherHigh, otherLow], position) => {
      const distance = hashDistance({ high, low }, { high: otherHigh, low: otherLow });
      return distance <= CANDIDATE_BITS ? [`${position}: ${distance}`] : [];
    });
    const found = new Set<string>();
    index.visitNear(high, low, (position, distance) => {
      found.add(`${position}: ${distance}`);
      distances.add(distance);
    });
    expect([...found].sort()).toEqual(expected.sort());
  }
  expect([...distances].sort((left, right) => left - right)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('an empty index finds nothing', () => {
  createHashIndex(new Uint32Array(0)).visitNear(0, 0, () => {
    throw new Error('found');
  });
});
