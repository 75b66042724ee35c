import type { Config } from 'vega-lite';
import { CHART_FONT } from '../fonts.js';

export const CHART_THEMES = ['light', 'dark'] as const;
export type ChartTheme = (typeof CHART_THEMES)[number];

interface Palette {
  background: string;
  text: string;
  /** Axes, ticks, the line of chance. */
  line: string;
  grid: string;
  /** Told apart with every common form of colour blindness (Okabe and Ito, 2008), in the order of use. */
  series: string[];
  /** From nothing to everything. */
  ramp: [string, string];
  onStrong: string;
}

const PALETTES: Record<ChartTheme, Palette> = {
  light: {
    background: '#ffffff',
    text: '#1f2328',
    line: '#6e7781',
    grid: '#e4e8ec',
    series: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#7a6200', '#56b4e9'],
    ramp: ['#f2f6fa', '#0b5394'],
    onStrong: '#ffffff',
  },
  dark: {
    background: '#0f1318',
    text: '#e6e9ec',
    line: '#8b949e',
    grid: '#272e37',
    series: ['#56b4e9', '#e69f00', '#2fbf98', '#e39ac4', '#f0e442', '#4f8fd0'],
    ramp: ['#1a212a', '#6cbcf0'],
    onStrong: '#0b0f13',
  },
};

/** Names of text and rule styles that a specification may use; their colours come from the theme. */
export const CHART_STYLES = {
  onStrong: 'on-strong',
  onWeak: 'on-weak',
  chance: 'chance',
  interval: 'interval',
};

/** The vega-lite configuration of a theme; the same specification is drawn in either. */
export function chartConfig(theme: ChartTheme): Config {
  const { background, text, line, grid, series, ramp, onStrong } = PALETTES[theme];
  const labels = { labelColor: text, labelFontSize: 12, titleColor: text, titleFontSize: 12 };
  return {
    font: CHART_FONT,
    background,
    padding: 16,
    title: {
      color: text,
      subtitleColor: line,
      fontSize: 15,
      subtitleFontSize: 12,
      anchor: 'start',
      offset: 12,
    },
    view: { stroke: null },
    axis: {
      ...labels,
      titleFontWeight: 'normal',
      titlePadding: 10,
      domainColor: line,
      tickColor: line,
      gridColor: grid,
      labelPadding: 5,
      labelFlush: false,
      labelLimit: 320,
    },
    legend: {
      ...labels,
      titleFontWeight: 'normal',
      labelLimit: 420,
      symbolStrokeWidth: 2.5,
      symbolSize: 160,
    },
    header: { labelColor: text, titleColor: text },
    range: { category: series, heatmap: ramp, ramp },
    text: { color: text, fontSize: 12 },
    line: { strokeWidth: 2.5 },
    errorbar: { rule: { color: text, strokeWidth: 1.5 }, ticks: { color: text, size: 8, thickness: 1.5 } },
    style: {
      [CHART_STYLES.onStrong]: { color: onStrong },
      [CHART_STYLES.onWeak]: { color: text },
      [CHART_STYLES.chance]: { color: line, strokeDash: [4, 4], strokeWidth: 1.5 },
    },
  };
}
