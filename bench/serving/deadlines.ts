import { formatTable, printResult } from '../../src/cli/terminal/output.js';
import type { BenchContext, Subject } from './bench-context.js';
import { percentileCells } from './figures.js';
import { answered, runLoad, type Reply } from './load-client.js';
import type { ServerProcess } from './server-process.js';

/** Clients whose pictures keep the engine in full batches. */
const BUSY_CLIENTS = 32;
/** Less than a picture of bulk priority waits behind them. */
const TIMEOUTS_MS = [50, 100, 200];
const SHARES = [0.5, 0.95, 1];

/**
 * How late a request is told that its time is over, while batches run and many wait: from the client, so that the way to
 * the server and back counts as lateness.
 */
export async function benchDeadlines(bench: BenchContext): Promise<void> {
  const rows: string[][] = [];
  for (const subject of bench.subjects) {
    await bench.withServer('real', {}, async (server) => {
      for (const timeoutMs of TIMEOUTS_MS) rows.push(await timeDeadlines(bench, server, subject, timeoutMs));
    });
  }
  const columns = ['model', 'timeout ms', 'batch', 'told', 'answered in time', 'late p50 ms', 'p95', 'max'];
  printResult(formatTable(columns, rows));
}

async function timeDeadlines(
  bench: BenchContext,
  { url }: ServerProcess,
  { model }: Subject,
  timeoutMs: number,
): Promise<string[]> {
  const target = { url, files: bench.smallPictures, model };
  const durationMs = bench.isQuick ? 4_000 : 20_000;
  // Busy before the first request with a deadline leaves, and still when the last one ends.
  const busy = { kind: 'closed', clients: BUSY_CLIENTS, warmUp: 30, maxRequests: Infinity } as const;
  const late = { kind: 'closed', clients: 4, warmUp: 30, maxRequests: Infinity } as const;
  const [background, probes] = await Promise.all([
    runLoad({ ...busy, target: { ...target, priority: 'INTERACTIVE' }, durationMs: 1.5 * durationMs }),
    runLoad({ ...late, target: { ...target, priority: 'BULK', timeoutMs }, durationMs }),
  ]);
  const lateness = latenessOf(probes, timeoutMs);
  const batches = answered(background).map(({ timing }) => timing.batchSize);
  const inTime = probes.outcomes.filter(({ status }) => status === 200).length;
  return [
    model,
    String(timeoutMs),
    `p50 ${percentileCells(batches, [0.5]).join('')}`,
    String(lateness.length),
    String(inTime),
    ...percentileCells(lateness, SHARES),
  ];
}

/** @throws Error where a request failed of something else */
function latenessOf({ outcomes }: Reply, timeoutMs: number): number[] {
  const ended = outcomes.filter(({ status }) => status !== 200);
  const other = ended.find(({ reason = '' }) => !reason.includes('DEADLINE_EXCEEDED'));
  if (other !== undefined) throw new Error(`A request failed of something else: ${other.reason ?? ''}`);
  return ended.map(({ totalMs }) => totalMs - timeoutMs);
}
