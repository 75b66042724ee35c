import type { TopLevelSpec } from 'vega-lite';
import { chartConfig, type ChartTheme } from './charts/chart-theme.js';

const SCHEMA = 'https://vega.github.io/schema/vega-lite/v6.json';

/** All that a browser with vega-lite needs to draw the chart itself: specification, data, theme. */
export function portableSpecification(spec: TopLevelSpec, theme: ChartTheme): TopLevelSpec {
  return { $schema: SCHEMA, ...spec, config: chartConfig(theme) };
}
