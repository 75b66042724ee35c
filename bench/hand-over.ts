/**
 * What it costs to hand a picture to a process instead of a thread, and back: the same pictures through a lane of one
 * thread and a lane of one process, in turns, so that the ratio holds on a noisy machine.
 *   npm run bench:hand-over                 sixty rounds
 *   npm run bench:hand-over -- --rounds 20
 * `hand-over` is the time around `decodeMs`, which the worker measures itself.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { printResult } from '../src/cli/output.js';
import { inProcess, inThread, type Channel, type OpenChannel } from '../src/compute/channel.js';
import { PREPARE_IMAGE } from '../src/compute/compute-tasks.js';
import { entryBeside } from '../src/compute/entry-beside.js';
import { createLane, type Lane } from '../src/compute/lane.js';
import { PACKAGE_DIR } from '../src/config.js';
import { writeTiff } from '../test/support/tiff.js';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '60' } } });
const rounds = Number(values.rounds);

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

async function time(lane: Lane, bytes: Uint8Array): Promise<{ totalMs: number; handOverMs: number }> {
  const task = {
    bytes: new Uint8Array(bytes),
    page: null,
    recipe: 'gel-v1',
    views: 1,
    maxPixels: 1e8,
  } as const;
  const startedAt = performance.now();
  const { decodeMs } = await lane.run(PREPARE_IMAGE, task, { isHandedOver: true });
  const totalMs = performance.now() - startedAt;
  return { totalMs, handOverMs: totalMs - decodeMs };
}

function median(values: number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

for (const [name, bytes] of pictures) {
  const times = await measure(bytes);
  const [thread, process] = times.map((runs) => ({
    total: median(runs.map(({ totalMs }) => totalMs)),
    handOver: median(runs.map(({ handOverMs }) => handOverMs)),
  }));
  if (thread === undefined || process === undefined) throw new Error('two lanes are measured');
  const ratios = times[0]?.map(({ totalMs }, round) => (times[1]?.[round]?.totalMs ?? NaN) / totalMs) ?? [];
  printResult(
    `${name}: thread ${thread.total.toFixed(1)} ms (hand-over ${thread.handOver.toFixed(2)}), ` +
      `process ${process.total.toFixed(1)} ms (${process.handOver.toFixed(2)}), ratio ${median(ratios).toFixed(3)}`,
  );
}

async function measure(bytes: Uint8Array): Promise<{ totalMs: number; handOverMs: number }[][]> {
  const times: { totalMs: number; handOverMs: number }[][] = lanes.map(() => []);
  for (let round = -3; round < rounds; round++) {
    for (const [place, lane] of lanes.entries()) {
      const taken = await time(lane, bytes);
      if (round >= 0) times[place]?.push(taken);
    }
  }
  return times;
}

for (const { pid } of channels) {
  if (pid === null) continue;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  printResult(`Resident memory of the process: ${/VmRSS:\s+(\d+ kB)/.exec(status)?.[1] ?? 'unknown'}`);
}
await Promise.all(lanes.map((lane) => lane.close()));
