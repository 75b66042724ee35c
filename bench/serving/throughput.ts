import { formatTable, printResult } from '../../src/cli/terminal/output.js';
import type { BenchContext, Subject } from './bench-context.js';
import { mean, percent, percentileCells } from './figures.js';
import { answered, runLoad, type Reply } from './load-client.js';
import { measureRawEngine } from './raw-engine-client.js';
import type { ServerProcess } from './server-process.js';

const CLIENTS = [1, 8, 32, 128];
const ROOMY = { GELQL_MAX_PENDING: '1000' };

/** Pictures per second against the engine alone at the same batch, and against a server that forms no batches. */
export async function benchThroughput(bench: BenchContext): Promise<void> {
  for (const subject of bench.subjects) {
    printResult(`${subject.model} on ${subject.engine}, batches of ${subject.maxBatch} at most`);
    await compareWithEngine(bench, subject);
    await compareWithoutBatches(bench, subject);
  }
}

async function compareWithEngine(bench: BenchContext, subject: Subject): Promise<void> {
  const rows: string[][] = [];
  await bench.withServer('real', ROOMY, async (server) => {
    for (const [pictures, files] of [
      ['small', bench.smallPictures],
      ['demo', bench.demoPictures],
    ] as const) {
      for (const clients of CLIENTS) {
        // Before and after, because the machine may have other work.
        const before = await rawPerSecond(bench, subject);
        const reply = await runClients(bench, server, subject, files, clients);
        const raw = mean([before, await rawPerSecond(bench, subject)]);
        const share = percent(rate(reply) / raw);
        rows.push([pictures, String(clients), ...describe(reply), raw.toFixed(1), share]);
      }
    }
  });
  const columns = ['pictures', 'clients', 'per second', 'mean batch', 'p50 ms', 'p95', 'raw engine', 'share'];
  printResult(formatTable(columns, rows));
}

/** In turns, so that what else the machine does meets both. */
async function compareWithoutBatches(bench: BenchContext, subject: Subject): Promise<void> {
  const rates: Record<'measured' | 'single', number[]> = { measured: [], single: [] };
  const files = bench.smallPictures;
  await bench.withServer('real', ROOMY, (batched) =>
    bench.withServer('real', { ...ROOMY, GELQL_MAX_BATCH: '1' }, async (single) => {
      for (let round = 0; round < (bench.isQuick ? 1 : 3); round += 1) {
        rates.measured.push(rate(await runClients(bench, batched, subject, files, 32)));
        rates.single.push(rate(await runClients(bench, single, subject, files, 32)));
      }
    }),
  );
  const [measured, single] = [mean(rates.measured), mean(rates.single)];
  printResult(
    `32 clients, small pictures: ${measured.toFixed(1)} per second, ${single.toFixed(1)} without batches (${percent(measured / single)})`,
  );
}

async function rawPerSecond({ config, isQuick }: BenchContext, subject: Subject): Promise<number> {
  const { engine, backbone, maxBatch: batchSize } = subject;
  const durationMs = isQuick ? 500 : 2_000;
  return measureRawEngine({ engine, threads: config.threads, backbone, batchSize, durationMs });
}

async function runClients(
  { isQuick }: BenchContext,
  server: ServerProcess,
  { model }: Subject,
  files: readonly string[],
  clients: number,
): Promise<Reply> {
  const target = { url: server.url, files, model, priority: 'INTERACTIVE' } as const;
  const durationMs = isQuick ? 1_500 : 8_000;
  return runLoad({ kind: 'closed', target, clients, warmUp: 20, durationMs, maxRequests: Infinity });
}

function rate(reply: Reply): number {
  return answered(reply).length / reply.seconds;
}

function describe(reply: Reply): string[] {
  const outcomes = answered(reply);
  return [
    rate(reply).toFixed(1),
    mean(outcomes.map(({ timing }) => timing.batchSize)).toFixed(1),
    ...percentileCells(outcomes.map(({ totalMs }) => totalMs)),
  ];
}
