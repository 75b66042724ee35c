import { isUtf8 } from 'node:buffer';
import { ANONYMOUS } from '../registry/change-note.js';

/** Header by which a caller says who asks, for all mutations of a request that keep it. Nothing checks it. */
export const ACTOR_HEADER = 'x-gelql-actor';

export const ACTOR_DESCRIPTION = `Who asks, as the history will say; nothing checks it. Where absent, the header ${ACTOR_HEADER}, else "${ANONYMOUS}".`;

export function actorOf(given: string | null | undefined, request: Request): string {
  return given ?? readHeader(request) ?? ANONYMOUS;
}

/** HTTP hands over one character per byte; clients and proxies write names in UTF-8, old ones in Latin-1. */
function readHeader(request: Request): string | null {
  const value = request.headers.get(ACTOR_HEADER);
  if (value === null) return null;
  const bytes = Buffer.from(value, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : value;
}
