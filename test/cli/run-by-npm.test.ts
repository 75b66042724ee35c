import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { readConfig } from '../../src/config.js';

const isBuilt = existsSync(resolve('dist/cli.js'));
const suffix = isBuilt ? '' : ' (skipped: run npm run build)';
const whenBuilt = isBuilt ? test : test.skip;
const GONE_WITHIN_MS = 30_000;

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gelql-npm-'));
});
afterEach(() => rm(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));

const npm = (...args: string[]) => ['run', '--silent', 'gelql', '--', ...args];
const environment = () => ({
  ...process.env,
  DATABASE_URL: '',
  GELQL_DATA_DIR: join(root, 'data'),
  GELQL_CACHE_DIR: readConfig({}).cacheDir,
  GELQL_PORT: '0',
});

whenBuilt(
  `a signal to npm stops the server${suffix}`,
  async () => {
    const child = spawn('npm', npm('serve', '--no-training'), { env: environment() });
    const ended = once(child, 'exit');
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    while (!said.includes('/graphql')) await Promise.race([once(child.stderr, 'data'), ended]);
    const [, url = ''] = /(http:\S+)\/graphql/.exec(said) ?? [];
    expect((await fetch(`${url}/health`)).status).toBe(200);
    child.kill('SIGTERM');
    await ended;
    const until = performance.now() + GONE_WITHIN_MS;
    const isThere = () => fetch(`${url}/health`).then(Boolean, () => false);
    while ((await isThere()) && performance.now() < until) await delay(200);
    expect(await isThere()).toBe(false);
  },
  120_000,
);

whenBuilt(
  `paths begin where the user stands${suffix}`,
  async () => {
    const run = promisify(execFile)('npm', npm('dataset', 'import', 'gel'), {
      cwd: resolve('dataset/test'),
      env: environment(),
    });
    // The folder is found, and refused for what is in it.
    await expect(run).rejects.toMatchObject({ stderr: expect.stringContaining('gel_001.png') as unknown });
  },
  60_000,
);
