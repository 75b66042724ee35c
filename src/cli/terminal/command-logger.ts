import type { Config } from '../../config.js';
import { createLogger, type Logger } from '../../logger.js';

/** A command speaks through its own output; logs below warnings are for those who ask for them. */
export function createCommandLogger({ logLevel }: Config): Logger {
  return createLogger(logLevel === 'info' ? 'warn' : logLevel);
}
