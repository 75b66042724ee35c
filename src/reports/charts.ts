/** Charts as vega-lite specifications, drawn on the server (SVG, PNG) or in a browser with `chartConfig`. */
export { accuracyBarsChart, type AccuracyResult } from './accuracy-bars-chart.js';
export { chartConfig, CHART_THEMES, type ChartTheme } from './chart-theme.js';
export { confusionMatrixChart } from './confusion-matrix-chart.js';
export { lossAndAccuracyChart } from './loss-and-accuracy-chart.js';
export { renderPng, renderSvg } from './render-chart.js';
export { rocChart, type ScoredPictures } from './roc-chart.js';
