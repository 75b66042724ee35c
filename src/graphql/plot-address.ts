import { z } from 'zod';
import type { App } from '../app.js';
import { RESULT_KINDS } from '../words/model.js';
import { GelqlError } from '../errors.js';
import { CHART_THEMES } from '../reports/charts.js';
import { findResultPlot, findRunPlot, findSweepPlot, findTablePlot } from '../reports/plots/find-plot.js';
import {
  RESULT_PLOT_KINDS,
  RUN_PLOT_KINDS,
  TABLE_PLOT_KINDS,
  type Plot,
  type PlotKind,
} from '../reports/plots/plot.js';
import type { DrawingRequest } from './drawings.js';
import { decodeReference } from './references.js';
import { decodeSegment } from './http/stored-files.js';

const ADDRESS = /^\/plots\/(?:(results|runs|sweeps)\/([^/]+)|models)\/([a-z-]+)\.(svg|png|json)$/;

const theme = z.enum(CHART_THEMES).default('light');
/** Only what has an effect is taken. */
const requestSchema = z.discriminatedUnion('format', [
  z.strictObject({ format: z.enum(['svg', 'json']), theme }),
  // Two pixels per unit are sharp on a dense screen.
  z.strictObject({
    format: z.literal('png'),
    theme,
    scale: z.coerce.number().min(0.25).max(4).default(2),
  }),
]);
const filterSchema = z.object({
  dataset: z.string().min(1).nullable().default(null),
  kind: z.enum(RESULT_KINDS).default('HOLDOUT'),
});

export interface AddressedPlot {
  plot: Plot;
  request: DrawingRequest;
}

/** @throws GelqlError NOT_FOUND for an address that is none, BAD_REQUEST for parameters that it does not take */
export async function findAddressedPlot(app: App, url: URL): Promise<AddressedPlot> {
  const [, subject, id = '', kind = '', format] = ADDRESS.exec(url.pathname) ?? [];
  if (format === undefined) throw noSuchAddress(url);
  const parameters = Object.fromEntries(url.searchParams);
  if (subject !== undefined) {
    const request = parse(requestSchema, { ...parameters, format });
    return { plot: await findPlotOf(app, subject, decodeSegment(id, url), kind, url), request };
  }
  const { dataset, kind: resultKind, ...rest } = parameters;
  const filter = parse(filterSchema, { dataset, kind: resultKind });
  const request = parse(requestSchema, { ...rest, format });
  const plot = await findTablePlot(app.database, filter, oneOf(TABLE_PLOT_KINDS, kind, url));
  return { plot, request };
}

async function findPlotOf(
  app: App,
  subject: string,
  reference: string,
  kind: string,
  url: URL,
): Promise<Plot> {
  switch (subject) {
    case 'results':
      return findResultPlot(app, decodeReference('Result', reference), oneOf(RESULT_PLOT_KINDS, kind, url));
    case 'runs':
      return findRunPlot(
        app.database,
        decodeReference('TrainingRun', reference),
        oneOf(RUN_PLOT_KINDS, kind, url),
      );
    default:
      return findSweepPlot(
        app.database,
        decodeReference('Sweep', reference),
        oneOf(TABLE_PLOT_KINDS, kind, url),
      );
  }
}

function oneOf<Kind extends PlotKind>(kinds: readonly Kind[], kind: string, url: URL): Kind {
  const known = kinds.find((candidate) => candidate === kind);
  if (known === undefined) throw noSuchAddress(url);
  return known;
}

/** @throws GelqlError BAD_REQUEST that names the parameters */
function parse<Options>(schema: z.ZodType<Options>, parameters: unknown): Options {
  const parsed = schema.safeParse(parameters);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new GelqlError('BAD_REQUEST', `The parameters cannot be used: ${problems.join('; ')}`, {
    facts: { problems },
  });
}

function noSuchAddress({ pathname }: URL): GelqlError {
  return new GelqlError('NOT_FOUND', `There is no plot at ${pathname}.`);
}
