import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { connect, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isNativeError } from 'node:util/types';
import type { Config } from '../../config.js';
import { GelqlError } from '../../errors.js';
import type { Logger } from '../../logger.js';
import { chooseAccount, type Account } from './account.js';
import { findBinaries } from './binaries.js';
import { clusterPaths, createCluster, makeMembers, type ClusterPaths } from './cluster.js';
import { joinMembers, type Member } from './members.js';
import { isServer, readPostmaster, removeStaleLocks } from './postmaster.js';
import { answers } from './probe.js';
import { prepareSocketFolder, socketIn } from './sockets.js';
import { startSupervisor } from './supervisor.js';

/**
 * gelql's own PostgreSQL in `<dataDir>/postgresql`, which all gelql processes that use this folder share.
 *
 *   absent --initdb--> stopped --the first process--> running --the last process ends--> stopped
 *                      killed --the next statement of any process--> running, recovered
 *
 * Every process holds a pipe open. A shell beside PostgreSQL reads it and stops PostgreSQL at its end (supervisor.ts).
 * Nothing else counts processes, so that one that is killed leaves nothing behind.
 */
export interface LocalServer {
  folder: string;
  /** Folder of the socket; the same after each start. */
  sockets: string;
  password: string;
  /** A connection to the server, which is started again where it has died. A failure is the socket's error event. */
  connect(): Promise<Socket>;
  /** Gives this process's share back. @param isLast whether to wait until the server has stopped */
  leave(isLast: boolean): Promise<void>;
}

type LocalConfig = Pick<Config, 'dataDir' | 'cacheDir' | 'postgres'>;

/** For a server that this process creates or starts. */
export interface StartOptions {
  /** Whether what was committed outlives a crash of the system; false is quicker, for tests. */
  isDurable?: boolean;
  /** Settings of PostgreSQL beside those of the cluster. */
  settings?: Readonly<Record<string, string>>;
}

interface Place {
  config: LocalConfig;
  paths: ClusterPaths;
  account: Account | null;
  start: StartOptions;
  logger: Logger;
}

/** Long, because a server that was killed reads its log first. */
const START_MS = 120_000;
const POLL_MS = 10;
/** A supervisor hides the pipe for milliseconds; after this long it was killed meanwhile. */
const HIDDEN_MS = 2_000;
/** Between two starts that failed for a reason that passes. */
const PAUSE_MS = 100;
const STOP_MS = 10_000;
const MAX_LOG_BYTES = 1024 * 1024;
/** Failures of a start that pass: another process starts it, or the children of a killed server still end. */
const PASSING = /lock file|shared memory block|Is another postmaster/;

/**
 * Creates the cluster where there is none, starts PostgreSQL where it does not run, and joins it.
 * @throws GelqlError DATABASE_UNAVAILABLE with the reason and the ways out
 */
export async function openLocalServer(
  config: LocalConfig,
  logger: Logger,
  start: StartOptions = {},
): Promise<LocalServer> {
  const paths = clusterPaths(config.dataDir);
  return explained(config.dataDir, async () => {
    if (process.platform === 'win32') throw new Error('gelql starts PostgreSQL on Linux and macOS only.');
    refuseOldFolder(config.dataDir);
    const place = { config, paths, account: chooseAccount(paths.folder), start, logger };
    if (!existsSync(paths.folder)) {
      logger.info({ directory: paths.folder }, 'creating the database');
      await createCluster(paths, await findBinaries(config), place.account, start.isDurable ?? true);
    }
    return joinServer(place);
  });
}

async function joinServer(place: Place): Promise<LocalServer> {
  const { paths, config } = place;
  const password = readFileSync(paths.password, 'utf8');
  let { member, socket } = await ensureRunning(place, password);
  let restarting: Promise<void> | null = null;
  let hasLeft = false;

  const restart = async () => {
    place.logger.warn({ directory: paths.folder }, 'PostgreSQL has died, starting it again');
    const again = await explained(config.dataDir, () => ensureRunning(place, password));
    if (hasLeft) return again.member.leave();
    member.leave();
    ({ member, socket } = again);
  };
  return {
    folder: paths.folder,
    sockets: dirname(socket),
    password,
    async connect() {
      try {
        // One that another process has started again accepts connections long before it has recovered.
        if (hasLeft || readPostmaster(paths)?.isReady === true) return await dial(socket);
      } catch (error) {
        if (hasLeft) return failing(error);
      }
      restarting ??= restart().finally(() => (restarting = null));
      // The driver cannot bear a rejection here: it would count the connection as being made for ever.
      return restarting.then(() => dial(socket)).catch(failing);
    },
    async leave(isLast) {
      hasLeft = true;
      const running = readPostmaster(paths);
      member.leave();
      if (isLast && running !== null) await waitUntilStopped(paths, running.pid);
    },
  };
}

