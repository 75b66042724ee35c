import { REFERENCE_NAMES } from '../words/architecture.js';
import type { ResultRow } from '../registry/results.js';
import { showsTrainable } from '../reports/shows-trainable.js';
import { formatKind } from './describe-result.js';
import { formatPercent, formatTable } from './terminal/output.js';

/** A matrix of more classes is wider than a terminal; `results --csv` and the plot have it. */
const MAX_MATRIX_CLASSES = 6;

/**
 * The published experiment's columns, with the interval that belongs to the accuracy, and what was trained where that is
 * more than heads.
 */
export function formatResults(results: readonly ResultRow[]): string {
  const isTrainableShown = showsTrainable(results);
  return formatTable(
    [
      'id',
      'model',
      'device',
      'network',
      ...(isTrainableShown ? ['trained'] : []),
      'head',
      'opt',
      'test',
      'train min',
      'infer s',
      'accuracy',
      '95 % interval',
      'precision',
      'recall',
      'confusion',
      'AUC',
      'n',
      'groups',
    ],
    results.map((row) => [
      String(row.modelNumber),
      row.modelName,
      row.hardwareType.toLowerCase(),
      REFERENCE_NAMES[row.pretrainedModel],
      ...(isTrainableShown ? [row.trainable.toLowerCase()] : []),
      row.classifierHead.toLowerCase(),
      row.optAlg.toLowerCase(),
      formatKind(row),
      row.trainingTimeMins.toFixed(2),
      row.inferenceTimeSecs.toFixed(3),
      formatPercent(row.accuracy),
      `${formatPercent(row.accuracyLow)} - ${formatPercent(row.accuracyHigh)}`,
      formatPercent(row.precision),
      formatPercent(row.recall),
      formatConfusion(row.evaluation.confusion),
      row.rocAuc === null ? '-' : row.rocAuc.toFixed(4),
      String(row.testCount),
      String(row.evaluation.groupCount),
    ]),
  );
}

function formatConfusion(confusion: readonly (readonly number[])[]): string {
  const { length } = confusion;
  return length > MAX_MATRIX_CLASSES ? `${length} x ${length}` : JSON.stringify(confusion);
}
