import { GelqlError } from '../errors.js';

/** Who asks, and what the caller wants to find the answer by; stored with it. */
export interface RequestNote {
  /** There is no authentication: whatever the caller says. */
  actor: string;
  requestId: string | null;
  clientReference: string | null;
  idempotencyKey: string | null;
  /** The models as the caller named them: a repeated request must name the same. */
  asked: readonly string[];
}

const MAX_LENGTH = 200;

/** @throws GelqlError BAD_REQUEST for a text that is empty, overlong or holds control characters or half characters */
export function checkRequestNote({ actor, clientReference, idempotencyKey }: RequestNote): void {
  for (const [name, text] of Object.entries({ actor, clientReference, idempotencyKey })) {
    if (text === null || isUsable(text)) continue;
    throw new GelqlError(
      'BAD_REQUEST',
      `The ${name} must have 1 to ${MAX_LENGTH} characters without control characters.`,
      { facts: { field: name } },
    );
  }
}

function isUsable(text: string): boolean {
  return text.trim() !== '' && text.length <= MAX_LENGTH && !/[\p{Cc}\p{Cs}]/u.test(text);
}
