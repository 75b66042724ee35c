import type { EpochRow, TrainingRunRow } from '../../training/training-runs.js';
import { lossAndAccuracyChart } from '../charts.js';
import { shortenText } from '../charts/shorten-text.js';
import { once } from './once.js';
import { RUN_PLOT_KINDS, type Plot, type RunPlotKind } from './plot.js';

const NAME = { pixels: 520, fontSize: 15 };

export function runPlots(run: TrainingRunRow, loadEpochs: () => Promise<readonly EpochRow[]>): Plot[] {
  return RUN_PLOT_KINDS.map((kind) => runPlot(kind, run, loadEpochs));
}

/** Grows with the run's epochs and never changes once it has ended. */
export function runPlot(
  kind: RunPlotKind,
  run: TrainingRunRow,
  loadEpochs: () => Promise<readonly EpochRow[]>,
): Plot {
  const title = `Loss and accuracy: ${shortenText(run.name, NAME)}`;
  return {
    kind,
    title,
    path: `/plots/runs/${run.id}/${kind}`,
    query: {},
    isFinal: run.finishedAt !== null,
    version: async () => `${run.id} ${run.attempt} ${(await loadEpochs()).length}`,
    specify: once(async () => lossAndAccuracyChart(await loadEpochs(), { title })),
  };
}
