import { createRandom } from '../../random.js';

const SHUFFLES = 4999;
const BITS = 32;

/**
 * Two-sided p-value of a difference between two models on the same pictures: how often it is at least as large when, for
 * each group of near-duplicates, chance decides which answers are whose (paired randomisation test: Fisher, The Design of
 * Experiments, 1935; Dror et al., ACL 2018). 4999 shuffles, so at least 0.0002; the same seed gives the same value.
 * @param difference where the answers of the marked groups are exchanged
 */
export function swapTest(
  groupCount: number,
  difference: (isSwapped: Uint8Array) => number,
  seed: number,
): number {
  const random = createRandom(seed, 'swap');
  const isSwapped = new Uint8Array(groupCount);
  // Sums in another order differ in the last bits.
  const observed = Math.abs(difference(isSwapped)) * (1 - 1e-12);
  let asLarge = 1;
  for (let shuffle = 0; shuffle < SHUFFLES; shuffle++) {
    let bits = 0;
    for (let group = 0; group < groupCount; group++) {
      if (group % BITS === 0) bits = random.nextUint32();
      isSwapped[group] = bits & 1;
      bits >>>= 1;
    }
    if (Math.abs(difference(isSwapped)) >= observed) asLarge++;
  }
  return asLarge / (SHUFFLES + 1);
}
