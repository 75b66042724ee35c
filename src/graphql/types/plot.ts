import { CHART_THEMES } from '../../reports/charts.js';
import type { Plot } from '../../reports/plots/plot.js';
import { findTablePlots } from '../../reports/plots/find-plot.js';
import { portableSpecification } from '../../reports/portable-specification.js';
import type { Builder } from '../builder.js';
import type { Enums } from './enums.js';

const [LIGHT] = CHART_THEMES;

export function definePlot(builder: Builder, enums: Enums) {
  const themeArgument = {
    type: enums.ChartTheme,
    defaultValue: LIGHT,
    required: true as const,
    description: 'Colours of the drawing.',
  };
  const PlotRef = builder.objectRef<Plot>('Plot').implement({
    description: 'A chart: drawn by the server, or by a browser from its specification.',
    fields: (t) => ({
      kind: t.expose('kind', { type: enums.PlotKind, description: 'What it shows.' }),
      title: t.exposeString('title', { description: 'With the name of what it is about.' }),
      svgUrl: t.string({
        description: 'Address of the SVG on this server.',
        args: { theme: t.arg(themeArgument) },
        resolve: (plot, { theme }) => addressOf(plot, 'svg', { theme }),
      }),
      pngUrl: t.string({
        description: 'Address of the PNG on this server.',
        args: {
          theme: t.arg(themeArgument),
          scale: t.arg.float({
            defaultValue: 2,
            required: true,
            description: 'Pixels per unit of the chart, 0.25 to 4.',
          }),
        },
        resolve: (plot, { theme, scale }) => addressOf(plot, 'png', { theme, scale }),
      }),
      specification: t.field({
        type: 'JSON',
        description: 'The vega-lite specification with its data and colours.',
        args: { theme: t.arg(themeArgument) },
        resolve: async (plot, { theme }) => portableSpecification(await plot.specify(), theme),
      }),
      description: t.string({
        description: 'Its numbers in words, for those who cannot see it.',
        resolve: async (plot) => (await plot.specify()).description ?? plot.title,
      }),
    }),
  });
  builder.queryField('plots', (t) =>
    t.field({
      type: [PlotRef],
      description: 'Charts of the results table: the 200 best of what the arguments let through.',
      args: {
        dataset: t.arg.string({
          description: 'Name of the data set of the test pictures; all where absent.',
        }),
        kind: t.arg({
          type: enums.ResultKind,
          defaultValue: 'HOLDOUT',
          required: true,
          description: 'Held-out pictures, or folds.',
        }),
      },
      resolve: (_root, { dataset, kind }, { app }) =>
        findTablePlots(app.database, { dataset: dataset ?? null, kind }),
    }),
  );
  return PlotRef;
}

export type PlotRef = ReturnType<typeof definePlot>;

function addressOf(
  { path, query }: Plot,
  format: 'svg' | 'png',
  options: Record<string, string | number>,
): string {
  const entries = Object.entries({ ...query, ...options }).map(([name, value]) => [name, String(value)]);
  return `${path}.${format}?${new URLSearchParams(entries).toString()}`;
}
