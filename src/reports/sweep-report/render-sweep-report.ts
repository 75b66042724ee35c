import { createHash } from 'node:crypto';
import type { ChartRenderer } from '../chart-renderer.js';
import { TABLE_PLOT_KINDS } from '../plots/plot.js';
import { specifyTable } from '../plots/table-plots.js';
import { rankParts } from './decide-sweep.js';
import { gallerySection } from './gallery-section.js';
import { createInlineChart, type InlineChart } from './inline-chart.js';
import { markup, trusted, type Html } from './markup.js';
import { modelsSection } from './model-section.js';
import { PAGE_SCRIPT } from './page-script.js';
import { PAGE_STYLE } from './page-style.js';
import { resultsSection } from './results-section.js';
import { seedsSection } from './seeds-section.js';
import { setupSection } from './setup-section.js';
import { summarizeSweep, type SweepSummary } from './summarize-sweep.js';
import type { SweepReport } from './sweep-report.js';
import { untrainedSection } from './untrained-section.js';

/** The browser itself refuses whatever is not in the page. */
export const REPORT_CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  'img-src data:',
  "style-src 'unsafe-inline'",
  `script-src 'sha256-${createHash('sha256').update(PAGE_SCRIPT).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** One HTML file that needs nothing else: no network, no fonts, no other file. It follows from the report alone. */
export async function renderSweepReport(
  report: SweepReport,
  charts: Pick<ChartRenderer, 'svg'>,
): Promise<string> {
  const draw = createInlineChart(charts);
  const summary = summarizeSweep(report);
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${REPORT_CONTENT_SECURITY_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sweep ${report.sweep.name}</title>
<style>${trusted(PAGE_STYLE)}</style>
</head>
<body>
<header><h1>Sweep ${report.sweep.name}</h1></header>
<main>
${summarySection(summary)}
${resultsSection(report, summary.decision)}
${seedsSection(report)}
${untrainedSection(report)}
${await plotsSection(report, draw)}
${await modelsSection(report, draw)}
${gallerySection(report)}
${setupSection(report)}
</main>
<script>${trusted(PAGE_SCRIPT)}</script>
</body>
</html>
`;
  return page.source;
}

function summarySection({ sentences, warnings }: SweepSummary): Html {
  return markup`<section class="card" aria-label="Summary">
${sentences.map((sentence) => markup`<p>${sentence}</p>\n`)}</section>
${warnings.map((warning) => markup`<p class="warn">${warning}</p>\n`)}`;
}

async function plotsSection({ sweep, parts }: SweepReport, draw: InlineChart): Promise<Html> {
  const results = rankParts(parts).map(({ holdout }) => holdout.result);
  if (results.length === 0) return markup``;
  const plots = TABLE_PLOT_KINDS.map((kind) => draw(specifyTable(kind, results, sweep.name)));
  return markup`<h2>All models</h2>
${await Promise.all(plots)}`;
}
