import { measureCalibrationError } from '../../src/evaluation/calibration-error.js';
import { evaluate } from '../../src/evaluation/evaluate.js';

const COUNT = 300;
const pictures = Array.from({ length: COUNT }, (_, picture) => picture);
const probabilities = pictures.map((picture) => {
  const probability = 1 / (1 + Math.exp(-4 * Math.sin(1.1 * picture)));
  return [1 - probability, probability];
});
const labels = pictures.map((picture) => Number(Math.sin(1.1 * picture) + 0.6 * Math.cos(2.9 * picture) > 0));
const alone = pictures.map(String);

/*
 * numpy 2.4.6: rank of each picture by falling confidence, bins = 15 * rank // 300, error = sum over the bins of
 * |right - expected| / 300; the null value is the mean of 4000 simulations with labels drawn from the probabilities.
 */
describe('the calibration error', () => {
  it('and its null value are those that numpy finds', () => {
    const { value, nullValue } = measureCalibrationError(labels, probabilities, alone, 1);
    expect(value).toBeCloseTo(0.04785461096979905, 12);
    expect(Math.abs(nullValue - 0.0491)).toBeLessThan(0.001);
  });

  it('has a larger null value where pictures come in groups that err together', () => {
    const { value, nullValue } = measureCalibrationError(
      labels,
      probabilities,
      pictures.map((picture) => String(Math.floor(picture / 3))),
      1,
    );
    expect(value).toBeCloseTo(0.04785461096979905, 12);
    expect(Math.abs(nullValue - 0.05)).toBeLessThan(0.001);
    const sameThrice = measureCalibrationError(
      pictures.map((picture) => labels[Math.floor(picture / 3)] ?? 0),
      pictures.map((picture) => probabilities[Math.floor(picture / 3)] ?? []),
      pictures.map((picture) => String(Math.floor(picture / 3))),
      1,
    );
    // A third of the independent draws: the square root of three times the null value of all of them alone.
    expect(sameThrice.nullValue).toBeGreaterThan(1.5 * nullValue);
  });

  it('does not depend on the order of the pictures, equal probabilities included', () => {
    const coarse = probabilities.map(([, probability = 0]) => {
      const rounded = Math.round(10 * probability) / 10;
      return [1 - rounded, rounded];
    });
    const error = (order: readonly number[]) =>
      measureCalibrationError(
        order.map((picture) => labels[picture] ?? 0),
        order.map((picture) => coarse[picture] ?? []),
        order.map(String),
        1,
      ).value;
    expect(error(pictures.toReversed())).toBeCloseTo(error(pictures), 12);
  });

  it('is near its null value for a calibrated classifier and far above for an overconfident one', () => {
    const drawn = probabilities.map(([first = 0], picture) => Number((picture * 0.618034) % 1 >= first));
    const honest = measureCalibrationError(drawn, probabilities, alone, 1);
    expect(honest.value).toBeLessThan(1.5 * honest.nullValue);
    const boasting = probabilities.map(([first = 0]) => (first > 0.5 ? [0.999, 0.001] : [0.001, 0.999]));
    const overconfident = measureCalibrationError(drawn, boasting, alone, 1);
    expect(overconfident.value).toBeGreaterThan(10 * overconfident.nullValue);
  });
});

describe('an evaluation', () => {
  const first = (count: number, repeats = 1) =>
    evaluate({
      classes: ['a', 'b'],
      labels: labels.slice(0, count),
      probabilities: probabilities.slice(0, count),
      repeats,
    });

  it('has a calibration error from 200 pictures on and says why it has none below', () => {
    expect(first(200).calibrationError?.value).toBeGreaterThan(0);
    expect(first(200).warnings).toEqual([]);
    expect(first(199).calibrationError).toBeNull();
    expect(first(199).warnings).toEqual([
      {
        code: 'NO_CALIBRATION_ERROR',
        message: 'The calibration error is left out: 199 test pictures, it needs 200.',
      },
    ]);
  });

  it('counts pictures for that, not the answers of several repeats', () => {
    expect(first(300, 3).calibrationError).toBeNull();
  });
});
