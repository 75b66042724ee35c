import type { Plugin } from 'graphql-yoga';
import { GelqlError } from '../../errors.js';
import type { Logger } from '../../logger.js';
import { respondError } from './error-response.js';

/** Answers what no plugin before it has answered, such as `/plots`: yoga's own 404 has no body. */
export function useNoSuchAddress(endpoint: string, logger: Logger): Plugin {
  return {
    onRequest(event) {
      const { url, fetchAPI } = event;
      if (url.pathname.replace(/\/$/, '') === endpoint) return;
      const message = `There is nothing at ${url.pathname}: see ${endpoint}, /health, /ready, /metrics; plots and reports have the addresses that ${endpoint} gives.`;
      event.endResponse(respondError(new GelqlError('NOT_FOUND', message), fetchAPI, logger));
    },
  };
}
