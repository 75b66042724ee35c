import { getOperationAST, type DocumentNode } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Logger } from '../../logger.js';
import { requestIdOf } from './request-id.js';

/** What is asked for every few seconds by machines and says nothing. */
const QUIET_PATHS = new Set(['/health', '/ready', '/metrics']);

/**
 * One line for each request when its answer begins: method, path, status, milliseconds, and of a GraphQL operation its
 * name and the codes of its errors. Never variables, file names or pictures.
 */
export function useRequestLog(logger: Logger): Plugin {
  const arrivals = new WeakMap<Request, number>();
  const operations = new WeakMap<Request, { operation?: string; codes?: string[] }>();
  return {
    onRequest({ request }) {
      arrivals.set(request, performance.now());
    },
    onExecute({ args }) {
      const { request } = args.contextValue as { request: Request };
      const { document, operationName } = args as { document: DocumentNode; operationName?: string | null };
      const operation = getOperationAST(document, operationName)?.name?.value;
      if (operation !== undefined) operations.set(request, { operation });
    },
    onResultProcess({ request, result }) {
      const results = Array.isArray(result) ? result : [result];
      const codes = results.flatMap((one) =>
        isAsyncIterable(one) ? [] : (one.errors ?? []).map(({ extensions }) => String(extensions.code)),
      );
      if (codes.length > 0) operations.set(request, { ...operations.get(request), codes });
    },
    onResponse({ request, response }) {
      const { pathname } = new URL(request.url);
      const ms = Math.round(performance.now() - (arrivals.get(request) ?? performance.now()));
      const line = {
        requestId: requestIdOf(request),
        method: request.method,
        path: pathname,
        ...operations.get(request),
        status: response.status,
        ms,
      };
      if (QUIET_PATHS.has(pathname)) logger.debug(line, 'answered');
      else logger.info(line, 'answered');
    },
  };
}
