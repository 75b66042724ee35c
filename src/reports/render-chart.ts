import type { TopLevelSpec } from 'vega-lite';
import { sharp } from '../images/sharp-setup.js';
import { escapeXml, replaceControls } from './escape-xml.js';
import { type DrawnTheme, chartConfig, recolour } from './charts/chart-theme.js';
import { measureTextWidth } from './charts/text-width.js';

/** The density at which sharp draws one pixel per unit. */
const SVG_DENSITY = 72;

/** The hook that vega has for measuring text without a canvas; its type declarations leave it out. */
interface WithTextMetrics {
  textMetrics: { width: typeof measureTextWidth };
}

/** Draws a specification without a browser. Vega is loaded with the first chart: it takes a quarter of a second. */
export async function renderSvg(spec: TopLevelSpec, { theme }: { theme: DrawnTheme }): Promise<string> {
  const svg = await renderForPage(spec);
  return theme === 'page' ? svg : recolour(svg, theme);
}

async function renderForPage(spec: TopLevelSpec): Promise<string> {
  const vega = await import('vega');
  const vegaLite = await import('vega-lite');
  (vega as unknown as WithTextMetrics).textMetrics.width = measureTextWidth;
  const compiled = vegaLite.compile(spec, { config: chartConfig('page') });
  const view = new vega.View(vega.parse(compiled.spec), { renderer: 'none' });
  try {
    return replaceControls(describeSvg(shortenNumbers(await view.toSVG()), spec));
  } finally {
    view.finalize();
  }
}

/** Coordinates to a thousandth of a unit, where vega writes 17 digits: a third of the file. */
function shortenNumbers(svg: string): string {
  return svg.replace(/ (?:d|transform|fill-opacity)="[^"]*"/g, (attribute) =>
    attribute.replace(/\d+\.\d{4,}(?:e-\d+)?/g, (number) => String(Number(Number(number).toFixed(3)))),
  );
}

/**
 * What a screen reader says of the picture as a whole; vega's own labels on every mark would double the file and repeat
 * the data of embedded pictures.
 */
function describeSvg(svg: string, { title, description = '' }: TopLevelSpec): string {
  const text = typeof title === 'object' && 'text' in title ? title.text : title;
  const name = typeof text === 'string' ? text : '';
  const named = `<title>${escapeXml(name)}</title><desc>${escapeXml(description)}</desc>`;
  return svg.replace(/^<svg[^>]*>/, (start) => `${start.slice(0, -1)} role="img">${named}`);
}

/**
 * Rasterises a chart. `prepareFonts` must have run in this process, else letters depend on the machine's fonts.
 * @param scale pixels of the picture per unit of the SVG
 */
export async function renderPng(svg: string, { scale }: { scale: number }): Promise<Buffer> {
  return sharp(Buffer.from(svg), { density: SVG_DENSITY * scale })
    .png()
    .toBuffer();
}
