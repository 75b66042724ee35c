/**
 * Serving in numbers, all in one run, so that ratios hold on a noisy machine. The clients run in a process of their own
 * on the same cores, so the server never has the machine to itself.
 *   npm run bench:serving                              everything but the peers (fifteen minutes)
 *   npm run bench:serving -- --quick                   shorter runs
 *   npm run bench:serving -- --only overhead,overload  these scenarios
 *   npm run bench:serving -- --only peers              beside other servers; --peers DIRECTORY: where their environment lies
 * Works on temporary databases; native TensorFlow, weights and measurements come from the usual cache.
 * The peers' environment (2 GB to fetch, 4.5 GB on disk) is made below that cache where no directory is given; nobody
 * gets it unasked.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { printResult } from '../src/cli/terminal/output.js';
import { prepareBench, type BenchContext } from './serving/bench-context.js';
import { benchDeadlines } from './serving/deadlines.js';
import { formatLoad } from './serving/figures.js';
import { benchOverhead } from './serving/overhead.js';
import { benchOverload } from './serving/overload.js';
import { benchPeers } from './serving/peers.js';
import { benchProcessorTime } from './serving/processor-time.js';
import { benchRegistry } from './serving/registry.js';
import { benchResidentMemory } from './serving/resident-memory.js';
import { benchThroughput } from './serving/throughput.js';
import { benchUploads } from './serving/uploads.js';

interface Scenario {
  title: string;
  run: (bench: BenchContext) => Promise<void>;
}

const SCENARIOS = new Map<string, Scenario>([
  ['overhead', { title: 'Overhead over decode + engine, one client', run: benchOverhead }],
  ['throughput', { title: 'Throughput against the raw engine', run: benchThroughput }],
  ['processor-time', { title: 'Where the processor time of an answer goes', run: benchProcessorTime }],
  ['deadlines', { title: 'Deadlines that pass while batches run', run: benchDeadlines }],
  ['overload', { title: 'Three times the peak', run: benchOverload }],
  [
    'registry',
    { title: 'A thousand moves of the champion, a hundred loads and releases', run: benchRegistry },
  ],
  ['peers', { title: 'Beside FastAPI with PyTorch and with ONNX Runtime', run: benchPeers }],
  ['memory', { title: 'Resident memory', run: benchResidentMemory }],
  ['uploads', { title: 'A hundred uploads of 10 MB at once', run: benchUploads }],
]);

const ON_REQUEST = 'peers';

function chooseScenarios(only: string | undefined): Scenario[] {
  const names = only?.split(',') ?? [...SCENARIOS.keys()].filter((name) => name !== ON_REQUEST);
  return names.map((name) => {
    const scenario = SCENARIOS.get(name);
    if (scenario !== undefined) return scenario;
    throw new Error(`There is no scenario ${name}: choose from ${[...SCENARIOS.keys()].join(', ')}.`);
  });
}

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    peers: { type: 'string' },
  },
});
const scenarios = chooseScenarios(values.only);
const folder = await mkdtemp(join(tmpdir(), 'gelql-bench-serving-'));
try {
  printResult(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores`);
  const bench = await prepareBench(folder, { isQuick: values.quick, peersDir: values.peers });
  for (const { title, run } of scenarios) {
    printResult(`\n${title} (${formatLoad()})`);
    await run(bench);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
