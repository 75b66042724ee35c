import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TopLevelSpec } from 'vega-lite';
import { createPool } from '../compute/pool.js';
import { entryOf } from '../compute/worker-entry.js';
import type { Config } from '../config.js';
import type { Logger } from '../logger.js';
import type { DrawTask } from './chart-worker.js';
import type { ChartTheme } from './charts/chart-theme.js';

/** More threads would only take memory: each holds its own copy of vega. */
const MAX_THREADS = 2;

/** Draws charts in threads of its own: one takes 20 to 60 ms, in which the main thread would answer nobody. */
export interface ChartRenderer {
  svg(spec: TopLevelSpec, options: { theme: ChartTheme; signal?: AbortSignal }): Promise<string>;
  /** @param options.scale pixels per unit of the chart */
  png(
    spec: TopLevelSpec,
    options: { theme: ChartTheme; scale: number; signal?: AbortSignal },
  ): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** No thread starts before the first chart. */
export function createChartRenderer({ threads }: Pick<Config, 'threads'>, logger: Logger): ChartRenderer {
  const here = fileURLToPath(import.meta.url);
  const pool = createPool({
    name: 'charts',
    entry: entryOf(join(dirname(here), `chart-worker${extname(here)}`)),
    threads: Math.min(threads, MAX_THREADS),
    logger,
  });
  const draw = (task: DrawTask, signal: AbortSignal | undefined) =>
    pool.run('drawChart', () => ({ value: task, transfer: [] }), { signal });
  return {
    svg: async (spec, { theme, signal }) => (await draw({ spec, theme, scale: null }, signal)) as string,
    png: async (spec, { theme, scale, signal }) => (await draw({ spec, theme, scale }, signal)) as Uint8Array,
    close: () => pool.close(),
  };
}
