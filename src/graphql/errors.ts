import { GraphQLError } from 'graphql';
import { createGraphQLError, isAsyncIterable, type Plugin } from 'graphql-yoga';
import { ERRORS, findGelqlError, GelqlError, type ErrorCode } from '../errors.js';
import type { Logger } from '../logger.js';

/** What HTTP itself demands of a response: yoga takes it from the errors and leaves it out of the body. */
interface HttpExtension {
  status?: number;
  headers?: Record<string, string>;
}

/** The only place where a code becomes a GraphQL error and an HTTP status. */
export function toGraphQLError(
  { code, message, facts }: Pick<GelqlError, 'code' | 'message' | 'facts'>,
  { located, http }: { located?: GraphQLError; http?: HttpExtension } = {},
): GraphQLError {
  const { httpStatus, retryable, advice } = ERRORS[code];
  const retryAfter = facts.retryAfterSeconds;
  return createGraphQLError(message, {
    ...(located?.nodes === undefined ? {} : { nodes: located.nodes }),
    ...(located?.path === undefined ? {} : { path: located.path }),
    extensions: {
      code,
      advice,
      retryable,
      ...(Object.keys(facts).length > 0 ? { facts } : {}),
      http: {
        status: http?.status ?? httpStatus,
        headers: {
          ...http?.headers,
          ...(typeof retryAfter === 'number' ? { 'Retry-After': String(retryAfter) } : {}),
        },
      },
    },
  });
}

/**
 * Turns whatever was raised into what the client may see: a GelqlError with its code, a refusal of the request itself
 * (syntax, validation, limits, HTTP) with the code that fits, anything else as INTERNAL, logged once with its cause.
 */
export function maskError(error: unknown, logger: Logger): GraphQLError {
  const located = error instanceof GraphQLError ? error : undefined;
  const root = rootOf(error);
  const known = findGelqlError(root);
  if (known !== null) {
    // Without a path it is a variable that was refused, and the outer message names it.
    const message = located === undefined || located.path !== undefined ? known.message : located.message;
    return toGraphQLError({ code: known.code, message, facts: known.facts }, located && { located });
  }
  if (root instanceof GraphQLError && located !== undefined) {
    // It has been here before.
    if (typeof root.extensions.advice === 'string') return located;
    const http = httpOf(root);
    return toGraphQLError(
      { code: refusalCode(http), message: located.message, facts: {} },
      { located, http: { status: 400, ...http } },
    );
  }
  logger.error({ err: root }, 'unexpected error in a resolver');
  const internal = new GelqlError('INTERNAL', 'Something went wrong on the server.');
  return toGraphQLError(internal, located && { located });
}

/** Yoga masks what resolvers raise; syntax and validation errors go past it and are caught here. */
export function useErrorCodes(logger: Logger): Plugin {
  return {
    onExecutionResult(event) {
      const { result } = event;
      if (result === undefined || isAsyncIterable(result)) return;
      event.setResult(withCodes(result));
    },
  };

  function withCodes<T extends { errors?: readonly GraphQLError[] }>(result: T): T {
    const { errors } = result;
    return errors === undefined
      ? result
      : { ...result, errors: errors.map((error) => maskError(error, logger)) };
  }
}

/** Below all the layers that GraphQL puts around an error. */
function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof GraphQLError && root.originalError != null) root = root.originalError;
  return root;
}

function httpOf(error: GraphQLError): HttpExtension {
  const { status, headers } = (error.extensions.http ?? {}) as HttpExtension;
  return { ...(status === undefined ? {} : { status }), ...(headers === undefined ? {} : { headers }) };
}

/** Yoga and its plugins have codes of their own, or none; the status says what they mean. */
function refusalCode({ status }: HttpExtension): ErrorCode {
  if (status === 403) return 'CSRF_HEADER_MISSING';
  return status === 413 ? 'FILE_TOO_LARGE' : 'BAD_REQUEST';
}
