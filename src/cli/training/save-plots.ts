import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import { confusionMatrixChart, lossAndAccuracyChart, renderPng, renderSvg } from '../../reports/charts.js';
import type { ResultRow } from '../../registry/results.js';
import type { EpochRow, TrainingRunRow } from '../../runs/training-runs.js';

/** Pixels of the PNG per pixel of the chart: sharp on a dense screen and in print. */
const PNG_SCALE = 2;

/**
 * The published experiment's plots of one run, each as SVG and PNG: loss and accuracy by epoch, confusion matrix.
 * @returns the files written
 */
export async function savePlots(
  directory: string,
  { run, result, epochs }: { run: TrainingRunRow; result: ResultRow; epochs: readonly EpochRow[] },
): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const charts: [string, TopLevelSpec][] = [
    ['loss-accuracy', lossAndAccuracyChart(epochs, { title: run.name })],
    ['confusion-matrix', confusionMatrixChart(result.evaluation, { title: run.name })],
  ];
  const files: string[] = [];
  for (const [name, chart] of charts) {
    const svg = await renderSvg(chart, { theme: 'light' });
    const base = join(directory, `${run.name}-${name}`);
    await writeFile(`${base}.svg`, svg);
    await writeFile(`${base}.png`, await renderPng(svg, { scale: PNG_SCALE }));
    files.push(`${base}.svg`, `${base}.png`);
  }
  return files;
}
