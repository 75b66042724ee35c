import { isNativeError } from 'node:util/types';
import { findGelqlError } from '../../errors.js';

/** Results go to stdout, everything about the way there to stderr, so that `--json | jq` works. */
export function printResult(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  printResult(JSON.stringify(value, null, 2));
}

export function printNote(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Columns aligned by their widest cell; numbers should be formatted by the caller. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

export function formatPercent(share: number | null): string {
  return share === null ? '-' : `${(share * 100).toFixed(2)}%`;
}

/** Tenths of seconds below ten, else whole ones; minutes from sixty. */
export function formatDuration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** What a failed command prints: the code, what happened, and what to do. */
export function formatError(error: unknown): string {
  const known = findGelqlError(error);
  if (known !== null) return `error ${known.code}: ${known.message}\n  ${known.advice}`;
  // What the system says about a file or a port needs no stack.
  if (isNativeError(error) && 'syscall' in error) return `error: ${error.message}`;
  return `error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
}
