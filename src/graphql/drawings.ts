import type { ChartRenderer } from '../reports/chart-renderer.js';
import type { ChartTheme } from '../reports/charts.js';
import type { Plot } from '../reports/plots/plot.js';
import { portableSpecification } from '../reports/portable-specification.js';
import { createRecent } from './recent.js';
import type { FileContent } from './http/stored-files.js';

export type DrawingFormat = 'svg' | 'png' | 'json';

/** Drawings kept for those who ask for them again; most have 10 to 100 kB. */
const KEPT = 32;

const CONTENT_TYPES: Record<DrawingFormat, string> = {
  svg: 'image/svg+xml; charset=utf-8',
  png: 'image/png',
  json: 'application/json; charset=utf-8',
};

export type DrawingRequest = { theme: ChartTheme } & (
  | { format: 'svg' | 'json' }
  /** Pixels per unit of the chart. */
  | { format: 'png'; scale: number }
);

export interface Drawings {
  /** @param key says what is drawn: the version of the plot and the request */
  draw(key: string, plot: Plot, request: DrawingRequest): Promise<FileContent>;
}

export function createDrawings(charts: ChartRenderer): Drawings {
  const recent = createRecent<FileContent>(KEPT);
  return {
    draw: (key, plot, request) =>
      recent.get(key, async () => ({
        contentType: CONTENT_TYPES[request.format],
        body: await drawBody(charts, plot, request),
      })),
  };
}

/** JSON is what a browser needs to draw the chart itself: the specification with its data and the theme. */
async function drawBody(
  charts: ChartRenderer,
  plot: Plot,
  request: DrawingRequest,
): Promise<FileContent['body']> {
  const { theme } = request;
  const spec = await plot.specify();
  switch (request.format) {
    case 'svg':
      return charts.svg(spec, { theme });
    case 'png':
      return new Uint8Array(await charts.png(await charts.svg(spec, { theme }), { scale: request.scale }));
    case 'json':
      return JSON.stringify(portableSpecification(spec, theme));
  }
}
