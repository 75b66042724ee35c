import { existsSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { ClusterPaths } from './cluster.js';
import { hasCode } from './error-code.js';

/** What `postmaster.pid` says of the running server, or of one that was killed. */
export interface Postmaster {
  pid: number;
  socket: string;
  /** Whether it takes statements: it has started, and recovered what had to be. */
  isReady: boolean;
}

/** @returns null where no server runs, or one is starting and has not yet written where it listens */
export function readPostmaster({ data }: ClusterPaths): Postmaster | null {
  const [pid, , , port, folder, , , status] = readLines(join(data, 'postmaster.pid'));
  if (pid === undefined || port === undefined || folder === undefined || folder === '') return null;
  const socket = join(folder, `.s.PGSQL.${port}`);
  return { pid: Number(pid), socket, isReady: status?.trim() === 'ready' };
}

/**
 * PostgreSQL removes what a dead server left, but takes any process of the same user with the same number for that server.
 * After a restart of the machine or of a container such a process is common.
 */
export function removeStaleLocks(paths: ClusterPaths, socket: string): void {
  for (const path of [join(paths.data, 'postmaster.pid'), `${socket}.lock`]) {
    const [pid] = readLines(path);
    if (pid !== undefined && !isServer(Number(pid), paths)) rmSync(path, { force: true });
  }
}

/** Whether the process is a PostgreSQL on this cluster. */
export function isServer(pid: number, { data }: ClusterPaths): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else, as a server never does that this user can look at.
    return hasCode(error, 'EPERM') && !existsSync('/proc/self');
  }
  // PostgreSQL works in its data folder.
  if (existsSync('/proc/self')) return readLinkOrNull(`/proc/${pid}/cwd`) === realpathSync(data);
  return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes(data);
}

function readLinkOrNull(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
