import type { TopLevelSpec } from 'vega-lite';
import { type ChartTitle, describeChart, titleBlock } from './chart-title.js';
import { CHART_STYLES } from './chart-theme.js';
import { formatPercent } from './describe-proportion.js';
import { reliabilityBins, type ReliabilityBin } from './reliability-bins.js';
import type { AnsweredPicture } from './scored-pictures.js';
import { SQUARE_PIXELS, shareChannel } from './share-channel.js';

export interface CalibrationChartOptions extends ChartTitle {
  /** Mean cross-entropy and mean squared error of the probabilities. */
  logLoss: number;
  brier: number;
  /** Expected calibration error, and what a perfectly calibrated model would show; null where too few pictures tell. */
  calibrationError: { value: number; nullValue: number } | null;
}

/**
 * Reliability diagram: how often answers are right against how probable the model called them. A perfectly calibrated
 * model has its points on the dashed line, within their intervals.
 */
export function calibrationChart(
  pictures: readonly AnsweredPicture[],
  options: CalibrationChartOptions,
): TopLevelSpec {
  const bins = reliabilityBins(pictures);
  const statements = [describeBins(bins), ...describeScores(options)];
  const lowest = lowestTick(pictures[0]?.probabilities.length ?? 2);
  const x = {
    ...shareChannel('confidence', 'probability that the model gave its answer'),
    scale: { domain: [lowest, 1] },
  };
  const y = shareChannel('right', 'answers that are right');
  return {
    description: describeChart(options, [...statements, ...bins.map(describeBin)]),
    title: titleBlock(options, statements),
    width: SQUARE_PIXELS,
    height: SQUARE_PIXELS,
    data: { values: bins },
    layer: [
      {
        data: {
          values: [
            { confidence: lowest, right: lowest },
            { confidence: 1, right: 1 },
          ],
        },
        mark: { type: 'line', style: CHART_STYLES.chance },
        encoding: { x, y },
      },
      {
        mark: { type: 'rule', strokeWidth: 2, opacity: 0.6, style: CHART_STYLES.right },
        encoding: { x: { ...x, field: 'from' }, x2: { field: 'to' }, y },
      },
      { mark: { type: 'errorbar' }, encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } } },
      {
        mark: {
          type: 'point',
          filled: true,
          opacity: 1,
          size: 70,
          style: CHART_STYLES.right,
          tooltip: { content: 'data' },
        },
        encoding: { x, y },
      },
    ],
  };
}

/** No answer of C classes has less than 1/C; rounded down to a tenth. */
function lowestTick(classCount: number): number {
  return Math.floor(10 / classCount) / 10;
}

function describeBins(bins: readonly ReliabilityBin[]): string {
  const counts = [...new Set(bins.map(({ count }) => count))].sort((left, right) => left - right);
  if (bins.length === 0) return 'no answers';
  const each = counts.join(' or ');
  return bins.length === 1 ? `all ${each} answers in one bin` : `${bins.length} bins of ${each} answers each`;
}

function describeScores({ logLoss, brier, calibrationError }: CalibrationChartOptions): string[] {
  const scores = `log loss ${logLoss.toFixed(3)}, Brier score ${brier.toFixed(3)}`;
  if (calibrationError === null) return [scores, 'too few answers to state a calibration error'];
  const { value, nullValue } = calibrationError;
  return [
    scores,
    `calibration error ${value.toFixed(3)}; a perfect model would show ${nullValue.toFixed(3)} here`,
  ];
}

function describeBin({ count, confidence, right, low, high }: ReliabilityBin): string {
  return `of ${count} answers given with ${formatPercent(confidence)} on average, ${formatPercent(right)} are right (${formatPercent(low)} to ${formatPercent(high)})`;
}
