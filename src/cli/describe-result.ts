import type { Calibration } from '../words/evaluation.js';
import type { ResultRow } from '../registry/results.js';
import { describeArea, describeProportion } from '../reports/charts/describe-proportion.js';
import { formatPercent } from './terminal/output.js';

/** How the test pictures were kept from the training, in few words. */
export function formatKind({ kind, evaluation }: ResultRow): string {
  const { crossValidation } = evaluation;
  if (kind === 'HOLDOUT' || crossValidation === undefined) return 'held out';
  return `${crossValidation.folds} folds x ${crossValidation.repeats.length}`;
}

/** A result in sentences: what was found, what simpler rules find, and what stands against believing it. */
export function describeResult(result: ResultRow): string {
  const { evaluation } = result;
  const { baselines, calibrationError, crossValidation, warnings = [] } = evaluation;
  const share = (name: string, value: number | null) => `${name} ${formatPercent(value)}`;
  return [
    `${formatKind(result)}: ${describeProportion('accuracy', evaluation.accuracy)}`,
    ...(crossValidation === undefined
      ? []
      : [`repeats: ${crossValidation.repeats.map(({ accuracy }) => formatPercent(accuracy)).join(', ')}`]),
    `AUC ${describeArea(evaluation.rocAuc, evaluation.rocAucInterval)}, log loss ${evaluation.logLoss.toFixed(4)}, Brier ${evaluation.brier.toFixed(4)}`,
    ...(calibrationError == null
      ? []
      : [
          `calibration error ${calibrationError.value.toFixed(4)}, of a perfectly calibrated model ${calibrationError.nullValue.toFixed(4)}`,
        ]),
    `without looking: ${baselines.map(({ name, accuracy }) => share(name, accuracy.value)).join(', ')}`,
    ...warnings.map(({ message }) => `warning: ${message}`),
  ].join('\n  ');
}

export function describeCalibration({
  temperature,
  fittedOn,
  groupCount,
  isApplied,
  logLossBefore,
  logLossAfter,
  isSeparated,
}: Calibration): string {
  const source = fittedOn === 'VALIDATION' ? 'the validation share' : 'the folds';
  const use = isApplied ? 'applied' : 'not applied: unreliable below 50 groups';
  return `calibration: temperature ${temperature} from ${source} (${groupCount} groups${isSeparated === true ? ', all told right: smoothed targets' : ''}), ${use}; log loss there ${logLossBefore.toFixed(4)} without it, ${logLossAfter.toFixed(4)} with it`;
}
