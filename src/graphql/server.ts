import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { maxAliasesPlugin } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthPlugin } from '@escape.tech/graphql-armor-max-depth';
import { maxTokensPlugin } from '@escape.tech/graphql-armor-max-tokens';
import { useCSRFPrevention } from '@graphql-yoga/plugin-csrf-prevention';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import type { App } from '../app.js';
import type { GraphQLContext } from './context.js';
import { maskError } from './errors.js';
import { graphiqlOptions, graphiqlRenderer } from './graphiql.js';
import { useHealth } from './health.js';
import { buildSchema } from './schema.js';
import { useUploads } from './upload.js';

/** Pictures in one multipart request. */
const MAX_FILES = 16;
/** Header that a multipart request must carry, whatever its value, as proof that no foreign page's form sent it. */
export const CSRF_HEADER = 'x-graphql-yoga-csrf';

export type GelqlYoga = YogaServerInstance<Record<string, unknown>, GraphQLContext>;

/** The HTTP surface without a port: `/graphql`, GraphiQL on the same address, `/health`, `/ready`. */
export function createGraphQLServer(app: App): GelqlYoga {
  const { config, logger } = app;
  return createYoga<Record<string, unknown>, GraphQLContext>({
    schema: buildSchema(),
    context: ({ request }) => ({
      app,
      requestId: requestIdOf(request),
      logger,
      signal: request.signal,
    }),
    maskedErrors: { maskError: (error) => maskError(error, logger) },
    logging: {
      debug: (...args: unknown[]) => logger.debug({ args }, 'yoga'),
      info: (...args: unknown[]) => logger.debug({ args }, 'yoga'),
      warn: (...args: unknown[]) => logger.warn({ args }, 'yoga'),
      // What resolvers raise was logged by maskError already, with its cause.
      error: (...args: unknown[]) => logger.debug({ args }, 'yoga'),
    },
    cors: config.corsOrigins.length === 0 ? false : { origin: config.corsOrigins, credentials: false },
    landingPage: false,
    multipart: false,
    maxRequestBodySize: config.maxUploadBytes * MAX_FILES + 1_000_000,
    graphiql: graphiqlOptions,
    renderGraphiQL: graphiqlRenderer(),
    plugins: [
      useRequestId(),
      useHealth(app),
      useUploads({ maxFileBytes: config.maxUploadBytes, maxFiles: MAX_FILES }),
      useCSRFPrevention({ requestHeaders: [CSRF_HEADER] }),
      maxDepthPlugin({ n: 12, ignoreIntrospection: true }),
      maxAliasesPlugin({ n: 30 }),
      maxTokensPlugin({ n: 2_000 }),
    ],
  });
}

/** A Node server that is not listening yet. */
export function createHttpServer(yoga: GelqlYoga): Server {
  return createServer((request, response) => {
    if (request.url === '/' && request.method === 'GET') {
      response.writeHead(302, { location: yoga.graphqlEndpoint }).end();
      return;
    }
    void yoga(request, response);
  });
}

const requestIds = new WeakMap<Request, string>();
const SAFE_ID = /^[\w.-]{1,100}$/;

function requestIdOf(request: Request): string {
  const known = requestIds.get(request);
  if (known !== undefined) return known;
  const given = request.headers.get('x-request-id');
  const id = given !== null && SAFE_ID.test(given) ? given : randomUUID();
  requestIds.set(request, id);
  return id;
}

/** Answers every request with the id that its log lines carry. */
function useRequestId(): Plugin {
  return {
    onResponse({ request, response }) {
      response.headers.set('x-request-id', requestIdOf(request));
    },
  };
}
