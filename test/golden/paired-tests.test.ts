import { pairAnswers } from '../../src/evaluation/paired/answered-pair.js';
import { compareAreas } from '../../src/evaluation/paired/delong.js';
import { holmAdjusted } from '../../src/evaluation/paired/holm.js';
import { exactMcNemar } from '../../src/evaluation/paired/mcnemar.js';
import { twoSidedNormal } from '../../src/evaluation/paired/normal-distribution.js';
import { pairedPValue } from '../../src/evaluation/paired/paired-test.js';
import { answered } from '../support/answered-pictures.js';

/** Versions behind all numbers here: pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0 scikit-learn==1.9.1 */

describe('the exact McNemar test', () => {
  // from statsmodels.stats.contingency_tables import mcnemar
  // mcnemar([[0, b], [c, 0]], exact=True).pvalue
  test.each([
    [0, 5, 0.0625],
    [0, 6, 0.03125],
    [6, 0, 0.03125],
    [1, 8, 0.0390625],
    [3, 4, 1],
    [10, 25, 0.016673847800120715],
    [200, 250, 0.02079180024760781],
    [700, 800, 0.010559255466711506],
  ])('of %i against %i gives what statsmodels gives', (b, c, pValue) => {
    expect(exactMcNemar(b, c)).toBeCloseTo(pValue, 10);
  });
});

test('p-values adjusted by Holm are those of statsmodels', () => {
  // multipletests([0.01, 0.04, 0.03, 0.005, 0.2, 0.0004], method='holm')[1]
  const adjusted = holmAdjusted([0.01, 0.04, 0.03, 0.005, 0.2, 0.0004]);
  [0.04, 0.09, 0.09, 0.025, 0.2, 0.0024].forEach((value, index) => {
    expect(adjusted[index]).toBeCloseTo(value, 12);
  });
});

// [2 * scipy.stats.norm.sf(z) for z in (...)]
test.each([
  [0, 1],
  [0.5, 0.6170750774519738],
  [-1.959963984540054, 0.05],
  [2.5, 0.012419330651552265],
  [3.6, 0.00031821718031506727],
  [8, 1.244192114854348e-15],
])('both tails of the normal distribution from %d on are those of scipy', (z, tails) => {
  expect(Math.abs(twoSidedNormal(z) / tails - 1)).toBeLessThan(1e-9);
});

describe('two areas under the ROC curve on the same pictures', () => {
  const labels = [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
  const first = [0.9, 0.8, 0.8, 0.55, 0.6, 0.3, 0.1, 0.2, 0.3, 0.4, 0.55, 0.2, 0.7];
  const second = [0.7, 0.9, 0.4, 0.6, 0.2, 0.5, 0.3, 0.1, 0.6, 0.4, 0.5, 0.65, 0.2];

  /*
   * DeLong straight from its definition, y, a, b as above:
   *   V10, V01, A = [], [], []
   *   for s in (a, b):
   *       k = (s[y == 1][:, None] > s[y == 0]) + .5 * (s[y == 1][:, None] == s[y == 0])
   *       V10.append(k.mean(1)); V01.append(k.mean(0)); A.append(k.mean())
   *   S = np.cov(V10) / 6 + np.cov(V01) / 7
   *   d = A[0] - A[1]; se = np.sqrt(S[0, 0] + S[1, 1] - 2 * S[0, 1])
   *   print(A, d - 1.959963984540054 * se, d + 1.959963984540054 * se, 2 * scipy.stats.norm.sf(abs(d) / se))
   */
  it('differ as DeLong has it', () => {
    const pair = pairAnswers(answered(labels, first), answered(labels, second));
    const compared = compareAreas(pair, 2);
    expect(compared?.first).toBeCloseTo(0.8571428571428571, 12);
    expect(compared?.second).toBeCloseTo(0.6904761904761905, 12);
    expect(compared?.interval?.low).toBeCloseTo(-0.19874976246490322, 12);
    expect(compared?.interval?.high).toBeCloseTo(0.5320830957982365, 12);
    expect(compared?.pValue).toBeCloseTo(0.3713535531802855, 12);
  });

  /*
   * Obuchowski (1997), equations for S10 and S01 with clusters inside one class; dv is V of a minus V of b, centred:
   *   var = 0
   *   for side in (1, 0):
   *       m = y == side; keys = sorted(set(g[m])); I = len(keys)
   *       sums = np.array([dv[m & (g == key)].sum() for key in keys])
   *       var += I / ((I - 1) * m.sum()) * (sums ** 2).sum() / m.sum()
   *   print(d, np.sqrt(var), 2 * scipy.stats.norm.sf(abs(d) / np.sqrt(var)))
   */
  it('differ as Obuchowski has it where pictures are near-duplicates', () => {
    const groups = [0, 0, 1, 2, 2, 3, 4, 5, 5, 5, 6, 7, 8];
    const pair = pairAnswers(answered(labels, first, groups), answered(labels, second, groups));
    const compared = compareAreas(pair, 2);
    expect(compared?.difference).toBeCloseTo(0.16666666666666663, 12);
    expect(compared?.interval?.high).toBeCloseTo(
      0.16666666666666663 + 1.959963984540054 * 0.17482099208246338,
      12,
    );
    expect(compared?.pValue).toBeCloseTo(0.3404096546128703, 12);
  });
});

describe('the randomisation test', () => {
  const labels = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1];
  const first = [0.1, 0.2, 0.3, 0.6, 0.2, 0.9, 0.8, 0.7, 0.4, 0.95, 0.8, 0.6];
  const second = [0.3, 0.25, 0.6, 0.55, 0.4, 0.6, 0.3, 0.4, 0.45, 0.7, 0.45, 0.7];

  /*
   * All 2^12 exchanges instead of 4999 random ones. For the log loss, and likewise for the Brier score:
   *   d = loss(first) - loss(second), per picture; for groups np.bincount(groups, weights=d)
   *   scipy.stats.permutation_test((d, np.zeros(12)), lambda a, b: np.mean(a - b),
   *                                permutation_type='samples', n_resamples=np.inf).pvalue
   * For F1 (weighted) and balanced accuracy a loop over itertools.product of exchanges with scikit-learn's scores.
   */
  test.each([
    ['LOG_LOSS', 0.01123046875],
    ['BRIER', 0.0185546875],
    ['F1', 0.125],
    ['BALANCED_ACCURACY', 0.125],
  ] as const)('of %s comes near the p-value of all exchanges', (metric, exact) => {
    const pair = pairAnswers(answered(labels, first), answered(labels, second));
    const pValue = pairedPValue(metric, pair, 2) ?? NaN;
    // Five standard errors of a share of 4999.
    expect(Math.abs(pValue - exact)).toBeLessThan(5 * Math.sqrt((exact * (1 - exact)) / 4999));
  });

  it('exchanges near-duplicates together', () => {
    const groups = [0, 0, 0, 1, 2, 3, 3, 4, 5, 6, 7, 8];
    const pair = pairAnswers(answered(labels, first, groups), answered(labels, second, groups));
    const exact = 0.0390625;
    const pValue = pairedPValue('LOG_LOSS', pair, 2) ?? NaN;
    expect(Math.abs(pValue - exact)).toBeLessThan(5 * Math.sqrt((exact * (1 - exact)) / 4999));
  });
});
