import { ANONYMOUS } from '../registry/change-note.js';

/** Header by which a caller says who asks, for all mutations of a request that keep it. Nothing checks it. */
export const ACTOR_HEADER = 'x-gelql-actor';

export const ACTOR_DESCRIPTION = `Who asks, as the history will say; nothing checks it. Where absent, the header ${ACTOR_HEADER}, else "${ANONYMOUS}".`;

export function actorOf(given: string | null | undefined, request: Request): string {
  return given ?? request.headers.get(ACTOR_HEADER) ?? ANONYMOUS;
}
