import { GelqlError } from '../errors.js';
import { indexOfLargest, meanOf, weightedMean } from './arithmetic.js';
import { countConfusion, matthewsCorrelation, measureClass } from './confusion.js';
import type { Baseline, Evaluation, Interval, Proportion } from '../words/evaluation.js';
import { bootstrapInterval, proportionOf } from './intervals.js';
import { measureCalibrationError } from './calibration-error.js';
import { FEWEST_FOR_CALIBRATION_ERROR, warningsOf } from './evaluation-warnings.js';
import { brierScore, logLoss } from './probability-scores.js';
import { areaUnderRoc, averagePrecision, createRocArea } from './roc.js';

/**
 * What a classifier said about the test pictures. All lists have one entry per answer, in one order: an answer per picture,
 * or in a cross-validation one per picture and repeat.
 */
export interface TestAnswers {
  classes: readonly string[];
  /** Values 0..classes.length-1. */
  labels: ArrayLike<number>;
  /** One row per answer in class order, each summing to 1. */
  probabilities: readonly ArrayLike<number>[];
  /** Defaults to the first of the largest probabilities. */
  predicted?: ArrayLike<number>;
  /** Answers that do not err independently share a key; defaults to one group per answer. */
  groups?: readonly string[];
  /** Answers to each picture; defaults to 1. */
  repeats?: number;
  /** Seeds the bootstrap and the simulations; defaults to 0. */
  seed?: number;
  /** What simpler rules said, answer by answer. */
  baselines?: readonly { name: Baseline['name']; predicted: ArrayLike<number> }[];
}

/**
 * Everything that is reported about a classifier. For two classes the area under the ROC curve and the average precision
 * are those of class 1, for more the macro mean of each class against the rest. Weighted means weigh by support; a
 * precision without predictions and a recall without pictures count as 0 in means, as scikit-learn has it. Intervals take
 * the groups for independent, not the answers.
 * @throws GelqlError DATASET_TOO_SMALL where there is no picture; INTERNAL where the lists do not fit together
 */
export function evaluate(answers: TestAnswers): Evaluation {
  const { classes } = answers;
  const labels = Array.from(answers.labels);
  assertConsistent(classes.length, labels, answers);
  const probabilities = answers.probabilities.map((row) => Array.from(row));
  const predicted = Array.from(answers.predicted ?? probabilities.map(indexOfLargest));
  const groups = answers.groups ?? labels.map((_, answer) => String(answer));
  const confusion = countConfusion(classes.length, labels, predicted);
  const groupsOf = classes.map((_, index) => ({
    actual: countGroups(groups, (answer) => labels[answer] === index),
    predicted: countGroups(groups, (answer) => predicted[answer] === index),
  }));
  const perClass = classes.map((name, index) =>
    measureClass(name, index, confusion, groupsOf[index] ?? { actual: 0, predicted: 0 }),
  );
  const seed = answers.seed ?? 0;
  const pictureCount = labels.length / (answers.repeats ?? 1);
  const isRight = (said: readonly number[]) => shareOfEqual(labels, said, groups);
  const supports = perClass.map(({ support }) => support);
  const precisions = perClass.map(({ precision }) => precision.value ?? 0);
  const recalls = perClass.map(({ recall }) => recall.value ?? 0);
  const f1s = perClass.map(({ f1 }) => f1);
  const hardRows = predicted.map((label) => classes.map((_, index) => (index === label ? 1 : 0)));
  return {
    classes: [...classes],
    confusion,
    accuracy: isRight(predicted),
    balancedAccuracy: meanOf(recalls.filter((_, index) => (supports[index] ?? 0) > 0)),
    precisionWeighted: weightedMean(precisions, supports),
    recallWeighted: weightedMean(recalls, supports),
    f1Weighted: weightedMean(f1s, supports),
    precisionMacro: meanOf(precisions),
    recallMacro: meanOf(recalls),
    f1Macro: meanOf(f1s),
    rocAuc: macro(areaUnderRoc, labels, probabilities, classes.length),
    rocAucInterval: aucInterval(labels, probabilities, classes.length, groups, seed),
    rocAucHard: macro(areaUnderRoc, labels, hardRows, classes.length),
    averagePrecision: macro(averagePrecision, labels, probabilities, classes.length),
    mcc: matthewsCorrelation(confusion),
    logLoss: logLoss(labels, probabilities),
    brier: brierScore(labels, probabilities),
    calibrationError:
      pictureCount < FEWEST_FOR_CALIBRATION_ERROR
        ? null
        : measureCalibrationError(labels, probabilities, groups, seed),
    groupCount: new Set(groups).size,
    warnings: warningsOf(
      classes,
      groupsOf.map(({ actual }) => actual),
      pictureCount,
    ),
    perClass,
    baselines: (answers.baselines ?? []).map(({ name, predicted: said }) => ({
      name,
      accuracy: isRight(Array.from(said)),
    })),
  };
}

type Rows = readonly (readonly number[])[];
type RankStatistic = (scores: readonly number[], isPositive: readonly boolean[]) => number | null;

/** The scores of each class against the rest; for two classes of class 1 only, whose mirror image the other is. */
function comparisons(labels: readonly number[], rows: Rows, classCount: number) {
  const classes = classCount === 2 ? [1] : Array.from({ length: classCount }, (_, index) => index);
  return classes.map((index) => ({
    scores: rows.map((row) => row[index] ?? 0),
    isPositive: labels.map((label) => label === index),
  }));
}

/** Mean over the comparisons; null where it is undefined for one of them. */
function meanOrNull(values: readonly (number | null)[]): number | null {
  const defined = values.filter((value) => value !== null);
  return defined.length === values.length ? meanOf(defined) : null;
}

function macro(statistic: RankStatistic, labels: readonly number[], rows: Rows, classCount: number) {
  return meanOrNull(
    comparisons(labels, rows, classCount).map(({ scores, isPositive }) => statistic(scores, isPositive)),
  );
}

function aucInterval(
  labels: readonly number[],
  rows: Rows,
  classCount: number,
  groups: readonly string[],
  seed: number,
): Interval | null {
  const areas = comparisons(labels, rows, classCount).map(({ scores, isPositive }) =>
    createRocArea(scores, isPositive),
  );
  return bootstrapInterval(groups, (weights) => meanOrNull(areas.map((area) => area(weights))), seed);
}

function shareOfEqual(
  labels: readonly number[],
  said: readonly number[],
  groups: readonly string[],
): Proportion {
  const right = labels.filter((label, answer) => label === said[answer]).length;
  return proportionOf(right, labels.length, new Set(groups).size);
}

function countGroups(groups: readonly string[], isCounted: (answer: number) => boolean): number {
  return new Set(groups.filter((_, answer) => isCounted(answer))).size;
}

function assertConsistent(classCount: number, labels: readonly number[], answers: TestAnswers): void {
  if (labels.length === 0) throw new GelqlError('DATASET_TOO_SMALL', 'there is no picture to test with');
  const lists = [
    answers.predicted,
    answers.groups,
    ...(answers.baselines ?? []).map((rule) => rule.predicted),
  ];
  const isTooShort = lists.some((list) => list !== undefined && list.length !== labels.length);
  const isRagged = answers.probabilities.some((row) => row.length !== classCount);
  const isUnknown = labels.some((label) => !(label >= 0 && label < classCount));
  if (isTooShort || isRagged || isUnknown || answers.probabilities.length !== labels.length) {
    throw new GelqlError('INTERNAL', 'labels, probabilities and predictions do not fit together');
  }
}
