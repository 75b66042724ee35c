import { ERRORS, type SerializedError } from '../../errors.js';
import type { ReportedPart } from '../../reports/sweep-report/sweep-report.js';

/** Why parts have no model, those with the same reason together: `parts 5-8, 17: CODE: what happened`, and what to do. */
export function describeUntrained(parts: readonly ReportedPart[]): string[] {
  const numbersBy = new Map<string, number[]>();
  for (const { part, run } of parts) {
    const reason = reasonOf(part.refusal ?? run?.error ?? null, run?.state ?? null);
    if (reason !== null) numbersBy.set(reason, [...(numbersBy.get(reason) ?? []), part.number]);
  }
  return [...numbersBy].map(([reason, numbers]) => `${nameParts(numbers)}: ${reason}`);
}

function reasonOf(error: SerializedError | null, state: string | null): string | null {
  if (error !== null) return `${error.code}: ${error.message}\n  ${ERRORS[error.code].advice}`;
  if (state === 'CANCELLED') return 'CANCELLED';
  return state === 'QUEUED' || state === 'RUNNING' ? `${state}: was there before and goes on` : null;
}

/** `part 3`, `parts 1-4, 9`. */
export function nameParts(numbers: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range?.[1] === number - 1) range[1] = number;
    else ranges.push([number, number]);
  }
  const texts = ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`));
  return `part${numbers.length === 1 ? '' : 's'} ${texts.join(', ')}`;
}
