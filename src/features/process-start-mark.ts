import { readFile } from 'node:fs/promises';

/**
 * What tells a process from a later one with the same pid: the boot id and the start time in clock ticks, from /proc.
 * @returns null where the system has no /proc, or the process is gone; a zombie, which only waits for its parent, is gone
 */
export async function processStartMark(pid: number): Promise<string | null> {
  const [boot, status] = await Promise.all([
    readOrNull('/proc/sys/kernel/random/boot_id'),
    readOrNull(`/proc/${pid}/stat`),
  ]);
  if (boot === null || status === null) return null;
  // The second field is the program's name in parentheses and may itself hold spaces: count from the last one.
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  const startTicks = fields[19];
  return startTicks === undefined ? null : `${boot.trim()}:${startTicks}`;
}

async function readOrNull(path: string): Promise<string | null> {
  const [result] = await Promise.allSettled([readFile(path, 'utf8')]);
  return result.status === 'fulfilled' ? result.value : null;
}
