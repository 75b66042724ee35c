import { createHash } from 'node:crypto';
import { chownSync, existsSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Account } from './account.js';
import type { ClusterPaths } from './cluster.js';

/** In the name of the socket; nothing listens on a network. */
export const SOCKET_PORT = 5432;
const SOCKET_NAME = `.s.PGSQL.${SOCKET_PORT}`;
/** Bytes of a socket's path: 108 with the closing zero on Linux, 104 on macOS. */
const MAX_PATH_BYTES = 103;

/**
 * The folder for the socket: the cluster's own, or a short one where that path is too long for a socket. A short one
 * belongs to the server's user alone.
 * @throws Error where somebody else has made that folder
 */
export function prepareSocketFolder({ folder }: ClusterPaths, account: Account | null): string {
  if (isShort(folder)) return folder;
  const name = `gelql-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`;
  // Another user may be kept out of root's own temporary folder.
  const own = join(tmpdir(), name);
  const chosen = account === null && isShort(own) ? own : join('/tmp', name);
  const uid = account?.uid ?? process.getuid?.();
  if (!existsSync(chosen)) {
    mkdirSync(chosen, { mode: 0o700 });
    if (account !== null) chownSync(chosen, account.uid, account.gid);
  }
  const found = lstatSync(chosen);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw new Error(`${chosen} is for PostgreSQL's socket and belongs to somebody else. Remove it.`);
  }
  return chosen;
}

/** The path of the socket in `sockets`. */
export const socketIn = (sockets: string) => join(sockets, SOCKET_NAME);

const isShort = (folder: string) => Buffer.byteLength(socketIn(folder)) <= MAX_PATH_BYTES;
