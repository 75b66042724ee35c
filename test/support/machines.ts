import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** A process of the built program as on a machine of its own: it shares nothing with the others but the database. */
export interface Machine {
  pid: number;
  /** Address of a server, for example http://127.0.0.1:41234; empty for a worker. */
  url: string;
  /** Below it lie the caches and models of this machine alone. */
  directory: string;
  /** SIGTERM or SIGKILL; resolves with the exit code when it is gone, null where the signal ended it. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

const ARGUMENTS = { server: ['serve', '--no-training'], worker: ['worker', '--concurrency', '1'] };
const READY = { server: /(http:\/\/[\d.]+:\d+)\/graphql/, worker: /^worker .* takes ()/ };

/** An empty machine, which resolves when it serves or takes runs. @throws Error where it ends before */
export async function startMachine(
  kind: 'server' | 'worker',
  directory: string,
  databaseUrl: string,
): Promise<Machine> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await cp('models', join(directory, 'models'), { recursive: true });
  const child = spawn(process.execPath, [resolve('bin/gelql.mjs'), ...ARGUMENTS[kind]], {
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      GELQL_CACHE_DIR: join(directory, 'cache'),
      GELQL_MODELS_DIR: join(directory, 'models'),
      GELQL_DATA_DIR: join(directory, 'data'),
      GELQL_PORT: '0',
      // No time for measuring, and the native TensorFlow lies in the cache that is not shared.
      GELQL_ENGINE: 'onnxruntime',
      GELQL_LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const said: string[] = [];
  const url = await new Promise<string>((accept, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      const found = READY[kind].exec(line)?.[1];
      if (found !== undefined) accept(found);
    });
    void exited.then(([code]) => reject(new Error(`The ${kind} ended with ${code}: ${said.join(' | ')}`)));
  });
  return {
    pid: child.pid ?? 0,
    url,
    directory,
    async end(signal) {
      child.kill(signal);
      return (await exited)[0];
    },
  };
}
