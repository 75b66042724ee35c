/**
 * The published experiment's CPU half with the backbones that are there, and one of its ResNet18 runs:
 *   npm run bench:experiment -- [DATASET_DIR]     (default: ../shared/seed-dataset, else the demo's pictures)
 * Each is run cold (no features in the cache, new database) and again with cached features (new database); the grid also
 * on the same database, where finished runs are the answer. Whole processes of the built program, on temporary folders;
 * native TensorFlow and measurements of the engines come from the usual cache. Processor time is that of the process with
 * all its threads, and holds also where other programs slow the wall clock down.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createApp, type App } from '../src/app.js';
import { importPictures } from '../src/cli/datasets/import-pictures.js';
import { formatTable, printNote, printResult } from '../src/cli/terminal/output.js';
import { waitForRun } from '../src/cli/training/wait-for-run.js';
import { PACKAGE_DIR, readConfig } from '../src/config.js';
import { scanFolder } from '../src/datasets/scan-folder.js';
import { createLogger } from '../src/logger.js';
import { startTraining } from '../src/training/start-training.js';

/** One training of the published experiment's code, ResNet18 for 20 epochs over 73 pictures: PyTorch, two such cores. */
const REFERENCE_SECONDS = 2.74 * 60;
const SEED_DATASET = resolve('../shared/seed-dataset');
/** Runs of which the quickest counts. */
const WARM_RUNS = 5;

interface Spent {
  wallSeconds: number;
  processorSeconds: number;
}

const pictures = process.argv[2] ?? (existsSync(SEED_DATASET) ? SEED_DATASET : join(PACKAGE_DIR, 'dataset'));
const folder = await mkdtemp(join(tmpdir(), 'gelql-bench-'));
try {
  printResult(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores`);
  await benchSweep();
  await benchRun();
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Every engine's library and measurement of the usual cache, but no features. */
async function cacheWithoutFeatures(name: string): Promise<string> {
  const directory = join(folder, name);
  await mkdir(directory);
  const { cacheDir } = readConfig();
  for (const entry of await readdir(cacheDir)) {
    if (entry !== 'features') await symlink(join(cacheDir, entry), join(directory, entry));
  }
  return directory;
}

async function benchSweep(): Promise<void> {
  const cacheDir = await cacheWithoutFeatures('sweep-cache');
  const sweep = (dataDir: string) =>
    spend(
      [
        'sweep',
        '--dataset_dir',
        pictures,
        '--hardware_types',
        'cpu',
        '--output',
        join(folder, dataDir, 'out'),
      ],
      { GELQL_CACHE_DIR: cacheDir, GELQL_DATA_DIR: join(folder, dataDir) },
    );
  const rows = [
    row('cold: features computed, new database', await sweep('first')),
    row('features cached, new database', await sweep('second')),
    row('the same database: finished runs are the answer', await sweep('second')),
  ];
  printTable('gelql sweep --hardware_types cpu', ['grid', 'seconds', 'processor seconds'], rows);
}

async function benchRun(): Promise<void> {
  const cacheDir = await cacheWithoutFeatures('run-cache');
  const train = (dataDir: string) =>
    spend(['train', '--dataset_dir', pictures, '--pretrained_model', 'resnet18', '--hardware_type', 'cpu'], {
      GELQL_CACHE_DIR: cacheDir,
      GELQL_DATA_DIR: join(folder, dataDir),
    });
  const cold = await train('third');
  const cached = await train('fourth');
  const { computed, warm } = await runsInOneProcess(cacheDir);
  const ratio = ({ wallSeconds }: Spent) => [(REFERENCE_SECONDS / wallSeconds).toFixed(0)];
  printTable(
    `One run: ResNet18, single, Adam, 20 epochs, against the reference's ${REFERENCE_SECONDS.toFixed(0)} s`,
    ['run', 'seconds', 'processor seconds', 'times faster'],
    [
      [...row('gelql train, cold', cold), ...ratio(cold)],
      [...row('gelql train, features cached', cached), ...ratio(cached)],
      [...row('a running server: features computed', computed), ...ratio(computed)],
      [...row('a running server: features cached', warm), ...ratio(warm)],
    ],
  );
}

/** From queued to registered in a process that has trained before: once without cached features, and the quickest with. */
async function runsInOneProcess(cacheDir: string): Promise<{ computed: Spent; warm: Spent }> {
  const config = { ...readConfig(), databaseUrl: null, cacheDir, dataDir: join(folder, 'fifth') };
  const app = await createApp({ ...config, featuresDir: join(cacheDir, 'features') }, createLogger('error'), {
    isTraining: true,
  });
  try {
    const scan = await scanFolder(pictures);
    const { dataset } = await importPictures(app, { name: 'bench', source: 'bench', ...scan });
    await app.startTrainingWorker();
    await trainOnce(app, dataset.id);
    await rm(app.config.featuresDir, { recursive: true });
    const computed = await trainOnce(app, dataset.id);
    const spent: Spent[] = [];
    for (let time = 0; time < WARM_RUNS; time += 1) spent.push(await trainOnce(app, dataset.id));
    return { computed, warm: spent.reduce((best, one) => (one.wallSeconds < best.wallSeconds ? one : best)) };
  } finally {
    await app.close();
  }
}

async function trainOnce(app: App, dataset: string): Promise<Spent> {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const { run } = await startTraining(app, { dataset, architecture: 'resnet18', device: 'CPU', force: true });
  await waitForRun(app, run.id, { update: () => undefined, stop: () => undefined });
  const { user, system } = process.cpuUsage(before);
  return {
    wallSeconds: (performance.now() - startedAt) / 1000,
    processorSeconds: (user + system) / 1e6,
  };
}

/** Runs the built program under the shell's `time`. @throws Error with what it said where it fails */
async function spend(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<Spent> {
  printNote(`gelql ${args.join(' ')} (load ${loadavg()[0]?.toFixed(1)})`);
  const program = [process.execPath, join(PACKAGE_DIR, 'bin', 'gelql.mjs'), ...args];
  const child = spawn('bash', ['-c', 'TIMEFORMAT="spent %R %U %S"; time "$@"', 'bash', ...program], {
    env: { ...process.env, LC_ALL: 'C', DATABASE_URL: '', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const [, wall, user, system] = /^spent ([\d.]+) ([\d.]+) ([\d.]+)$/m.exec(said.join('')) ?? [];
  if (code !== 0 || wall === undefined) throw new Error(`It ended with ${code}: ${said.join('')}`);
  return { wallSeconds: Number(wall), processorSeconds: Number(user) + Number(system) };
}

function row(label: string, { wallSeconds, processorSeconds }: Spent): string[] {
  return [label, wallSeconds.toFixed(2), processorSeconds.toFixed(2)];
}

function printTable(title: string, header: readonly string[], rows: readonly (readonly string[])[]): void {
  printResult(`\n${title}\n${formatTable(header, rows)}`);
}
