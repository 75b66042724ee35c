/**
 * The main job in numbers, all in one run, so that ratios hold on a noisy machine:
 *   npm run bench            everything
 *   npm run bench -- --quick fewer requests
 * Works on its own temporary data and feature folders; native TensorFlow and weights come from the usual cache.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createApp, type App } from '../src/app.js';
import { classifyOverHttp } from '../src/cli/classify-over-http.js';
import { importPictures } from '../src/cli/datasets/import-pictures.js';
import { formatTable, printResult } from '../src/cli/terminal/output.js';
import { waitForRun } from '../src/cli/training/wait-for-run.js';
import { PACKAGE_DIR, readConfig } from '../src/config.js';
import { scanFolder } from '../src/datasets/scan-folder.js';
import { createLogger } from '../src/logger.js';
import { findBackbone } from '../src/networks/weights/backbones.js';
import { DEFAULT_BACKBONE_ID } from '../src/networks/weights/catalog.js';
import { startTraining } from '../src/training/start-training.js';

const isQuick = process.argv.includes('--quick');
const REQUESTS = isQuick ? 40 : 200;
const WARM_UP = 20;
const CONCURRENCIES = [1, 8, 32];
const BACKBONES = [DEFAULT_BACKBONE_ID, 'mobilenet_v3_large-gelql-1'];

/** The shipped models, one per backbone. */
const MODELS = ['gelql-base-resnet18', 'gelql-base-mobilenet_v3_large'];

const folder = await mkdtemp(join(tmpdir(), 'gelql-bench-'));
const base = readConfig();
const config = {
  ...base,
  databaseUrl: null,
  dataDir: join(folder, 'data'),
  featuresDir: join(folder, 'features'),
  port: 0,
  maxPending: 1000,
};
const app = await createApp(config, createLogger('error'));
try {
  printResult(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores`);
  await benchEngines(app);
  await benchTraining(app);
  await app.close();
  await benchServing();
} finally {
  await app.close();
  await rm(folder, { recursive: true, force: true });
}

async function benchEngines({ compute }: App): Promise<void> {
  const backbones = await Promise.all(BACKBONES.map((id) => findBackbone(id, config)));
  const reports = await compute.measure(backbones);
  const rows = reports
    .filter(({ available }) => available)
    .flatMap(({ engine, version, measurements }) =>
      measurements.map(({ backboneId, batchSize, msPerPicture }) => [
        engine,
        version ?? '',
        backboneId,
        String(batchSize),
        msPerPicture.toFixed(1),
      ]),
    );
  title('Engines: milliseconds per picture');
  printResult(formatTable(['engine', 'version', 'backbone', 'batch', 'ms per picture'], rows));
}

async function benchTraining(current: App): Promise<void> {
  const scan = await scanFolder(join(PACKAGE_DIR, 'dataset'));
  const { dataset } = await importPictures(current, { name: 'bench', source: 'dataset', ...scan });
  await current.startTrainingWorker();
  const rows: string[][] = [];
  for (const label of ['cold (every feature computed)', 'cached (features read)']) {
    const startedAt = performance.now();
    const { run } = await startTraining(current, {
      dataset: dataset.id,
      architecture: 'resnet18',
      force: true,
    });
    await waitForRun(current, run.id, { update: () => undefined, stop: () => undefined });
    rows.push([label, ((performance.now() - startedAt) / 1000).toFixed(2)]);
  }
  title(`One training run: ResNet18, SINGLE, ADAM, 20 epochs, ${dataset.pictureCount} pictures`);
  printResult(formatTable(['run', 'seconds, queued to registered'], rows));
}

async function benchServing(): Promise<void> {
  const directory = join(PACKAGE_DIR, 'dataset', 'test', 'gel');
  const names = (await readdir(directory)).sort();
  const files = await Promise.all(
    names.map(async (name) => ({ filename: name, bytes: await readFile(join(directory, name)) })),
  );
  const pictureAt = (index: number) => {
    const file = files[index % files.length];
    if (file === undefined) throw new Error('The demo data set has no test pictures.');
    return file;
  };
  const server = await startServer();
  try {
    const timeRequests = async (model: string): Promise<void> => {
      const ask = (index: number) => classifyOverHttp(server.url, { ...pictureAt(index), model });
      for (let index = 0; index < WARM_UP; index += 1) await ask(index);
      const totals: number[] = [];
      const overheads: number[] = [];
      for (let index = 0; index < REQUESTS; index += 1) {
        const startedAt = performance.now();
        const { timing } = await ask(index);
        const totalMs = performance.now() - startedAt;
        totals.push(totalMs);
        overheads.push(totalMs - timing.decodeMs - timing.inferMs);
      }
      title(`Serving ${model}: one client, ${REQUESTS} requests over HTTP`);
      printResult(
        formatTable(
          ['milliseconds', 'p50', 'p95'],
          [
            ['whole request', percentile(totals, 0.5), percentile(totals, 0.95)],
            ['overhead over decode + engine', percentile(overheads, 0.5), percentile(overheads, 0.95)],
          ],
        ),
      );
      const rows: string[][] = [];
      for (const concurrency of CONCURRENCIES) {
        rows.push([String(concurrency), await requestsPerSecond(ask, concurrency)]);
      }
      printResult(formatTable(['clients', 'requests per second'], rows));
      printResult(`resident memory of the server: ${await residentMebibytes(server.pid)} MiB`);
    };
    for (const model of MODELS) await timeRequests(model);
  } finally {
    await server.stop();
  }
}

async function requestsPerSecond(
  ask: (index: number) => Promise<unknown>,
  concurrency: number,
): Promise<string> {
  let next = 0;
  const startedAt = performance.now();
  const client = async () => {
    while (next < REQUESTS) await ask(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  return (REQUESTS / ((performance.now() - startedAt) / 1000)).toFixed(1);
}

interface ServerProcess {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/** The real server as its own process, so that its memory is its own; the clients are in this one. */
async function startServer(): Promise<ServerProcess> {
  const child = spawn(
    process.execPath,
    [join(PACKAGE_DIR, 'bin', 'gelql.mjs'), 'serve', '--no-training', '--port', '0'],
    {
      env: {
        ...process.env,
        DATABASE_URL: '',
        GELQL_DATA_DIR: join(folder, 'serving'),
        GELQL_LOG_LEVEL: 'error',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const lines = createInterface({ input: child.stderr });
  for await (const line of lines) {
    const url = /(http:\/\/\S+)\/graphql/.exec(line)?.[1];
    if (url === undefined || child.pid === undefined) continue;
    child.stderr.resume();
    return {
      url,
      pid: child.pid,
      async stop() {
        child.kill('SIGTERM');
        if (child.exitCode === null) await once(child, 'exit');
      },
    };
  }
  throw new Error('The server ended before it listened.');
}

/** As Linux accounts it; unknown elsewhere. */
async function residentMebibytes(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kibibytes = /VmRSS:\s+(\d+)/.exec(status)?.[1];
  return kibibytes === undefined ? 'unknown' : String(Math.round(Number(kibibytes) / 1024));
}

function percentile(values: readonly number[], share: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1);
}

function title(text: string): void {
  printResult(`\n${text}`);
}
