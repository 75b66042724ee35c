import type { TopLevelSpec } from 'vega-lite';
import { entryBeside } from '../compute/entry-beside.js';
import { inThread } from '../compute/channel.js';
import { createLane } from '../compute/lane.js';
import type { Config } from '../config.js';
import type { Logger } from '../logger.js';
import { DRAW, RASTERISE } from './chart-tasks.js';
import { recolour, type DrawnTheme } from './charts/chart-theme.js';

/** More threads would only take memory: each holds its own copy of vega. */
const MAX_THREADS = 2;

/** Draws charts in threads of its own: one takes 20 to 60 ms, in which the main thread would answer nobody. */
export interface ChartRenderer {
  svg(spec: TopLevelSpec, options: { theme: DrawnTheme }): Promise<string>;
  /** @param options.scale pixels per unit of the SVG */
  png(svg: string, options: { scale: number }): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** No thread starts before the first chart. */
export function createChartRenderer({ threads }: Pick<Config, 'threads'>, logger: Logger): ChartRenderer {
  const lane = createLane({
    name: 'charts',
    open: inThread({ entry: entryBeside(import.meta.url, 'chart-worker') }),
    workers: Math.min(threads, MAX_THREADS),
    logger,
  });
  return {
    async svg(spec, { theme }) {
      const svg = await lane.run(DRAW, { spec });
      return theme === 'page' ? svg : recolour(svg, theme);
    },
    png: (svg, { scale }) => lane.run(RASTERISE, { svg, scale }),
    close: () => lane.close(),
  };
}