/** @throws Error with the last line of PostgreSQL's log where it does not start */
async function ensureRunning(place: Place, password: string): Promise<{ member: Member; socket: string }> {
  const { paths, account } = place;
  const deadline = Date.now() + START_MS;
  let hiddenSince: number | null = null;
  for (; Date.now() < deadline; await setTimeout(POLL_MS)) {
    const joined = joinMembers(paths.members);
    if (joined === 'missing') {
      hiddenSince ??= Date.now();
      const running = readPostmaster(paths);
      const isStopping = running !== null && isServer(running.pid, paths);
      if (!isStopping && Date.now() - hiddenSince > HIDDEN_MS) await makeMembers(paths.members, account);
      continue;
    }
    hiddenSince = null;
    const { member, refusal } =
      joined === 'unsupervised' ? await supervise(place, password) : { member: joined, refusal: null };
    const socket = await waitForAnswer(place, password, member);
    if (socket !== null) return { member, socket };
    member.leave();
    const reason = refusal?.() ?? null;
    if (reason !== null && !PASSING.test(reason)) throw new Error(reason);
    await setTimeout(PAUSE_MS);
  }
  throw new Error(
    `it does not answer after ${START_MS / 1000} s: ${findRefusal(readFileOrEmpty(paths.log)) ?? 'its log says nothing.'}`,
  );
}

/** @returns the socket; null where the supervisor has gone before the server answered */
async function waitForAnswer({ paths }: Place, password: string, member: Member): Promise<string | null> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && member.isSupervised()) {
    const running = readPostmaster(paths);
    if (running?.isReady === true && (await answers(running.socket, password))) return running.socket;
    await setTimeout(POLL_MS);
  }
  return null;
}

/**
 * Starts a supervisor: with a server, or for one that has lost its own.
 * @returns `refusal` tells what went wrong once it has ended; null where it was stopped in order
 */
async function supervise(
  place: Place,
  password: string,
): Promise<{ member: Member; refusal: () => string | null }> {
  const { paths, account, config, start, logger } = place;
  const found = readPostmaster(paths);
  const running = found !== null && (await answers(found.socket, password)) ? found.pid : null;
  const sockets = prepareSocketFolder(paths, account);
  if (running === null) removeStaleLocks(paths, socketIn(sockets));
  const binaries = await findBinaries(config);
  const logStart = beginLog(paths.log);
  logger.debug({ directory: paths.folder, running }, 'starting PostgreSQL');
  const supervisor = startSupervisor(paths, {
    binaries,
    account,
    sockets,
    running,
    options: optionsOf(start),
  });
  let spawnError: Error | null = null;
  supervisor.process.once('error', (error) => (spawnError = error));
  return {
    member: supervisor.member,
    refusal: () => spawnError?.message ?? findRefusal(readFileOrEmpty(paths.log).slice(logStart)),
  };
}

function optionsOf({ isDurable = true, settings = {} }: StartOptions): string[] {
  const all = { ...(isDurable ? {} : { fsync: 'off', full_page_writes: 'off' }), ...settings };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** @returns the place in the log from which on this start writes; a long log begins anew */
function beginLog(log: string): number {
  const text = readFileOrEmpty(log);
  if (text.length < MAX_LOG_BYTES) return text.length;
  truncateSync(log);
  return 0;
}

/** What PostgreSQL says when it cannot start; null where it does not say. */
function findRefusal(said: string): string | null {
  const lines = said
    .split('\n')
    .filter((line) => /FATAL|PANIC|error while loading|not found|denied/.test(line))
    // The answer to this process's own questions.
    .filter((line) => !line.includes('database system is starting up'));
  return lines.length === 0 ? null : lines.map((line) => line.replace(/^.*?(?=FATAL|PANIC)/, '')).join(' ');
}

/** Until the server and its supervisor, which shows the pipe again at last, are gone. */
async function waitUntilStopped(paths: ClusterPaths, pid: number): Promise<void> {
  const deadline = Date.now() + STOP_MS;
  const isStopping = () => isServer(pid, paths) || !existsSync(paths.members);
  while (Date.now() < deadline && isStopping()) await setTimeout(POLL_MS);
}

function dial(path: string): Promise<Socket> {
  const socket = connect(path);
  return new Promise((accept, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      accept(socket);
    });
  });
}

/** A socket that reports `error` as soon as somebody listens. */
function failing(error: unknown): Socket {
  const socket = new Socket();
  const reason = isNativeError(error) ? error : new Error(String(error));
  setImmediate(() => socket.destroy(reason));
  return socket;
}

/** @throws GelqlError where an earlier kind of database is there */
function refuseOldFolder(dataDir: string): void {
  const old = join(dataDir, 'database');
  if (!existsSync(join(old, 'PG_VERSION'))) return;
  throw new GelqlError(
    'DATABASE_UNAVAILABLE',
    `${old} holds a database that PGlite wrote, which this version does not read. Move it away, or set GELQL_DATA_DIR to another folder; gelql deletes nothing of it.`,
  );
}

async function explained<T>(dataDir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GelqlError) throw error;
    const reason = isNativeError(error) ? error.message : String(error);
    throw new GelqlError(
      'DATABASE_UNAVAILABLE',
      `gelql's own PostgreSQL in ${dataDir} cannot run: ${reason} Set DATABASE_URL to a PostgreSQL that runs elsewhere, for example in a container, or GELQL_POSTGRES to an installed postgres program.`,
      { cause: error },
    );
  }
}

function readFileOrEmpty(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
