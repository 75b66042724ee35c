import type { ChartRenderer } from '../chart-renderer.js';
import { confusionMatrixChart, lossAndAccuracyChart } from '../charts.js';
import { describeProportion } from '../charts/describe-proportion.js';
import { markup, trusted, type Html } from './markup.js';
import type { ReportedPart, SweepReport } from './sweep-report.js';

/** One HTML file that needs nothing else: no network, no fonts, no other file. */
export async function renderSweepReport(
  report: SweepReport,
  charts: Pick<ChartRenderer, 'svg'>,
): Promise<string> {
  const { sweep, dataset, parts } = report;
  const sections = await Promise.all(parts.map((part) => renderPart(part, charts)));
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${sweep.name}</title>
      </head>
      <body>
        <h1>${sweep.name}</h1>
        <p>${parts.length} configurations on ${dataset.name} (${dataset.imageCount} pictures)</p>
        ${sections}
      </body>
    </html>`;
  return page.source;
}

async function renderPart(
  { part, run, epochs, holdout }: ReportedPart,
  charts: Pick<ChartRenderer, 'svg'>,
): Promise<Html> {
  if (part.refusal !== null)
    return markup`<h2>Part ${part.number}</h2>
      <p>Refused: ${part.refusal.message}</p>`;
  if (run === null || holdout === null)
    return markup`<h2>Part ${part.number}</h2>
      <p>${run?.state ?? 'QUEUED'}</p>`;
  const curves = await charts.svg(lossAndAccuracyChart(epochs, { title: run.name }), { theme: 'light' });
  const matrix = await charts.svg(confusionMatrixChart(holdout.result.evaluation), { theme: 'light' });
  return markup`<h2>Part ${part.number}: ${run.name}</h2>
    <p>${describeProportion('accuracy', holdout.result.evaluation.accuracy)}</p>
    ${trusted(curves)}${trusted(matrix)}`;
}
