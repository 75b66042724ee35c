import type { TopLevelSpec } from 'vega-lite';
import { z } from 'zod';
import { serveTask } from '../compute/task-envelope.js';
import { CHART_THEMES, type ChartTheme } from './charts/chart-theme.js';
import { renderPng, renderSvg } from './render-chart.js';

/** What runs in a thread that draws charts (chart-renderer.ts). */

export interface DrawTask {
  spec: TopLevelSpec;
  theme: ChartTheme;
  /** Pixels of a PNG per unit of the chart; null asks for the SVG. */
  scale: number | null;
}

const drawTaskSchema = z.object({
  spec: z.custom<TopLevelSpec>((value) => typeof value === 'object' && value !== null),
  theme: z.enum(CHART_THEMES),
  scale: z.number().positive().nullable(),
}) satisfies z.ZodType<DrawTask>;

export const drawChart = serveTask(
  (payload) => drawTaskSchema.parse(payload),
  async ({ spec, theme, scale }): Promise<string | Uint8Array> => {
    const svg = await renderSvg(spec, { theme });
    // A copy of its own: a Buffer may be a window into Node's pool.
    return scale === null ? svg : new Uint8Array(await renderPng(svg, { scale }));
  },
);
