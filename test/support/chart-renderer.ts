import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { createLogger } from '../../src/logger.js';
import { createChartRenderer } from '../../src/reports/chart-renderer.js';
import { lossAndAccuracyChart, renderPng, renderSvg } from '../../src/reports/charts.js';
import { prepareFonts } from '../../src/reports/fonts.js';

/**
 * A process that called `prepareFonts` for `argv[2]` prints a digest of how it draws some letters and signs and one
 * character that no font has, and whether a thread of its own draws a chart to the same pixels as its main thread.
 */
prepareFonts(process.argv[2] ?? '');
const LETTERS = {
  i: 'i',
  W: 'W',
  check: '\u2713',
  cross: '\u2717',
  ellipsis: '\u2026',
  umlaut: '\u00fc',
  box: '\u{10fffd}',
};

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const inks: Record<string, string> = {};
for (const [name, letter] of Object.entries(LETTERS)) {
  const text = `<text x="20" y="60" font-family="DejaVu Sans" font-size="48">${letter}</text>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="80"><rect width="100" height="80" fill="#fff"/>${text}</svg>`;
  const pixels = await sharp(await renderPng(svg, { scale: 1 }))
    .greyscale()
    .raw()
    .toBuffer();
  if (pixels.some((value) => value < 128)) inks[name] = digest(pixels);
}

const chart = lossAndAccuracyChart([], { title: 'a chart' });
const charts = createChartRenderer({ threads: 1 }, createLogger('silent'));
const inThread = await charts.png(await charts.svg(chart, { theme: 'light' }), { scale: 1 });
await charts.close();
const onMain = await renderPng(await renderSvg(chart, { theme: 'light' }), { scale: 1 });
process.stdout.write(JSON.stringify({ inks, isSameInThread: digest(inThread) === digest(onMain) }));
