import type { FetchAPI } from 'graphql-yoga';
import type { Logger } from '../../logger.js';
import { maskError } from '../errors.js';

/** The JSON of a failed GraphQL operation, with the status and the headers of its code. */
export function respondError(error: unknown, fetchAPI: FetchAPI, logger: Logger): Response {
  const masked = maskError(error, logger);
  const { http, ...extensions } = masked.extensions as {
    http?: { status?: number; headers?: Record<string, string> };
  };
  return new fetchAPI.Response(JSON.stringify({ errors: [{ message: masked.message, extensions }] }), {
    status: http?.status ?? 500,
    headers: {
      ...http?.headers,
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  });
}
