import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readConfig } from '../../src/config.js';

export interface CliOutcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface SpawnOptions {
  cwd?: string | undefined;
  databaseUrl?: string | undefined;
  environment?: NodeJS.ProcessEnv;
}

/** See jest.config.js. */
const COMMAND_LINE =
  process.env.GELQL_TEST_RUNS_BUILD === '1'
    ? [resolve('bin/gelql.mjs')]
    : ['--import', resolve('node_modules/tsx/dist/loader.mjs'), resolve('src/cli.ts')];

// A test that fails before it has ended its server would leave it computing beside all later ones.
const living = new Set<ChildProcess>();
afterAll(() => living.forEach((child) => child.kill('SIGKILL')));

/** The real command line in a process of its own, over its own data folder and the machine's cache. */
function spawnCli(
  dataDir: string,
  args: readonly string[],
  { cwd, databaseUrl = '', environment = {} }: SpawnOptions = {},
): ChildProcess {
  const child = spawn(process.execPath, [...COMMAND_LINE, ...args], {
    cwd,
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      GELQL_DATA_DIR: dataDir,
      GELQL_CACHE_DIR: readConfig({}).cacheDir,
      GELQL_PORT: '0',
      GELQL_LOG_LEVEL: 'warn',
      ...environment,
    },
  });
  living.add(child);
  child.once('exit', () => living.delete(child));
  return child;
}

function collectOutput(child: ChildProcess): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return output;
}

export async function runCli(dataDir: string, args: readonly string[], cwd?: string): Promise<CliOutcome> {
  return startCli(dataDir, args, { cwd }).ended;
}

export interface RunningCli {
  ended: Promise<CliOutcome>;
  /** Resolves when stderr holds the text. @throws Error where the process ends before */
  untilSaid(text: string): Promise<void>;
  kill(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void;
}

/** The command line while it runs. @param options.databaseUrl a PostgreSQL instead of the folder */
export function startCli(
  dataDir: string,
  args: readonly string[],
  options: { cwd?: string | undefined; databaseUrl?: string | undefined } = {},
): RunningCli {
  const child = spawnCli(dataDir, args, options);
  const output = collectOutput(child);
  const ended = (once(child, 'close') as Promise<[number | null]>).then(([code]) => ({ code, ...output }));
  return {
    ended,
    async untilSaid(text) {
      const said = new Promise<void>((accept) => {
        const look = () => {
          if (output.stderr.includes(text)) accept();
        };
        child.stderr?.on('data', look);
        look();
      });
      const early = ended.then(({ code }) => {
        throw new Error(`It ended with ${code} before it said "${text}": ${output.stderr}`);
      });
      await Promise.race([said, early]);
    },
    kill: (signal) => child.kill(signal),
  };
}

/** What a command printed with `--json`. @throws Error where that is not one JSON value, or the command failed */
export async function runCliForJson(dataDir: string, args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await runCli(dataDir, [...args, '--json']);
  if (code !== 0) throw new Error(`${args.join(' ')} exited with ${code}: ${stderr}`);
  return JSON.parse(stdout) as unknown;
}

export interface ServerProcess {
  pid: number;
  /** For example http://127.0.0.1:41234 */
  url: string;
  /** Everything on stderr so far. */
  said(): string;
  query(document: string, variables?: object): Promise<unknown>;
  /** Sends the signal and resolves when the process is gone, with its exit code (null where the signal ended it). */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

interface ServerOptions extends Pick<SpawnOptions, 'databaseUrl' | 'environment'> {
  args?: readonly string[];
}

export async function startServer(
  dataDir: string,
  { args = [], databaseUrl, environment }: ServerOptions = {},
): Promise<ServerProcess> {
  const child = spawnCli(dataDir, ['serve', ...args], { databaseUrl, ...(environment && { environment }) });
  const output = collectOutput(child);
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const listening = new Promise<string>((accept) => {
    child.stderr?.on('data', () => {
      const url = /(http:\/\/[\d.]+:\d+)\/graphql/.exec(output.stderr)?.[1];
      if (url !== undefined) accept(url);
    });
  });
  const url = await Promise.race([
    listening,
    exited.then(([code]) => {
      throw new Error(`The server ended with ${code}: ${output.stderr}`);
    }),
  ]);
  return {
    pid: child.pid ?? 0,
    url,
    said: () => output.stderr,
    async query(query, variables = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-graphql-yoga-csrf': 'test' },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await response.json()) as { data?: unknown; errors?: unknown };
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      return data;
    },
    async end(signal) {
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
  };
}

/**
 * Asks about a run until it is where it is waited for.
 * @param query of `trainingRun(id: $id)`
 * @throws Error where it has ended before
 */
export async function waitForRun<Run extends { state: string }>(
  server: ServerProcess,
  query: string,
  id: string,
  isReached: (run: Run) => boolean,
): Promise<Run> {
  for (;;) {
    const { trainingRun } = (await server.query(query, { id })) as { trainingRun: Run };
    if (isReached(trainingRun)) return trainingRun;
    if (!['QUEUED', 'RUNNING'].includes(trainingRun.state)) throw new Error(JSON.stringify(trainingRun));
    await delay(30);
  }
}
