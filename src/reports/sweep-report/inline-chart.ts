import type { TopLevelSpec } from 'vega-lite';
import type { ChartRenderer } from '../chart-renderer.js';
import { markup, trusted, type Html } from './markup.js';

/** Draws charts into a page: in its colours, and with ids that no other chart of the page has. */
export type InlineChart = (spec: TopLevelSpec) => Promise<Html>;

export function createInlineChart(charts: Pick<ChartRenderer, 'svg'>): InlineChart {
  let count = 0;
  return async (spec) => {
    count += 1;
    const prefix = `c${count}-`;
    const svg = await charts.svg(spec, { theme: 'page' });
    const own = svg
      .replace(/ id="/g, ` id="${prefix}`)
      .replace(/url\(#/g, `url(#${prefix}`)
      .replace(/ xlink:href="#/g, ` xlink:href="#${prefix}`);
    return markup`<figure class="chart">${trusted(own)}</figure>`;
  };
}
