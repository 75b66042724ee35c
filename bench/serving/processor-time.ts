import { readdir, readFile } from 'node:fs/promises';
import { formatTable, printResult } from '../../src/cli/terminal/output.js';
import { planThreads } from '../../src/compute/thread-plan.js';
import type { BenchContext, Subject } from './bench-context.js';
import { percent } from './figures.js';
import { answered, runLoad } from './load-client.js';
import { measureRawEngine } from './raw-engine-client.js';

/** Clients that keep the engine in full batches. */
const CLIENTS = 32;
/** Linux counts a thread's processor time in these, whatever the kernel's own ticks are. */
const MS_PER_TICK = 10;

/** Who in the server's process computes: told apart by what Linux knows of each thread. */
const PARTS = ['main', 'compute', 'libvips', 'other'] as const;
type Part = (typeof PARTS)[number];
type ProcessorMs = Record<Part, number>;

/**
 * Where the processor time of an answer goes, and how much of the machine the engine alone could have at best: the share
 * of the raw engine that a server reaches is bounded by that of the engine in the whole.
 */
export async function benchProcessorTime(bench: BenchContext): Promise<void> {
  const rows: string[][] = [];
  for (const subject of bench.subjects) {
    const engineMs = await rawProcessorMs(bench, subject);
    for (const [pictures, files] of [
      ['small', bench.smallPictures],
      ['demo', bench.demoPictures],
    ] as const) {
      const costs = await costsOfAnAnswer(bench, subject, files);
      const totalMs = costs.reduce((sum, cost) => sum + cost, 0);
      const cells = [...costs, totalMs, engineMs].map((value) => value.toFixed(1));
      rows.push([subject.model, pictures, ...cells, percent(engineMs / totalMs)]);
    }
  }
  printResult('milliseconds of processor time an answer');
  const columns = ['model', 'pictures', ...PARTS, 'client', 'total', 'raw engine', 'its share'];
  printResult(formatTable(columns, rows));
}

/** @returns one for each part of the server, then that of the client */
async function costsOfAnAnswer(
  bench: BenchContext,
  { model }: Subject,
  files: readonly string[],
): Promise<number[]> {
  return bench.withServer('real', { GELQL_MAX_PENDING: '1000' }, async ({ url, pid }) => {
    const target = { url, files, model, priority: 'INTERACTIVE' } as const;
    const job = { kind: 'closed', target, clients: CLIENTS, maxRequests: Infinity } as const;
    await runLoad({ ...job, warmUp: 60, durationMs: 2_000 });
    const before = await processorMs(pid);
    const reply = await runLoad({ ...job, warmUp: 0, durationMs: bench.isQuick ? 4_000 : 15_000 });
    const after = await processorMs(pid);
    const count = answered(reply).length;
    return [...PARTS.map((part) => after[part] - before[part]), reply.processorMs].map((ms) => ms / count);
  });
}

/** The engine keeps all of its threads busy. */
async function rawProcessorMs({ config, isQuick }: BenchContext, subject: Subject): Promise<number> {
  const { engine, backbone, maxBatch: batchSize } = subject;
  const threads = planThreads(config).engineThreads.serving;
  const durationMs = isQuick ? 1_000 : 4_000;
  return (1000 * threads) / (await measureRawEngine({ engine, threads, backbone, batchSize, durationMs }));
}

/** Reads Linux' /proc. Compute threads are those with a raised nice value; threads that have ended do not count. */
async function processorMs(pid: number): Promise<ProcessorMs> {
  const sums: ProcessorMs = { main: 0, compute: 0, libvips: 0, other: 0 };
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const line = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8').catch(() => null);
    const [, name = '', rest = ''] = /\((.*)\) (.*)/s.exec(line ?? '') ?? [];
    // From the third on, as proc(5) counts them: 14 and 15 are user and system time, 19 is the niceness.
    const fields = rest.split(' ').map(Number);
    const part = whoComputes(Number(thread) === pid, name, fields[16] ?? 0);
    sums[part] += ((fields[11] ?? 0) + (fields[12] ?? 0)) * MS_PER_TICK;
  }
  return sums;
}

function whoComputes(isMain: boolean, name: string, niceness: number): Part {
  if (isMain) return 'main';
  if (niceness > 0) return 'compute';
  return name.startsWith('libvips') ? 'libvips' : 'other';
}
