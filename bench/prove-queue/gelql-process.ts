import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface GelqlProcess {
  kind: 'serve' | 'worker';
  pid: number;
  /** Of a server; empty for a worker. */
  url: string;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

const READY = { serve: /^GraphQL and GraphiQL\s+(\S+)\/graphql/, worker: /^worker .* takes/ };
const READY_TIMEOUT_MS = 120_000;

/** Starts `gelql serve --no-training` or `gelql worker` on the database and waits until it says that it is ready. */
export async function startProcess(kind: GelqlProcess['kind'], databaseUrl: string): Promise<GelqlProcess> {
  const args = kind === 'serve' ? ['serve', '--no-training', '--port', '0'] : ['worker'];
  const child = spawn(process.execPath, ['bin/gelql.mjs', ...args], {
    env: { ...process.env, DATABASE_URL: databaseUrl, GELQL_MAX_ATTEMPTS: '1000', GELQL_LOG_LEVEL: 'fatal' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await gone;
  };
  const said: string[] = [];
  const ready = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${kind} is not ready: ${said.join('\n')}`)),
      READY_TIMEOUT_MS,
    );
    void gone.then(() => reject(new Error(`${kind} ended: ${said.join('\n')}`)));
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      const match = READY[kind].exec(line);
      if (match === null) return;
      clearTimeout(timer);
      resolve(match[1] ?? '');
    });
  });
  return { kind, pid: child.pid ?? 0, url: await ready, kill };
}
