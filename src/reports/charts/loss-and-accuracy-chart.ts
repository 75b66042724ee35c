import type { TopLevelSpec } from 'vega-lite';
import type { EpochProgress } from '../../compute/protocol.js';

interface Measurement {
  epoch: number;
  pictures: string;
  loss: number;
  accuracy: number;
}

const PANEL = { width: 320, height: 240 };
const SERIES = ['training', 'validation'];

/** Loss and accuracy by epoch, side by side; the validation line is left out where nothing was kept for it. */
export function lossAndAccuracyChart(
  epochs: readonly EpochProgress[],
  { title }: { title: string },
): TopLevelSpec {
  const values = epochs.flatMap(toMeasurements);
  const used = SERIES.filter((name) => values.some(({ pictures }) => pictures === name));
  const lastEpoch = Math.max(2, ...epochs.map(({ number }) => number));
  const panel = (field: 'loss' | 'accuracy', axisTitle: string, scale: object, format: string) => ({
    ...PANEL,
    mark: { type: 'line' as const, point: { filled: true, size: 28 }, clip: false },
    encoding: {
      x: {
        field: 'epoch',
        type: 'quantitative' as const,
        title: 'epoch',
        scale: { domain: [1, lastEpoch], nice: false },
        axis: { tickMinStep: 1, format: 'd', grid: false },
      },
      y: { field, type: 'quantitative' as const, title: axisTitle, scale, axis: { format, tickCount: 5 } },
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
    description: `${title}: loss and accuracy by epoch`,
    title,
    data: { values },
    spacing: 40,
    hconcat: [
      panel('loss', 'loss (cross-entropy)', { zero: true, nice: true }, '~g'),
      panel('accuracy', 'accuracy', { domain: [0, 1] }, '.0%'),
    ],
  };
}

function toMeasurements(epoch: EpochProgress): Measurement[] {
  const { number, trainLoss, trainAccuracy, validationLoss, validationAccuracy } = epoch;
  const training = { epoch: number, pictures: 'training', loss: trainLoss, accuracy: trainAccuracy };
  if (validationLoss === null || validationAccuracy === null) return [training];
  return [
    training,
    { epoch: number, pictures: 'validation', loss: validationLoss, accuracy: validationAccuracy },
  ];
}
