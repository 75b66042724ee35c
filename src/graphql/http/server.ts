import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { maxAliasesPlugin } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthPlugin } from '@escape.tech/graphql-armor-max-depth';
import { maxTokensPlugin } from '@escape.tech/graphql-armor-max-tokens';
import { useCSRFPrevention } from '@graphql-yoga/plugin-csrf-prevention';
import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import type { App } from '../../app.js';
import type { GraphQLContext } from '../context.js';
import { CSRF_HEADER } from './csrf-header.js';
import { maskError, useErrorCodes } from '../errors.js';
import { useGraphiql } from './graphiql.js';
import { useHealth } from './health.js';
import { useNoSuchAddress } from './no-such-address.js';
import { usePlots } from './plots.js';
import { useExplanations } from './explanations.js';
import { useReports } from './reports.js';
import { useMetrics } from './metrics-route.js';
import { requestIdOf, useRequestId } from './request-id.js';
import { useRequestLog } from './request-log.js';
import { buildSchema } from '../schema.js';
import { holdBody } from './expect-continue.js';
import { MAX_FILES, useUploads, type NodeServerContext } from './upload.js';
import { useAdmission } from './use-admission.js';

const ENDPOINT = '/graphql';

export type GelqlYoga = YogaServerInstance<NodeServerContext, GraphQLContext>;

/** The HTTP surface without a port: `/graphql`, GraphiQL on the same address, `/health`, `/ready`, `/metrics`, `/plots`, `/reports`. */
export function createGraphQLServer(app: App): GelqlYoga {
  const { config, logger } = app;
  return createYoga<NodeServerContext, GraphQLContext>({
    schema: buildSchema(),
    context: ({ request, req }) => ({
      app,
      request,
      requestId: requestIdOf(request),
      logger,
      signal: request.signal,
      receivedAt: arrivalOf(req),
      contentBytes: contentBytesOf(request),
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
    graphqlEndpoint: ENDPOINT,
    graphiql: false,
    // Yoga's own answers before ours, without a body, to every address that ends so; none ends with a space.
    healthCheckEndpoint: ' ',
    plugins: [
      useRequestId(),
      useRequestLog(logger),
      useErrorCodes(logger),
      useHealth(app),
      useMetrics(app),
      usePlots(app),
      useExplanations(app),
      useReports(app),
      useGraphiql(ENDPOINT),
      useNoSuchAddress(ENDPOINT, logger),
      useAdmission(app),
      useUploads({ maxFileBytes: config.maxUploadBytes, maxFiles: MAX_FILES }),
      useCSRFPrevention({ requestHeaders: [CSRF_HEADER] }),
      maxDepthPlugin({ n: 12, ignoreIntrospection: true }),
      maxAliasesPlugin({ n: 30 }),
      maxTokensPlugin({ n: 2_000 }),
    ],
  });
}

/** When each request came from its socket, on the clock of `performance`. */
const arrivals = new WeakMap<IncomingMessage, number>();

function arrivalOf(request: IncomingMessage | undefined): number {
  return (request && arrivals.get(request)) ?? performance.now();
}

function contentBytesOf({ headers }: Request): number | null {
  const announced = headers.get('content-length');
  return announced === null ? null : Number(announced);
}

/** A Node server that is not listening yet. */
export function createHttpServer(yoga: GelqlYoga): Server {
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    arrivals.set(request, performance.now());
    if (request.url === '/' && request.method === 'GET') {
      response.writeHead(302, { location: yoga.graphqlEndpoint }).end();
      return;
    }
    void yoga(request, response);
  };
  return createServer(answer).on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    holdBody(request, response);
    answer(request, response);
  });
}
