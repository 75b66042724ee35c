import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PACKAGE_DIR } from '../../src/config.js';

export interface ServerProcess {
  pid: number;
  /** With /graphql. */
  url: string;
  /** Resident memory in MiB, as Linux accounts it; NaN elsewhere. */
  residentMebibytes(): Promise<number>;
  stop(): Promise<void>;
}

export type ServerKind =
  /** The product as `gelql serve` starts it. */
  | 'real'
  /** The same with an engine that computes nothing: what is left is the server itself. */
  | 'identity';

const COMMANDS: Record<ServerKind, string[]> = {
  real: [join(PACKAGE_DIR, 'bin', 'gelql.mjs'), 'serve', '--no-training', '--port', '0'],
  identity: ['--import', 'tsx', join(PACKAGE_DIR, 'bench', 'serving', 'identity-server.ts')],
};

export async function startServer(
  kind: ServerKind,
  environment: Record<string, string>,
): Promise<ServerProcess> {
  const quiet = { DATABASE_URL: '', GELQL_LOG_LEVEL: 'error' };
  return startListening(process.execPath, COMMANDS[kind], { ...quiet, ...environment });
}

/**
 * A server as its own process, so that its memory is its own.
 * @param program says its address, with /graphql, on stderr when it listens
 * @throws Error with what it said where it ends before that
 */
export async function startListening(
  program: string,
  args: readonly string[],
  environment: Record<string, string>,
): Promise<ServerProcess> {
  const child = spawn(program, args, {
    cwd: PACKAGE_DIR,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    const url = /(http:\/\/\S+\/graphql)/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stderr.resume();
    const pid = child.pid ?? 0;
    return {
      pid,
      url,
      residentMebibytes: () => readResident(pid),
      async stop() {
        child.kill('SIGTERM');
        if (child.exitCode === null) await once(child, 'exit');
      },
    };
  }
  throw new Error(`The server ended before it listened: ${said.join('\n')}`);
}

async function readResident(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024;
}
