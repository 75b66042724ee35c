import { formatTable, printResult } from '../../src/cli/terminal/output.js';
import type { BenchContext, Subject } from './bench-context.js';
import { percent, percentileCells } from './figures.js';
import { answered, runLoad } from './load-client.js';
import type { ServerProcess } from './server-process.js';
import { watchMemory } from './watch-memory.js';

const CLIENTS_AT_PEAK = 32;
const FACTOR = 3;
/** Few enough that a quick run fills them as well; twice what the clients at the peak need. */
const MAX_PENDING = 2 * CLIENTS_AT_PEAK;
const SHARES = [0.5, 0.95, 0.99];

/** Three times as many requests as the server can answer, for a minute: what is answered, how fast the rest is refused. */
export async function benchOverload(bench: BenchContext): Promise<void> {
  const [subject] = bench.subjects;
  if (subject === undefined) return;
  await bench.withServer('real', { GELQL_MAX_PENDING: String(MAX_PENDING) }, async (server) => {
    const peak = await findPeak(bench, server, subject);
    const memory = watchMemory(server);
    const durationMs = bench.isQuick ? 5_000 : 60_000;
    const target = targetOf(bench, server, subject);
    const reply = await runLoad({ kind: 'open', target, perSecond: FACTOR * peak, durationMs });
    const resident = await memory.stop();
    const served = answered(reply).map(({ totalMs }) => totalMs);
    // Those that waited in the queue at the end are answered, too, but not within the time.
    const inTime = answered(reply).filter(({ endedMs = 0 }) => endedMs <= 1000 * reply.seconds);
    const refused = reply.outcomes.filter(({ status }) => status === 429).map(({ totalMs }) => totalMs);
    const [sent, goodput] = [reply.outcomes.length / reply.seconds, inTime.length / reply.seconds];
    const rows = [
      ['peak, 32 clients that wait for their answers', `${peak.toFixed(1)} per second`],
      ['sent', `${sent.toFixed(1)} per second for ${reply.seconds.toFixed(0)} s`],
      ['goodput', `${goodput.toFixed(1)} per second, ${percent(goodput / peak)} of the peak`],
      ['refused', String(refused.length)],
      ['refusal p50, p95, p99 ms', percentileCells(refused, SHARES).join(', ')],
      ['answer p50, p95, p99 ms', percentileCells(served, SHARES).join(', ')],
      ['resident MiB before, highest, after', resident.join(', ')],
    ];
    printResult(formatTable(['figure', 'value'], rows));
  });
}

function targetOf({ smallPictures }: BenchContext, { url }: ServerProcess, { model }: Subject) {
  return { url, files: smallPictures, model, priority: 'INTERACTIVE' } as const;
}

async function findPeak(bench: BenchContext, server: ServerProcess, subject: Subject): Promise<number> {
  const reply = await runLoad({
    kind: 'closed',
    target: targetOf(bench, server, subject),
    clients: CLIENTS_AT_PEAK,
    warmUp: 50,
    durationMs: bench.isQuick ? 2_000 : 10_000,
    maxRequests: Infinity,
  });
  return answered(reply).length / reply.seconds;
}
