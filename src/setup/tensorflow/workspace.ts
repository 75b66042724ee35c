import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSystemError } from './system-error.js';

const PREFIX = 'work-';
const HEARTBEAT_MS = 5_000;
/** A folder without a heartbeat for so long belongs to nobody, whatever its process id says. */
const ABANDONED_AFTER_MS = 60_000;
const POLL_MS = 500;

export interface Workspace {
  directory: string;
  /** Stops the heartbeat and removes the folder. */
  release(): void;
}

/**
 * A folder below `root` in which one process at a time builds an installation.
 *
 *   create own folder -> remove abandoned ones -> wait while an earlier living one exists -> own the turn
 *
 * The name (start time, process, host) is the ticket: the earliest goes first. Folders of dead processes are removed,
 * so a set-up that was broken off leaves nothing. Should two ever work at once (clocks that disagree on a shared disk),
 * nothing breaks: each renames a finished installation into place and the second finds the first one's.
 * @param onWait called once, before the first wait
 */
export async function claimWorkspace(
  root: string,
  onWait: () => void,
  signal?: AbortSignal,
): Promise<Workspace> {
  const name = `${PREFIX}${Date.now()}-${process.pid}-${hostTag()}-${randomUUID().slice(0, 8)}`;
  const directory = join(root, name);
  mkdirSync(directory, { recursive: true });
  const heartbeat = setInterval(() => touch(directory), HEARTBEAT_MS).unref();
  const release = () => {
    clearInterval(heartbeat);
    // The retries are for a compiler's or pip's last write after it was told to stop.
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    for (let isFirstWait = true; hasEarlierOwner(root, name); isFirstWait = false) {
      if (isFirstWait) onWait();
      await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal });
    }
  } catch (error) {
    release();
    throw error;
  }
  return { directory, release };
}

function hasEarlierOwner(root: string, ownName: string): boolean {
  const others = readdirSync(root).filter((name) => name.startsWith(PREFIX) && name !== ownName);
  const living = others.filter((name) => {
    const isLiving = isOwned(root, name);
    if (!isLiving) rmSync(join(root, name), { recursive: true, force: true });
    return isLiving;
  });
  return living.some((name) => name < ownName);
}

function isOwned(root: string, name: string): boolean {
  const stats = statSync(join(root, name), { throwIfNoEntry: false });
  if (stats === undefined || Date.now() - stats.mtimeMs > ABANDONED_AFTER_MS) return false;
  const [, , pid, host] = name.split('-');
  return host !== hostTag() || isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives and belongs to another user.
    return isSystemError(error) && error.code === 'EPERM';
  }
}

function touch(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false }) === undefined) return;
  const now = new Date();
  utimesSync(directory, now, now);
}

function hostTag(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}
