import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatTable, printResult } from '../../src/cli/terminal/output.js';
import type { BenchContext } from './bench-context.js';
import { percentileCells } from './figures.js';
import { answered, runLoad } from './load-client.js';
import type { ServerProcess } from './server-process.js';

/** What an answer costs beside decoding and the engine, for one client that waits for each answer. */
export async function benchOverhead(bench: BenchContext): Promise<void> {
  const rows: string[][] = [];
  for (const { model, engine } of bench.subjects) {
    for (const kind of ['identity', 'real'] as const) {
      await bench.withServer(kind, {}, async (server) => {
        const { totals, overheads } = await timeRequests(bench, server, model);
        const name = kind === 'real' ? engine : 'identity';
        rows.push([model, name, ...percentileCells(totals), ...percentileCells(overheads)]);
      });
    }
  }
  const columns = ['model', 'engine', 'whole p50 ms', 'p95', 'overhead p50 ms', 'p95'];
  printResult(formatTable(columns, rows));
  const [p50, p95] = percentileCells(await timeFlushes(join(bench.folder, 'flush')));
  printResult(`one flush of 8 KiB to this disk, which is in every overhead: p50 ${p50} ms, p95 ${p95} ms`);
}

async function timeRequests({ demoPictures, isQuick }: BenchContext, server: ServerProcess, model: string) {
  const target = { url: server.url, files: demoPictures, model, priority: 'INTERACTIVE' } as const;
  const maxRequests = isQuick ? 60 : 400;
  const job = { kind: 'closed', target, clients: 1, warmUp: 60, durationMs: 120_000, maxRequests } as const;
  const outcomes = answered(await runLoad(job));
  return {
    totals: outcomes.map(({ totalMs }) => totalMs),
    overheads: outcomes.map(({ totalMs, timing }) => totalMs - timing.decodeMs - timing.inferMs),
  };
}

/** As the embedded database flushes an answer: a block written over an old one, then made durable. */
async function timeFlushes(path: string): Promise<number[]> {
  const file = openSync(path, 'w');
  const block = Buffer.alloc(8192, 1);
  const times: number[] = [];
  for (let count = 0; count < 100; count += 1) {
    writeSync(file, block, 0, block.length, (count % 16) * block.length);
    const startedAt = performance.now();
    fsyncSync(file);
    times.push(performance.now() - startedAt);
    await sleep(5);
  }
  closeSync(file);
  return times;
}
