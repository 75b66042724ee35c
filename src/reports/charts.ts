/** Charts as vega-lite specifications, drawn on the server (SVG, PNG) or in a browser with `chartConfig`. */
export { accuracyBarsChart, type AccuracyResult } from './charts/accuracy-bars-chart.js';
export { chartConfig, CHART_THEMES, type ChartTheme } from './charts/chart-theme.js';
export { confusionMatrixChart } from './charts/confusion-matrix-chart.js';
export { lossAndAccuracyChart } from './charts/loss-and-accuracy-chart.js';
export { renderPng, renderSvg } from './render-chart.js';
export { rocChart, type ScoredPictures } from './charts/roc-chart.js';
