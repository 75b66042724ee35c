import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import type { DatabaseScope } from '../../db/client.js';
import type { ChartRenderer } from '../chart-renderer.js';
import { galleryChart, lossAndAccuracyChart } from '../charts.js';
import { RESULT_PLOT_KINDS, TABLE_PLOT_KINDS } from '../plots/plot.js';
import { galleryOf, resultTitle, specifyCurve } from '../plots/result-plots.js';
import { specifyTable, TABLE_PLOT_TITLES } from '../plots/table-plots.js';
import type { Thumbnails } from '../thumbnails.js';
import { decideSweep, rankParts } from './decide-sweep.js';
import { loadSweepReport } from './load-sweep-report.js';
import { renderSweepReport } from './render-sweep-report.js';
import type { SweepReport, TrainedPart } from './sweep-report.js';

/** Pixels of a PNG per unit: sharp on a dense screen and in print. */
const PNG_SCALE = 2;
/** Test pictures in the gallery of the best model. */
const GALLERY_LIMIT = 48;

/** What a report is drawn with; `App` has all of it. */
export interface ReportServices {
  database: DatabaseScope;
  charts: ChartRenderer;
  thumbnails: Thumbnails;
}

/**
 * Writes `report.html` and, into `plots/`, the charts of a sweep as SVG and PNG: of all models together, of each model,
 * and the test pictures of the best one. The folder is made where it is absent; files of these names are replaced.
 * @returns the files written, report.html first
 * @throws GelqlError NOT_FOUND
 */
export async function writeSweepReport(
  services: ReportServices,
  sweepId: string,
  directory: string,
): Promise<string[]> {
  const report = await loadSweepReport(services, sweepId);
  await mkdir(join(directory, 'plots'), { recursive: true });
  const page = join(directory, 'report.html');
  await writeFile(page, await renderSweepReport(report, services.charts));
  const plots = [...tablePlots(report), ...modelPlots(report), ...(await bestGallery(report, services))];
  const files = await Promise.all(
    plots.map(([name, spec]) => writePlot(join(directory, 'plots', name), spec, services.charts)),
  );
  return [page, ...files.flat()];
}

type NamedPlot = [name: string, spec: TopLevelSpec];

function tablePlots({ parts }: SweepReport): NamedPlot[] {
  const results = rankParts(parts).map(({ holdout }) => holdout.result);
  return TABLE_PLOT_KINDS.map((kind) => [kind, specifyTable(kind, results, TABLE_PLOT_TITLES[kind])]);
}

function modelPlots({ parts }: SweepReport): NamedPlot[] {
  return rankParts(parts).flatMap((part): NamedPlot[] => {
    const { result, scores } = part.holdout;
    const curves = RESULT_PLOT_KINDS.flatMap((kind): NamedPlot[] => {
      if (kind === 'gallery') return [];
      const title = `${resultTitle(kind, result.evaluation.classes)}: ${part.model.name}`;
      return [[fileName(part, kind), specifyCurve(kind, result, scores, title)]];
    });
    const loss = lossAndAccuracyChart(part.epochs, { title: part.model.name });
    return [[fileName(part, 'loss-and-accuracy'), loss], ...curves];
  });
}

async function bestGallery(report: SweepReport, { thumbnails }: ReportServices): Promise<NamedPlot[]> {
  const best = decideSweep(report.parts)?.winner;
  if (best === undefined) return [];
  const gallery = galleryOf(best.holdout.result, best.holdout.scores, GALLERY_LIMIT);
  const pictures = await thumbnails.load(gallery.pictures.map(({ sha256 }) => sha256));
  const title = `Test pictures: ${best.model.name}`;
  return [[fileName(best, 'gallery'), galleryChart(gallery, pictures, { title })]];
}

/** By number: names of models may differ in nothing but characters that a file system does not tell apart. */
const fileName = ({ part }: TrainedPart, kind: string) => `${String(part.number).padStart(2, '0')}-${kind}`;

async function writePlot(base: string, spec: TopLevelSpec, charts: ChartRenderer): Promise<string[]> {
  const svg = await charts.svg(spec, { theme: 'light' });
  await writeFile(`${base}.svg`, svg);
  await writeFile(`${base}.png`, await charts.png(svg, { scale: PNG_SCALE }));
  return [`${base}.svg`, `${base}.png`];
}
