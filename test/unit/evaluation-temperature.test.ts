import fc from 'fast-check';
import { appliedTemperature, fitTemperature } from '../../src/evaluation/temperature.js';

/** Answers by formula, so that numpy makes the same: `flip` gives every so many picture another class. */
function formulaAnswers(count: number, classCount: number, scale: number, flip: number) {
  const classOf = (picture: number) => picture % classCount;
  return {
    logits: Array.from({ length: count }, (_, picture) =>
      Array.from(
        { length: classCount },
        (_, label) =>
          scale * Math.sin(1.7 * picture + 2.3 * label) + (label === classOf(picture) ? scale * 0.9 : 0),
      ),
    ),
    labels: Array.from({ length: count }, (_, picture) =>
      picture % flip === 0 ? classOf(picture + 1) : classOf(picture),
    ),
    groups: Array.from({ length: count }, (_, picture) => String(picture)),
  };
}

/** Answers that are all right; three of one class in a row of it are one group. */
function separatedAnswers(count: number, classCount: number) {
  const labels = Array.from({ length: count }, (_, picture) => picture % classCount);
  return {
    logits: labels.map((own, picture) =>
      Array.from({ length: classCount }, (_, label) =>
        label === own ? 2 + ((picture * 7) % 5) / 2 : -Math.cos(picture + label),
      ),
    ),
    labels,
    groups: labels.map((own, picture) => `${own} ${Math.floor(picture / (2 * classCount))}`),
  };
}

/*
 * SciPy 1.17.1, z the logits, t the one-hot or smoothed targets:
 *   f = lambda T: -np.mean(np.sum(t * log_softmax(z / T, axis=1), axis=1))
 *   minimize_scalar(f, bounds=(.25, 20), method='bounded', options=dict(xatol=1e-9)).x
 */
describe('the temperature beside SciPy', () => {
  it.each<[string, [number, number, number, number], number, number, number]>([
    ['two classes', [120, 2, 4, 7], 6.948026653, 1.43801962, 0.61010613],
    ['three classes', [150, 3, 2.5, 9], 2.897669418, 1.217274111, 0.898077728],
    ['answers that are too soft', [90, 2, 0.4, 6], 0.696737652, 0.617767366, 0.611096423],
    ['worthless answers, at the upper bound', [80, 2, 3, 2], 20, 2.0886914, 0.70136977],
  ])('is the same for %s', (_name, shape, temperature, before, after) => {
    const fitted = fitTemperature(formulaAnswers(...shape), 'OUT_OF_FOLD');
    expect(fitted.temperature).toBeCloseTo(temperature, 4);
    expect(fitted.logLossBefore).toBeCloseTo(before, 4);
    expect(fitted.logLossAfter).toBeCloseTo(after, 7);
    expect(fitted).toMatchObject({ isSeparated: false, fittedOn: 'OUT_OF_FOLD', groupCount: shape[0] });
  });

  it.each([
    [2, 1.0698536, 0.074335734, 0.085004385],
    [3, 0.94669457, 0.141128032, 0.126246365],
  ])(
    'is that of smoothed targets where all of %d classes are told right',
    (classCount, temperature, before, after) => {
      const fitted = fitTemperature(separatedAnswers(60, classCount), 'VALIDATION');
      expect(fitted.temperature).toBeCloseTo(temperature, 4);
      expect(fitted.logLossBefore).toBeCloseTo(before, 7);
      expect(fitted.logLossAfter).toBeCloseTo(after, 7);
      expect(fitted).toMatchObject({ isSeparated: true, groupCount: 30 });
    },
  );
});

describe('a temperature', () => {
  const answers = fc
    .record({ count: fc.integer({ min: 1, max: 40 }), classCount: fc.integer({ min: 2, max: 4 }) })
    .chain(({ count, classCount }) =>
      fc.record({
        logits: fc.array(
          fc.array(fc.double({ min: -30, max: 30, noNaN: true }), {
            minLength: classCount,
            maxLength: classCount,
          }),
          { minLength: count, maxLength: count },
        ),
        labels: fc.array(fc.integer({ min: 0, max: classCount - 1 }), { minLength: count, maxLength: count }),
        groups: fc.array(fc.integer({ min: 0, max: 9 }).map(String), { minLength: count, maxLength: count }),
      }),
    );

  it('lies within its bounds and never raises the log loss, but where smoothed targets bound it', () => {
    fc.assert(
      fc.property(answers, (given) => {
        const { temperature, logLossBefore, logLossAfter, isSeparated } = fitTemperature(given, 'VALIDATION');
        expect(temperature).toBeGreaterThanOrEqual(0.25);
        expect(temperature).toBeLessThanOrEqual(20);
        if (isSeparated !== true) expect(logLossAfter).toBeLessThanOrEqual(logLossBefore + 1e-6);
      }),
    );
  });

  it('is applied from 50 independent groups on, however many answers there are', () => {
    const fitted = (groupCount: number) => {
      const given = formulaAnswers(200, 2, 4, 7);
      const groups = given.groups.map((_, picture) => String(picture % groupCount));
      return fitTemperature({ ...given, groups }, 'OUT_OF_FOLD');
    };
    expect(fitted(49)).toMatchObject({ groupCount: 49, isApplied: false });
    expect(fitted(50)).toMatchObject({ groupCount: 50, isApplied: true });
    expect(appliedTemperature(fitted(49))).toBe(1);
    expect(appliedTemperature(fitted(50))).toBe(fitted(50).temperature);
    expect(appliedTemperature(null)).toBe(1);
  });
});
