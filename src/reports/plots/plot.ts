import type { TopLevelSpec } from 'vega-lite';

export const RESULT_PLOT_KINDS = [
  'confusion-matrix',
  'roc',
  'precision-recall',
  'calibration',
  'gallery',
] as const;
export type ResultPlotKind = (typeof RESULT_PLOT_KINDS)[number];

export const RUN_PLOT_KINDS = ['loss-and-accuracy'] as const;
export type RunPlotKind = (typeof RUN_PLOT_KINDS)[number];

/** Plots of many results: a sweep's, or those of the whole table. */
export const TABLE_PLOT_KINDS = ['accuracy', 'heat-map', 'training-time'] as const;
export type TablePlotKind = (typeof TABLE_PLOT_KINDS)[number];

export const PLOT_KINDS = [...RESULT_PLOT_KINDS, ...RUN_PLOT_KINDS, ...TABLE_PLOT_KINDS] as const;
export type PlotKind = (typeof PLOT_KINDS)[number];

/** A chart of rows in the database that is drawn when somebody asks for it. */
export interface Plot {
  kind: PlotKind;
  title: string;
  /** Address of its drawings below the server's root, without the extension, and the query that belongs to it. */
  path: string;
  query: Record<string, string>;
  /** Whether its drawings can never change. */
  isFinal: boolean;
  /** Changes with everything that the drawing follows from, besides theme and program; cheaper than the specification. */
  version(): Promise<string>;
  /** The vega-lite specification with its data; its description states the numbers in words. */
  specify(): Promise<TopLevelSpec>;
}
