/** Charts as vega-lite specifications, drawn on the server (SVG, PNG) or in a browser with `chartConfig`. */
export { accuracyBarsChart, type AccuracyResult } from './charts/accuracy-bars-chart.js';
export { calibrationChart } from './charts/calibration-chart.js';
export { chartConfig, CHART_THEMES, type ChartTheme } from './charts/chart-theme.js';
export { confusionMatrixChart } from './charts/confusion-matrix-chart.js';
export { galleryChart } from './charts/gallery-chart.js';
export { lossAndAccuracyChart } from './charts/loss-and-accuracy-chart.js';
export { metricsHeatMap } from './charts/metrics-heat-map.js';
export { precisionRecallChart } from './charts/precision-recall-chart.js';
export { rocChart } from './charts/roc-chart.js';
export { scoreClasses, type AnsweredPicture, type ScoredPictures } from './charts/scored-pictures.js';
export { trainingTimeChart } from './charts/training-time-chart.js';
export { renderPng, renderSvg } from './render-chart.js';
