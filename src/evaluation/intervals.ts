import { createRandom } from '../random.js';
import { groupPositions } from './arithmetic.js';
import type { Interval, Proportion } from '../words/evaluation.js';

/** 97.5 % point of the normal distribution. */
const Z = 1.959963984540054;
const RESAMPLES = 1000;

/**
 * A share k / n with its Wilson 95 % interval, in which the independent groups stand for n: centre (p + z^2/2n) / (1 + z^2/n), half width
 * z sqrt(p(1-p)/n + z^2/4n^2) / (1 + z^2/n) (Wilson, JASA 22, 1927). Stays sensible at k = 0 and k = n.
 * @param k 0..n
 * @param groupCount 1..n where n is above 0
 */
export function proportionOf(k: number, n: number, groupCount = n): Proportion {
  if (n === 0) return { value: null, k, n, low: null, high: null };
  const share = k / n;
  const spread = 1 + Z ** 2 / groupCount;
  const centre = (share + Z ** 2 / (2 * groupCount)) / spread;
  const variance = (share * (1 - share)) / groupCount + Z ** 2 / (4 * groupCount ** 2);
  const halfWidth = (Z * Math.sqrt(variance)) / spread;
  return {
    value: share,
    k,
    n,
    low: k === 0 ? 0 : Math.max(0, centre - halfWidth),
    high: k === n ? 1 : Math.min(1, centre + halfWidth),
    ...(groupCount < n ? { groupCount } : {}),
  };
}

/**
 * 1000 resamples of whole groups: pictures of one group (near-duplicates, one source) are drawn together, because they do
 * not err independently. Yields how often each picture was drawn, in one array that the next resample overwrites.
 * @param groups one key per picture
 * @param seed the same seed gives the same resamples
 */
export function* resampleGroups(groups: readonly string[], seed: number): Generator<Uint32Array> {
  const members = groupPositions(groups);
  const random = createRandom(seed, 'bootstrap');
  const weights = new Uint32Array(groups.length);
  for (let resample = 0; resample < RESAMPLES; resample++) {
    weights.fill(0);
    for (let draw = 0; draw < members.length; draw++) {
      for (const picture of members[random.nextBelow(members.length)] ?? []) {
        weights[picture] = (weights[picture] ?? 0) + 1;
      }
    }
    yield weights;
  }
}

/**
 * 95 % percentile interval of a statistic from resamples of whole groups; those for which the statistic is undefined are
 * left out.
 * @param groups one key per picture
 * @param statistic of a resample, given as how often each picture was drawn; null where undefined
 * @param seed the same seed gives the same interval
 * @returns null where fewer than half of the resamples defined the statistic
 */
export function bootstrapInterval(
  groups: readonly string[],
  statistic: (weights: Uint32Array) => number | null,
  seed: number,
): Interval | null {
  const values: number[] = [];
  for (const weights of resampleGroups(groups, seed)) {
    const value = statistic(weights);
    if (value !== null) values.push(value);
  }
  return percentileInterval(values);
}

/** The middle 95 % of what the resamples gave; null where fewer than half of them gave a value. Sorts the values. */
export function percentileInterval(values: number[]): Interval | null {
  if (values.length < RESAMPLES / 2) return null;
  values.sort((left, right) => left - right);
  return { low: quantile(values, 0.025), high: quantile(values, 0.975) };
}

/** Linear interpolation between the neighbouring values. @param sorted ascending, not empty */
function quantile(sorted: readonly number[], share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? 0;
  const above = sorted[Math.ceil(position)] ?? below;
  return below + (above - below) * (position - Math.floor(position));
}
