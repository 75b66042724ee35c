import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** The user that PostgreSQL runs as where gelql runs as root, which PostgreSQL refuses. */
export interface Account {
  uid: number;
  gid: number;
}

/** Accounts of the system to take, best first. */
const ACCOUNT_NAMES = ['postgres', 'nobody'];

/**
 * @param folder the cluster: its owner, where it exists and is not root, stays in charge
 * @returns null where gelql does not run as root: PostgreSQL runs as the same user
 * @throws Error where the system has no account to take
 */
export function chooseAccount(folder: string): Account | null {
  if (process.getuid?.() !== 0) return null;
  if (existsSync(folder)) {
    const { uid, gid } = statSync(folder);
    if (uid !== 0) return { uid, gid };
  }
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ACCOUNT_NAMES) {
    const [, , uid, gid] = accounts.find(([found]) => found === name) ?? [];
    // macOS writes nobody's numbers as -2.
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
  }
  throw new Error(
    `PostgreSQL does not run as root, and the system has no user ${ACCOUNT_NAMES.join(' or ')} to run it as.`,
  );
}

/**
 * Starts a program as `account`. Where a folder on the way to `paths` keeps that user out, as /root does, the program
 * keeps one right of root's: to pass folders and to open files.
 */
export function spawnAs(
  account: Account | null,
  command: readonly [string, ...string[]],
  paths: readonly string[],
  spawnOptions: SpawnOptions,
): ChildProcess {
  const [program, ...args] = command;
  // The folder that gelql was started in may be closed to that user.
  const options = { ...spawnOptions, cwd: '/' };
  if (account === null) return spawn(program, args, options);
  if (paths.every((path) => isReachable(path, account))) {
    return spawn(program, args, { ...options, ...account });
  }
  const rights = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  const identity = [`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups'];
  return spawn('setpriv', [...identity, ...rights, '--', ...command], options);
}

/** Whether the modes of all folders above `path` let the account through. */
function isReachable(path: string, { uid, gid }: Account): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const found = statSync(folder);
    const bit = found.uid === uid ? 0o100 : found.gid === gid ? 0o010 : 0o001;
    if ((found.mode & bit) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
