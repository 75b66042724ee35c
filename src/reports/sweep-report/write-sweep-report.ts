import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TopLevelSpec } from 'vega-lite';
import type { DatabaseScope } from '../../db/client.js';
import type { ChartRenderer } from '../chart-renderer.js';
import { recolour } from '../charts/chart-theme.js';
import { galleryChart } from '../charts.js';
import { TABLE_PLOT_KINDS } from '../plots/plot.js';
import { drawableCurves, galleryOf, resultTitle, specifyCurve } from '../plots/result-plots.js';
import { specifyRun } from '../plots/run-plots.js';
import { specifyTable } from '../plots/table-plots.js';
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
 * @param reference id or name of the sweep
 * @returns the files written, report.html first
 * @throws GelqlError NOT_FOUND
 */
export async function writeSweepReport(
  services: ReportServices,
  reference: string,
  directory: string,
): Promise<string[]> {
  const report = await loadSweepReport(services, reference);
  await mkdir(join(directory, 'plots'), { recursive: true });
  const charts = drawOnce(services.charts);
  const page = join(directory, 'report.html');
  await writeFile(page, await renderSweepReport(report, charts));
  const plots = [...tablePlots(report), ...modelPlots(report), ...(await bestGallery(report, services))];
  const files = await Promise.all(
    plots.map(([name, spec]) => writePlot(join(directory, 'plots', name), spec, charts)),
  );
  return [page, ...files.flat()];
}

/** The report and the files show the same charts: each is drawn once, in the colours of a page, and recoloured. */
function drawOnce(charts: ChartRenderer): Pick<ChartRenderer, 'svg' | 'png'> {
  const drawn = new Map<string, Promise<string>>();
  return {
    async svg(spec, { theme }) {
      const key = JSON.stringify(spec);
      const drawing = drawn.get(key) ?? charts.svg(spec, { theme: 'page' });
      drawn.set(key, drawing);
      return theme === 'page' ? drawing : recolour(await drawing, theme);
    },
    png: (svg, options) => charts.png(svg, options),
  };
}

type NamedPlot = [name: string, spec: TopLevelSpec];

function tablePlots({ sweep, parts }: SweepReport): NamedPlot[] {
  const results = rankParts(parts).map(({ holdout }) => holdout.result);
  return TABLE_PLOT_KINDS.map((kind) => [kind, specifyTable(kind, results, sweep.name)]);
}

function modelPlots({ parts }: SweepReport): NamedPlot[] {
  return rankParts(parts).flatMap((part): NamedPlot[] => {
    const { result, scores } = part.holdout;
    const curves = drawableCurves(scores).map((kind): NamedPlot => [
      fileName(part, kind),
      specifyCurve(kind, result, scores),
    ]);
    return [[fileName(part, 'loss-and-accuracy'), specifyRun(part.run, part.epochs)], ...curves];
  });
}

async function bestGallery(report: SweepReport, { thumbnails }: ReportServices): Promise<NamedPlot[]> {
  const best = decideSweep(report.parts)?.winner;
  if (best === undefined) return [];
  const gallery = galleryOf(best.holdout.result, best.holdout.scores, GALLERY_LIMIT);
  const pictures = await thumbnails.load(gallery.pictures.map(({ sha256 }) => sha256));
  const title = resultTitle('gallery', best.holdout.result);
  return [[fileName(best, 'gallery'), galleryChart(gallery, pictures, title)]];
}

/** By number: names of models may differ in nothing but characters that a file system does not tell apart. */
const fileName = ({ part }: TrainedPart, kind: string) => `${String(part.number).padStart(2, '0')}-${kind}`;

async function writePlot(
  base: string,
  spec: TopLevelSpec,
  charts: Pick<ChartRenderer, 'svg' | 'png'>,
): Promise<string[]> {
  const svg = await charts.svg(spec, { theme: 'light' });
  await writeFile(`${base}.svg`, svg);
  await writeFile(`${base}.png`, await charts.png(svg, { scale: PNG_SCALE }));
  return [`${base}.svg`, `${base}.png`];
}
