import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { processStartMark } from './process-start-mark.js';

/**
 * An exclusive lock for one folder, held by one process at a time.
 *
 *   lock/000001.json (holder dead) -> 000002.json (given back) -> 000003.json (holder alive) = the lock
 *
 * The lock is the file with the highest number; it is held while the process that it names lives. To take it, a process
 * creates the file with the next number, in one step and only if it does not exist, so of all processes that race over a
 * stale lock exactly one succeeds and none ever removes a file that another one may be taking. A process that looked
 * too long ago may create a number below the current one: it notices, because it looks again after creating. Only the
 * holder removes files, and only those below its own.
 */
export interface Lock {
  /** Marks the lock as given back. Calling it again does nothing. */
  release(): Promise<void>;
}

export interface LockHolder {
  pid: number;
  host: string;
  /** ISO 8601, UTC. */
  since: string;
  command: string;
  /** What tells this process from a later one with the same pid; null where the system does not say. */
  startMark: string | null;
  released: boolean;
}

/** The holder touches its file this often, so that another machine or container can tell that it lives. */
const TOUCH_MS = 10_000;
/** A holder on another host counts as dead after this long without a touch. Long, because a big statement blocks. */
const FOREIGN_STALE_MS = 90_000;
const MAX_ATTEMPTS = 100;

/**
 * Takes the lock of `directory` (created where absent), or names its holder.
 * @param command what to tell others about this process
 * @param options.silentMs a holder on this host that lives, but has not touched its file for this long, counts as dead
 * @throws Error where the lock changes hands too fast
 */
export async function tryLock(
  directory: string,
  command: string,
  { silentMs = Infinity }: { silentMs?: number } = {},
): Promise<{ lock: Lock; holder: null } | { lock: null; holder: LockHolder }> {
  await mkdir(directory, { recursive: true });
  const mine: LockHolder = {
    pid: process.pid,
    host: hostname(),
    since: new Date().toISOString(),
    command,
    startMark: await processStartMark(process.pid),
    released: false,
  };
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const latest = await latestNumber(directory);
    const holder = latest > 0 ? await findHolder(pathOf(directory, latest), silentMs) : null;
    if (holder !== null) return { lock: null, holder };
    const number = latest + 1;
    if (!(await createExclusively(directory, number, mine))) continue;
    if ((await latestNumber(directory)) === number) {
      return { lock: await hold(directory, number, mine), holder: null };
    }
    await rm(pathOf(directory, number), { force: true });
  }
  throw new Error(`The lock in ${directory} changes hands too fast to take it.`);
}

/** Null where nobody alive holds it. */
async function findHolder(path: string, silentMs: number): Promise<LockHolder | null> {
  const holder = await readHolder(path);
  return holder !== null && (await isAlive(holder, path, silentMs)) ? holder : null;
}

async function isAlive(holder: LockHolder, path: string, silentMs: number): Promise<boolean> {
  if (holder.released) return false;
  if (silentMs < Infinity && (await ageMs(path)) > silentMs) return false;
  if (holder.host !== hostname()) return (await ageMs(path)) < FOREIGN_STALE_MS;
  if (!isProcessAlive(holder.pid)) return false;
  return holder.startMark === null || holder.startMark === (await processStartMark(holder.pid));
}

function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    return isCode(error, 'EPERM');
  }
}

/** The whole file appears at once: it is written aside and linked into place. */
async function createExclusively(directory: string, number: number, holder: LockHolder): Promise<boolean> {
  const aside = await writeAside(directory, holder);
  try {
    await link(aside, pathOf(directory, number));
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

/** On a full disk it stays as it is: the next one sees by the pid that nobody holds it any more. */
async function replaceHolder(directory: string, path: string, holder: LockHolder): Promise<void> {
  try {
    await rename(await writeAside(directory, holder), path);
  } catch (error) {
    if (!isCode(error, 'ENOSPC') && !isCode(error, 'EDQUOT')) throw error;
  }
}

async function writeAside(directory: string, holder: LockHolder): Promise<string> {
  const aside = join(directory, `${randomUUID()}.tmp`);
  try {
    await writeFile(aside, JSON.stringify(holder), { flag: 'wx' });
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
  return aside;
}

async function hold(directory: string, number: number, holder: LockHolder): Promise<Lock> {
  const path = pathOf(directory, number);
  for (const older of await listNumbers(directory)) {
    if (older < number) await rm(pathOf(directory, older), { force: true });
  }
  const touch = setInterval(() => {
    const now = new Date();
    // A failed touch costs nothing on this host, where the pid decides.
    void Promise.allSettled([utimes(path, now, now)]);
  }, TOUCH_MS);
  touch.unref();
  let isReleased = false;
  return {
    release: async () => {
      if (isReleased) return;
      isReleased = true;
      clearInterval(touch);
      await replaceHolder(directory, path, { ...holder, released: true });
    },
  };
}

/**
 * Null where nobody holds it: the file is gone (a new holder has cleaned up, the next look sees it), or empty, which,
 * as files appear whole, only a crash of the system leaves behind.
 */
async function readHolder(path: string): Promise<LockHolder | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockHolder;
  } catch (error) {
    if (isCode(error, 'ENOENT') || error instanceof SyntaxError) return null;
    throw error;
  }
}

async function ageMs(path: string): Promise<number> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return Infinity;
    throw error;
  }
}

async function latestNumber(directory: string): Promise<number> {
  return Math.max(0, ...(await listNumbers(directory)));
}

async function listNumbers(directory: string): Promise<number[]> {
  const names = await readdir(directory);
  return names.flatMap((name) => (/^\d{6,}\.json$/.test(name) ? [Number.parseInt(name, 10)] : []));
}

function pathOf(directory: string, number: number): string {
  return join(directory, `${String(number).padStart(6, '0')}.json`);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
