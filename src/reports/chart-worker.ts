import { serveTask, type CreateTasks } from '../compute/task.js';
import { DRAW, RASTERISE } from './chart-tasks.js';
import { renderPng, renderSvg } from './render-chart.js';

/** What runs in a thread that draws charts (chart-renderer.ts). */
export const createTasks: CreateTasks = () => [
  serveTask(DRAW, ({ spec }) => renderSvg(spec, { theme: 'page' })),
  serveTask(RASTERISE, ({ svg, scale }) => renderPng(svg, { scale })),
];
