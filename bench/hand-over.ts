/**
 * What it costs to hand a picture to a process instead of a thread, and back: the same pictures through a lane of one
 * thread and a lane of one process, in turns, so that the ratio holds on a noisy machine.
 *   npm run bench:hand-over                 nine rounds
 *   npm run bench:hand-over -- --rounds 3
 * Processor time counts all threads and processes; it is what holds where the machine has other work. For Linux.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { printResult } from '../src/cli/terminal/output.js';
import { inProcess, inThread, type Channel, type OpenChannel } from '../src/compute/channel.js';
import { PREPARE_IMAGE } from '../src/compute/compute-tasks.js';
import { entryBeside } from '../src/compute/entry-beside.js';
import { createLane, type Lane } from '../src/compute/lane.js';
import { PACKAGE_DIR } from '../src/config.js';
import { writeTiff } from '../test/support/tiff.js';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } });
const rounds = Number(values.rounds);
/** Pictures of one measurement: processor time is told in hundredths of a second. */
const STRETCH = 10;

/** A 16-bit TIFF without compression, as imagers write it; noise, so that nothing about it is special. */
function makeTiff(width: number, height: number): Uint8Array {
  const pixels = Uint16Array.from({ length: width * height }, (_, place) => (place * 40503) & 65535);
  return writeTiff([{ width, height, samples: pixels }]);
}

const pictures: [string, Uint8Array][] = [
  ['PNG of the data set', readFileSync(join(PACKAGE_DIR, 'dataset', 'test', 'gel', 'gel_001.png'))],
  ['TIFF of 2 MB', makeTiff(1024, 1024)],
  ['TIFF of 5 MB', makeTiff(1600, 1600)],
  ['TIFF of 20 MB', makeTiff(3200, 3200)],
];

const worker = {
  entry: entryBeside(new URL('../src/compute/worker.ts', import.meta.url).href, 'worker'),
  settings: { threads: 1, niceness: 0, softwareGpu: false, card: null, cacheDir: PACKAGE_DIR },
};
const channels: Channel[] = [];
const remember =
  (open: OpenChannel): OpenChannel =>
  (events) => {
    const channel = open(events);
    channels.push(channel);
    return channel;
  };
const lanes = [inThread(worker), inProcess(worker)].map((open) =>
  createLane({ name: 'bench', open: remember(open), workers: 1 }),
);

/** Processor time of this process and its threads, and of the process of the second lane, in milliseconds. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  const pid = channels.find((channel) => channel.pid !== null)?.pid;
  if (pid === undefined) return (user + system) / 1000;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // utime and stime, in hundredths of a second.
  return (user + system) / 1000 + 10 * (Number(fields[11]) + Number(fields[12]));
}

async function decode(lane: Lane, bytes: Uint8Array): Promise<void> {
  const task = {
    bytes: new Uint8Array(bytes),
    page: null,
    recipe: 'gel-v1',
    views: 1,
    maxPixels: 1e8,
  } as const;
  await lane.run(PREPARE_IMAGE, task, { isHandedOver: true });
}

interface Spent {
  clockMs: number;
  processorMs: number;
}

/** What one picture took, on average of a stretch of them. */
async function measure(lane: Lane, bytes: Uint8Array, count: number): Promise<Spent> {
  const startedAt = performance.now();
  const processorAtStart = processorMs();
  for (let picture = 0; picture < count; picture++) await decode(lane, bytes);
  return {
    clockMs: (performance.now() - startedAt) / count,
    processorMs: (processorMs() - processorAtStart) / count,
  };
}

function median(values: number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

for (const lane of lanes) await decode(lane, pictures[0]![1]);
for (const [name, bytes] of pictures) {
  const spent: Spent[][] = lanes.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [place, lane] of lanes.entries()) spent[place]?.push(await measure(lane, bytes, STRETCH));
  }
  for (const what of ['clockMs', 'processorMs'] as const) {
    const [thread = NaN, child = NaN] = spent.map((runs) => median(runs.map((run) => run[what])));
    printResult(
      `${name}, ${what}: thread ${thread.toFixed(1)}, process ${child.toFixed(1)}, ratio ${(child / thread).toFixed(3)}`,
    );
  }
}

for (const { pid } of channels) {
  if (pid === null) continue;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  printResult(`Resident memory of the process: ${/VmRSS:\s+(\d+ kB)/.exec(status)?.[1] ?? 'unknown'}`);
}
await Promise.all(lanes.map((lane) => lane.close()));
