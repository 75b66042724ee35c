import type { Config } from 'vega-lite';
import { CHART_FONT_FAMILY } from '../fonts.js';

export const CHART_THEMES = ['light', 'dark'] as const;
export type ChartTheme = (typeof CHART_THEMES)[number];

/** `page` leaves the colours to the CSS variables of the page that the SVG stands in (`chartVariables`). */
export type DrawnTheme = ChartTheme | 'page';

interface Palette {
  background: string;
  text: string;
  /** Axes, ticks, the line of chance, what is said in passing. */
  line: string;
  grid: string;
  /** Told apart with every common form of colour blindness (Okabe and Ito, 2008), in the order of use. */
  series: string[];
  /** Colour of a full cell; an empty one is transparent. */
  strong: string;
  onStrong: string;
}

const PALETTES: Record<ChartTheme, Palette> = {
  light: {
    background: '#ffffff',
    text: '#1f2328',
    line: '#57606a',
    grid: '#e4e8ec',
    series: ['#0072b2', '#d55e00', '#009e73', '#b3568f', '#7a6200', '#3d8fc4'],
    strong: '#084081',
    onStrong: '#ffffff',
  },
  dark: {
    background: '#0f1318',
    text: '#e6e9ec',
    line: '#98a2ad',
    grid: '#272e37',
    series: ['#56b4e9', '#e69f00', '#2fbf98', '#e39ac4', '#f0e442', '#4f8fd0'],
    strong: '#6cbcf0',
    onStrong: '#0b0f13',
  },
};

/** Cells that are nearer to the strong colour than this carry the letters made for it. */
export const STRONG_ABOVE = 0.62;

/** Names of styles that a specification may use; their colours come from the theme. */
export const CHART_STYLES = {
  onStrong: 'on-strong',
  onWeak: 'on-weak',
  /** A cell whose opacity is its value. */
  cell: 'cell',
  chance: 'chance',
  chanceLabel: 'chance-label',
  band: 'band',
  aside: 'aside',
  right: 'right',
  wrong: 'wrong',
  onBadge: 'on-badge',
};

/** The theme's colours as CSS declarations, for a page with charts of the theme `page`. */
export function chartVariables(theme: ChartTheme): string {
  return Object.entries(flatten(PALETTES[theme]))
    .map(([name, colour]) => `${variable(name)}: ${colour};`)
    .join(' ');
}

/** The same drawing in the colours of a theme. @param svg of the theme `page` */
export function recolour(svg: string, theme: ChartTheme): string {
  const colours = flatten(PALETTES[theme]);
  return svg.replace(/var\(--chart-(\w+)\)/g, (whole, name: string) => colours[name] ?? whole);
}

/** The vega-lite configuration of a theme; the same specification is drawn in any. */
export function chartConfig(theme: DrawnTheme): Config {
  const palette = theme === 'page' ? pagePalette() : PALETTES[theme];
  const { background, text, line, grid, series, strong, onStrong } = palette;
  const [first = text, second = text] = series;
  const labels = { labelColor: text, labelFontSize: 12, titleColor: text, titleFontSize: 12 };
  return {
    font: CHART_FONT_FAMILY,
    aria: false,
    background,
    padding: 16,
    title: {
      color: text,
      subtitleColor: line,
      fontSize: 15,
      subtitleFontSize: 12,
      anchor: 'start',
      frame: 'bounds',
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
      titleLimit: 420,
      symbolStrokeWidth: 2.5,
      symbolBaseFillColor: text,
      symbolSize: 160,
    },
    header: { labelColor: text, titleColor: text },
    range: { category: series },
    text: { color: text, fontSize: 12 },
    line: { strokeWidth: 2.5 },
    errorbar: { rule: { color: text, strokeWidth: 1.5 }, ticks: { color: text, size: 8, thickness: 1.5 } },
    style: {
      [CHART_STYLES.onStrong]: { color: onStrong },
      [CHART_STYLES.onWeak]: { color: text },
      [CHART_STYLES.cell]: { color: strong },
      [CHART_STYLES.chance]: { color: line, strokeDash: [4, 4], strokeWidth: 1.5 },
      [CHART_STYLES.chanceLabel]: { color: line, fontSize: 11 },
      [CHART_STYLES.band]: { opacity: 0.22 },
      [CHART_STYLES.aside]: { color: line, fontSize: 11 },
      [CHART_STYLES.right]: { color: first },
      [CHART_STYLES.wrong]: { color: second },
      [CHART_STYLES.onBadge]: { color: background, fontSize: 13, fontWeight: 'bold' },
    },
  };
}

function flatten({ series, ...single }: Palette): Record<string, string> {
  return { ...single, ...Object.fromEntries(series.map((colour, index) => [`series${index}`, colour])) };
}

function pagePalette(): Palette {
  const { series, ...single } = PALETTES.light;
  const named = Object.fromEntries(Object.keys(single).map((name) => [name, `var(${variable(name)})`]));
  return {
    ...(named as Omit<Palette, 'series'>),
    series: series.map((_, index) => `var(${variable(`series${index}`)})`),
  };
}

const variable = (name: string) => `--chart-${name}`;
