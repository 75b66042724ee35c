import { randomBytes } from 'node:crypto';
import { appendFile, chown, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { spawnAs, type Account } from './account.js';
import { readMajorVersion, type Binaries } from './binaries.js';
import { hasCode } from './error-code.js';

/** What lies in the folder of a cluster. */
export interface ClusterPaths {
  folder: string;
  /** PostgreSQL's own folder. */
  data: string;
  /** The password of its only user, mode 0600. */
  password: string;
  log: string;
  /** The pipe that every gelql process holds open while it uses the cluster. */
  members: string;
}

export const CLUSTER_USER = 'gelql';
export const CLUSTER_DATABASE = 'postgres';
/** Leftovers of a creation that was cut short are removed after this time; initdb takes a second or two. */
const ABANDONED_MS = 3_600_000;

/** @param dataDir GELQL_DATA_DIR, absolute */
export function clusterPaths(dataDir: string): ClusterPaths {
  return pathsIn(join(dataDir, 'postgresql'));
}

function pathsIn(folder: string): ClusterPaths {
  return {
    folder,
    data: join(folder, 'data'),
    password: join(folder, 'password'),
    log: join(folder, 'server.log'),
    members: join(folder, 'members'),
  };
}

/**
 * Prepares a cluster aside and renames it, so that it appears whole or not at all. Of several processes that create it at
 * the same instant one succeeds, and the others take what it made.
 * @throws Error with what initdb said
 */
export async function createCluster(
  { folder }: ClusterPaths,
  binaries: Binaries,
  account: Account | null,
  isDurable: boolean,
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  await removeAbandoned(folder);
  const aside = `${folder}.${process.pid}-${randomBytes(4).toString('hex')}.new`;
  try {
    await fillCluster(pathsIn(aside), binaries, account, isDurable);
    await rename(aside, folder);
    await flushFolder(dirname(folder));
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  }
}

async function fillCluster(
  { folder, data, password, members }: ClusterPaths,
  binaries: Binaries,
  account: Account | null,
  isDurable: boolean,
): Promise<void> {
  const major = await readMajorVersion(binaries);
  await mkdir(folder, { mode: 0o700 });
  await writeFile(password, randomBytes(24).toString('base64url'), { mode: 0o600 });
  if (account !== null) {
    for (const path of [folder, password]) await chown(path, account.uid, account.gid);
  }
  const identity = [`--username=${CLUSTER_USER}`, '--auth=scram-sha-256', `--pwfile=${password}`];
  const command = [
    binaries.initdb,
    '-D',
    data,
    ...identity,
    '--encoding=UTF8',
    ...localeOptions(major),
    ...(isDurable ? [] : ['--no-sync']),
  ] as const;
  await finish(spawnAs(account, command, [binaries.initdb, folder], { stdio: ['ignore', 'ignore', 'pipe'] }));
  await makeMembers(members, account);
  await appendFile(join(data, 'postgresql.conf'), settings(major));
}

/** Makes the pipe; one that is there stays. */
export async function makeMembers(members: string, account: Account | null): Promise<void> {
  const command = ['mkfifo', '-m', '600', members] as const;
  await finish(spawnAs(account, command, [members], { stdio: ['ignore', 'ignore', 'pipe'] })).catch(
    (error: unknown) => {
      if (!String(error).includes('exists')) throw error;
    },
  );
}

/** The same order and letters on every system; libc's differ. */
function localeOptions(major: number): string[] {
  return major >= 17
    ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
    : ['--locale=C.UTF-8'];
}

/**
 * Small: gelql keeps its own caches, and several processes with a dozen connections each are all the clients. Nothing is
 * replicated. Statements that fail are the business of those who sent them.
 */
function settings(major: number): string {
  const values = {
    listen_addresses: '',
    unix_socket_permissions: '0700',
    max_connections: '200',
    shared_buffers: '64MB',
    max_wal_size: '256MB',
    min_wal_size: '32MB',
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_logical_replication_workers: '0',
    log_min_messages: 'log',
    log_checkpoints: 'off',
    ...(major >= 18 ? { io_method: 'sync' } : {}),
  };
  const lines = Object.entries(values).map(([name, value]) => `${name} = '${value}'`);
  return `\n# gelql\n${lines.join('\n')}\n`;
}

async function finish(child: ReturnType<typeof spawnAs>): Promise<void> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await new Promise<void>((accept, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? accept() : reject(new Error(said.trim()))));
  });
}

async function removeAbandoned(folder: string): Promise<void> {
  const parent = dirname(folder);
  for (const name of await readdir(parent)) {
    if (!/^postgresql\.[\da-f-]+\.new$/.test(name)) continue;
    const path = join(parent, name);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
