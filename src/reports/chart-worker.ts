import type { TopLevelSpec } from 'vega-lite';
import { z } from 'zod';
import { serveTask } from '../compute/task-envelope.js';
import { renderPng, renderSvg } from './render-chart.js';

/** What runs in a thread that draws charts (chart-renderer.ts). */

/** Gives an SVG in the colours of a page. */
export interface DrawTask {
  spec: TopLevelSpec;
}

export interface RasteriseTask {
  svg: string;
  /** Pixels per unit of the SVG. */
  scale: number;
}

const drawSchema = z.object({
  spec: z.custom<TopLevelSpec>((value) => typeof value === 'object' && value !== null),
}) satisfies z.ZodType<DrawTask>;

const rasteriseSchema = z.object({
  svg: z.string(),
  scale: z.number().positive(),
}) satisfies z.ZodType<RasteriseTask>;

export const draw = serveTask(
  (payload) => drawSchema.parse(payload),
  ({ spec }) => renderSvg(spec, { theme: 'page' }),
);

export const rasterise = serveTask(
  (payload) => rasteriseSchema.parse(payload),
  // A copy of its own: a Buffer may be a window into Node's pool.
  async ({ svg, scale }) => new Uint8Array(await renderPng(svg, { scale })),
  (png) => [png],
);
