import type { Logger as StatementLogger } from 'drizzle-orm';
import type { Logger } from '../logger.js';

/** Logs each statement at level trace, without its values: they may be pictures. */
export function createStatementLogger(logger: Logger): StatementLogger {
  return { logQuery: (statement) => logger.trace({ statement }, 'SQL') };
}
