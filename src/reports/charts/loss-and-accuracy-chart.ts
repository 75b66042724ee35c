import type { TopLevelSpec } from 'vega-lite';
import type { EpochProgress } from '../../words/run-event.js';
import { type ChartTitle, describeChart, titleBlock } from './chart-title.js';
import { formatPercent } from './describe-proportion.js';

interface Measurement {
  epoch: number;
  pictures: string;
  /** Null where the training diverged: the line has a gap. */
  loss: number | null;
  accuracy: number | null;
}

const PANEL = { width: 320, height: 240 };
const SERIES = ['training', 'validation'];

/** Loss and accuracy by epoch, side by side; the validation line is left out where nothing was kept for it. */
export function lossAndAccuracyChart(epochs: readonly EpochProgress[], title: ChartTitle): TopLevelSpec {
  const values = epochs.flatMap(toMeasurements);
  const used = SERIES.filter((name) => values.some(({ pictures }) => pictures === name));
  const lastEpoch = Math.max(2, ...epochs.map(({ number }) => number));
  const hasLoss = values.some(({ loss }) => loss !== null);
  const statement = describe(epochs.at(-1));
  const panel = (field: 'loss' | 'accuracy', axisTitle: string, scale: object, axis: object) => ({
    ...PANEL,
    mark: {
      type: 'line' as const,
      point: { filled: true, size: 28 },
      clip: false,
      tooltip: { content: 'data' as const },
    },
    encoding: {
      x: {
        field: 'epoch',
        type: 'quantitative' as const,
        title: 'epoch',
        scale: { domain: [1, lastEpoch], nice: false },
        axis: { tickMinStep: 1, format: 'd', grid: false },
      },
      y: { field, type: 'quantitative' as const, title: axisTitle, scale, axis: { ...axis, tickCount: 5 } },
      color: {
        field: 'pictures',
        type: 'nominal' as const,
        title: null,
        scale: { domain: used },
        legend: { orient: 'top' as const, symbolType: 'stroke' },
      },
      strokeDash: {
        field: 'pictures',
        type: 'nominal' as const,
        title: null,
        scale: {
          domain: used,
          range: [
            [1, 0],
            [6, 3],
          ].slice(0, used.length),
        },
      },
    },
  });
  return {
    description: describeChart(title, [statement]),
    title: titleBlock(title, [statement]),
    data: { values },
    spacing: 40,
    hconcat: [
      panel('loss', 'loss (cross-entropy)', hasLoss ? { zero: true, nice: true } : { domain: [0, 1] }, {}),
      panel('accuracy', 'accuracy', { domain: [0, 1] }, { format: '.0%' }),
    ],
  };
}

function toMeasurements(epoch: EpochProgress): Measurement[] {
  const { number, trainLoss, trainAccuracy, validationLoss, validationAccuracy } = epoch;
  const training = {
    epoch: number,
    pictures: 'training',
    loss: finiteOrNull(trainLoss),
    accuracy: finiteOrNull(trainAccuracy),
  };
  if (validationLoss === null || validationAccuracy === null) return [training];
  return [
    training,
    {
      epoch: number,
      pictures: 'validation',
      loss: finiteOrNull(validationLoss),
      accuracy: finiteOrNull(validationAccuracy),
    },
  ];
}

function describe(last: EpochProgress | undefined): string {
  if (last === undefined) return 'no epochs are stored';
  const { number, trainLoss, trainAccuracy, validationLoss, validationAccuracy } = last;
  const training = `training loss ${formatLoss(trainLoss)}, accuracy ${formatPercent(trainAccuracy)}`;
  const validation =
    validationLoss === null || validationAccuracy === null
      ? 'nothing kept for validation'
      : `validation loss ${formatLoss(validationLoss)}, accuracy ${formatPercent(validationAccuracy)}`;
  return `after epoch ${number}: ${training}; ${validation}`;
}

const formatLoss = (loss: number) => (Number.isFinite(loss) ? loss.toFixed(3) : 'not finite');

const finiteOrNull = (value: number) => (Number.isFinite(value) ? value : null);
