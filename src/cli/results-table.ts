import { REFERENCE_NAMES } from '../networks/architecture.js';
import type { ResultRow } from '../registry/results.js';
import { formatKind } from './describe-result.js';
import { formatPercent, formatTable } from './output.js';

/** The published experiment's columns, with the interval that belongs to the accuracy. */
export function formatResults(results: readonly ResultRow[]): string {
  return formatTable(
    [
      'id',
      'model',
      'device',
      'network',
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
      row.classifierHead.toLowerCase(),
      row.optAlg.toLowerCase(),
      formatKind(row),
      row.trainingTimeMins.toFixed(2),
      row.inferenceTimeSecs.toFixed(3),
      formatPercent(row.accuracy),
      `${formatPercent(row.accuracyLow)} - ${formatPercent(row.accuracyHigh)}`,
      formatPercent(row.precision),
      formatPercent(row.recall),
      JSON.stringify(row.evaluation.confusion),
      row.rocAuc === null ? '-' : row.rocAuc.toFixed(4),
      String(row.testCount),
      String(row.evaluation.groupCount ?? '-'),
    ]),
  );
}
