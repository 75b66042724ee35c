import { GelqlError } from '../errors.js';

/** Who changed something and why; kept with every append-only change. */
export interface ChangeNote {
  /** There is no authentication: whatever the caller says. */
  actor: string;
  reason: string;
}

/** The actor where the caller names none. */
export const ANONYMOUS = 'anonymous';

const MAX_REASON_LENGTH = 1_000;
const MAX_ACTOR_LENGTH = 200;

/** @throws GelqlError BAD_REQUEST for an empty or overlong reason or actor, or one with control characters */
export function checkChangeNote({ actor, reason }: ChangeNote): void {
  checkText('reason', reason, MAX_REASON_LENGTH);
  checkText('actor', actor, MAX_ACTOR_LENGTH);
}

function checkText(name: string, text: string, maxLength: number): void {
  if (text.trim() !== '' && text.length <= maxLength && !/[^\P{Cc}\n\t]/u.test(text)) return;
  throw new GelqlError(
    'BAD_REQUEST',
    `The ${name} must have 1 to ${maxLength} characters without control characters.`,
    {
      facts: { field: name },
    },
  );
}
