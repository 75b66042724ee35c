import pino, { type Logger } from 'pino';

export type { Logger };

/** JSON lines on stderr, so that stdout stays free for the command line's own results. */
export function createLogger(level: string): Logger {
  return pino({ level, base: null }, pino.destination(2));
}
