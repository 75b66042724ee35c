import pino, { type Logger, type LoggerOptions } from 'pino';
import { currentRequestId } from './request-scope.js';

export type { Logger };

/** Every line that is written while a request is answered carries the request's id. */
export function loggerOptions(level: string): LoggerOptions {
  return {
    level,
    base: null,
    mixin() {
      const requestId = currentRequestId();
      return requestId === undefined ? {} : { requestId };
    },
  };
}

/** JSON lines on stderr, so that stdout stays free for the command line's own results. */
export function createLogger(level: string): Logger {
  return pino(loggerOptions(level), pino.destination(2));
}
