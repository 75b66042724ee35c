import type { TrainingRunRow } from '../runs/training-runs.js';

/** For example `epoch 62, then no lower validation loss for 25 epochs`; null until the run has succeeded. */
export function describeTrainingEnd({
  keptEpoch,
  stopReason,
  configuration: { patience },
}: Pick<TrainingRunRow, 'keptEpoch' | 'stopReason' | 'configuration'>): string | null {
  switch (stopReason) {
    case null:
      return null;
    case 'ALL_EPOCHS':
      return `epoch ${keptEpoch}, all were trained`;
    case 'NO_IMPROVEMENT':
      return `epoch ${keptEpoch}, then no lower validation loss for ${patience} ${patience === 1 ? 'epoch' : 'epochs'}`;
  }
}
