import type { TopLevelSpec } from 'vega-lite';
import type { EpochRow, TrainingRunRow } from '../../runs/training-runs.js';
import { lossAndAccuracyChart } from '../charts.js';
import { once } from './once.js';
import { RUN_PLOT_KINDS, type Plot, type RunPlotKind } from './plot.js';

const RUN_PLOT_TITLE = 'Loss and accuracy by epoch';

export function specifyRun({ name }: TrainingRunRow, epochs: readonly EpochRow[]): TopLevelSpec {
  return lossAndAccuracyChart(epochs, { title: RUN_PLOT_TITLE, subject: name });
}

export function runPlots(run: TrainingRunRow, loadEpochs: () => Promise<readonly EpochRow[]>): Plot[] {
  return RUN_PLOT_KINDS.map((kind) => runPlot(kind, run, loadEpochs));
}

/** Grows with the run's epochs and never changes once it has ended. */
export function runPlot(
  kind: RunPlotKind,
  run: TrainingRunRow,
  loadEpochs: () => Promise<readonly EpochRow[]>,
): Plot {
  return {
    kind,
    title: `${RUN_PLOT_TITLE}: ${run.name}`,
    path: `/plots/runs/${run.id}/${kind}`,
    query: {},
    isFinal: run.finishedAt !== null,
    version: async () => `${run.id} ${run.attempt} ${(await loadEpochs()).length}`,
    specify: once(async () => specifyRun(run, await loadEpochs())),
  };
}
