import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export type ProcessKind = 'server' | 'worker';

/** What every process of a scene shares. */
export interface ProcessPlace {
  databaseUrl: string;
  cacheDir: string;
  /** Port that the server listens on. */
  port: number;
  /** Arguments of node that start the command line: the built one or the sources. */
  launch: readonly string[];
}

export interface GelqlProcess {
  kind: ProcessKind;
  pid: number;
  /** Resolves when it says that it serves or takes runs. @throws Error where it ends before */
  ready: Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** What it said if it ended by itself, which none should; null otherwise. */
  ownEnd(): string | null;
}

const ARGUMENTS: Record<ProcessKind, (port: number) => string[]> = {
  server: (port) => ['serve', '--no-training', '--port', String(port)],
  worker: () => ['worker', '--device', 'cpu', '--concurrency', '1'],
};
const SAYS_READY: Record<ProcessKind, RegExp> = {
  server: /^GraphQL and GraphiQL/,
  worker: /^worker .* takes/,
};

export function environmentOf({ databaseUrl, cacheDir }: ProcessPlace): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DATABASE_URL: databaseUrl,
    GELQL_CACHE_DIR: cacheDir,
    GELQL_LOG_LEVEL: 'error',
    // The proof kills more often than the default allows.
    GELQL_MAX_ATTEMPTS: '1000',
  };
}

export function startProcess(kind: ProcessKind, place: ProcessPlace): GelqlProcess {
  const child = spawn(process.execPath, [...place.launch, ...ARGUMENTS[kind](place.port)], {
    env: environmentOf(place),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = once(child, 'exit');
  const said: string[] = [];
  let isKilled = false;
  const lastWords = () => `${kind}: ${said.slice(-5).join(' | ')}`;
  const ready = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      if (SAYS_READY[kind].test(line)) resolve();
    });
    void gone.then(() => reject(new Error(lastWords())));
  });
  // Only the first processes are waited for.
  ready.catch(() => undefined);
  return {
    kind,
    pid: child.pid ?? 0,
    ready,
    async kill() {
      isKilled = true;
      child.kill('SIGKILL');
      await gone;
    },
    ownEnd: () => (child.exitCode === null || isKilled ? null : lastWords()),
  };
}
