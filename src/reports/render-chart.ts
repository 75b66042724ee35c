import type { TopLevelSpec } from 'vega-lite';
import { sharp } from '../images/sharp-setup.js';
import { type ChartTheme, chartConfig } from './charts/chart-theme.js';
import { measureTextWidth } from './charts/text-width.js';

/** The density at which sharp draws one pixel per unit. */
const SVG_DENSITY = 72;

/** The hook that vega has for measuring text without a canvas; its type declarations leave it out. */
interface WithTextMetrics {
  textMetrics: { width: typeof measureTextWidth };
}

/** Draws a specification without a browser. Vega is loaded with the first chart: it takes a quarter of a second. */
export async function renderSvg(spec: TopLevelSpec, { theme }: { theme: ChartTheme }): Promise<string> {
  const vega = await import('vega');
  const vegaLite = await import('vega-lite');
  (vega as unknown as WithTextMetrics).textMetrics.width = measureTextWidth;
  const compiled = vegaLite.compile(spec, { config: chartConfig(theme) });
  const view = new vega.View(vega.parse(compiled.spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
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
