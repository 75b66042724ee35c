import { GraphQLError } from 'graphql';
import { createGraphQLError } from 'graphql-yoga';
import { ERRORS, GelqlError } from '../errors.js';
import type { Logger } from '../logger.js';

/** The only place where a code becomes a GraphQL error and an HTTP status. */
export function toGraphQLError(error: GelqlError): GraphQLError {
  const { httpStatus, retryable, advice } = ERRORS[error.code];
  const retryAfter = error.facts.retryAfterSeconds;
  return createGraphQLError(error.message, {
    extensions: {
      code: error.code,
      advice,
      retryable,
      ...(Object.keys(error.facts).length > 0 ? { facts: error.facts } : {}),
      http: {
        status: httpStatus,
        ...(typeof retryAfter === 'number' ? { headers: { 'Retry-After': String(retryAfter) } } : {}),
      },
    },
  });
}

/**
 * Turns whatever a resolver threw into what the client may see: a GelqlError with its code, a GraphQL error of the
 * request itself (syntax, validation) as BAD_REQUEST, anything else as INTERNAL, logged once with its cause.
 */
export function maskError(error: unknown, logger: Logger): Error {
  const original = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  if (original instanceof GelqlError) return withLocation(toGraphQLError(original), error);
  if (original instanceof GraphQLError) {
    if (original.extensions.code !== undefined) return original;
    return createGraphQLError(original.message, {
      ...(original.nodes === undefined ? {} : { nodes: original.nodes }),
      extensions: {
        ...original.extensions,
        code: 'BAD_REQUEST',
        retryable: false,
        advice: ERRORS.BAD_REQUEST.advice,
      },
    });
  }
  logger.error({ err: original }, 'unexpected error in a resolver');
  return withLocation(
    toGraphQLError(new GelqlError('INTERNAL', 'Something went wrong on the server.')),
    error,
  );
}

function withLocation(shown: GraphQLError, raised: unknown): GraphQLError {
  if (!(raised instanceof GraphQLError)) return shown;
  return createGraphQLError(shown.message, {
    ...(raised.nodes === undefined ? {} : { nodes: raised.nodes }),
    ...(raised.path === undefined ? {} : { path: raised.path }),
    extensions: shown.extensions,
  });
}
