import { join } from 'node:path';
import { formatTable, printResult } from '../../src/cli/terminal/output.js';
import { PACKAGE_DIR } from '../../src/config.js';
import { compareAnswers } from './agreement.js';
import { listPictures, type BenchContext, type Subject } from './bench-context.js';
import { percentile } from './figures.js';
import { answered, runLoad, type Reply } from './load-client.js';
import { makePeersEnvironment, startPeers } from './peer-servers.js';
import type { ServerProcess } from './server-process.js';

const MODEL = 'gelql-base-resnet18';
const CLIENTS = [1, 8, 32];

interface Named {
  name: string;
  server: ServerProcess;
}

/** What one server answered at one number of clients, over all rounds. */
interface Measured {
  outcomes: ReturnType<typeof answered>;
  /** In which requests were sent. */
  seconds: number;
}

/** The product, which stores every answer, beside two servers that store nothing, with the same network and clients. */
export async function benchPeers(bench: BenchContext): Promise<void> {
  const subject = bench.subjects.find(({ model }) => model === MODEL);
  if (subject === undefined) return;
  const problem = await makePeersEnvironment(bench.peersDir);
  if (problem !== null) {
    printResult(`left out, because the environment of the peers cannot be made: ${problem}`);
    return;
  }
  await bench.withServer('real', {}, async (gelql) => {
    const { pytorch, onnxruntime } = await startPeers(bench, subject);
    try {
      const servers = [
        { name: `gelql (${subject.engine})`, server: gelql },
        { name: 'FastAPI + PyTorch', server: pytorch },
        { name: 'FastAPI + onnxruntime', server: onnxruntime },
      ];
      await printAgreement(servers);
      await printRates(bench, subject, servers);
      await printMemory(servers);
    } finally {
      await Promise.all([pytorch.stop(), onnxruntime.stop()]);
    }
  });
}

async function printAgreement([gelql, ...peers]: readonly Named[]): Promise<void> {
  const folders = ['gel', 'not_gel'].map((name) => join(PACKAGE_DIR, 'dataset', 'test', name));
  const files = (await Promise.all(folders.map(listPictures))).flat();
  for (const { name, server } of peers) {
    const urls = [gelql?.server.url ?? '', server.url] as const;
    const { pictures, sameLabels, largestDifference, file } = await compareAnswers(urls, files, MODEL);
    const difference = largestDifference.toExponential(1);
    printResult(
      `${name}: ${sameLabels} of ${pictures} labels as gelql, largest difference of a probability ${difference} (${file})`,
    );
  }
}

/** In turns, so that what else the machine does meets all of them. */
async function printRates(bench: BenchContext, subject: Subject, servers: readonly Named[]): Promise<void> {
  const rows: string[][] = [];
  for (const clients of CLIENTS) {
    const measured = servers.map((): Measured => ({ outcomes: [], seconds: 0 }));
    for (let round = 0; round < (bench.isQuick ? 1 : 3); round += 1) {
      for (const [index, { server }] of servers.entries()) {
        const reply = await runClients(bench, subject, server, clients);
        measured[index]!.outcomes.push(...answered(reply));
        measured[index]!.seconds += reply.seconds;
      }
    }
    const figures = measured.map(figuresOf);
    servers.forEach(({ name }, index) => {
      rows.push([String(clients), name, ...cells(figures[index]!, figures[0]!)]);
    });
  }
  const columns = ['clients', 'server', 'per second', 'p50 ms', 'p95', 'decode p50', 'network p50'];
  printResult(formatTable([...columns, 'gelql: per second', 'p50', 'p95'], rows));
}

async function runClients(
  { demoPictures: files, isQuick }: BenchContext,
  { model }: Subject,
  { url }: ServerProcess,
  clients: number,
): Promise<Reply> {
  const target = { url, files, model, priority: 'INTERACTIVE' } as const;
  const durationMs = isQuick ? 1_500 : 2_500;
  return runLoad({ kind: 'closed', target, clients, warmUp: 5, durationMs, maxRequests: Infinity });
}

interface Figures {
  perSecond: number;
  p50: number;
  p95: number;
  decode: number;
  network: number;
}

function figuresOf({ outcomes, seconds }: Measured): Figures {
  const totals = outcomes.map(({ totalMs }) => totalMs);
  return {
    perSecond: outcomes.length / seconds,
    p50: percentile(totals, 0.5),
    p95: percentile(totals, 0.95),
    decode: percentile(
      outcomes.map(({ timing }) => timing.decodeMs),
      0.5,
    ),
    network: percentile(
      outcomes.map(({ timing }) => timing.inferMs),
      0.5,
    ),
  };
}

/** The figures of a server, and gelql's in units of them. */
function cells(own: Figures, gelql: Figures): string[] {
  const absolute = [own.perSecond, own.p50, own.p95, own.decode, own.network].map((value) =>
    value.toFixed(1),
  );
  const ratios = [gelql.perSecond / own.perSecond, gelql.p50 / own.p50, gelql.p95 / own.p95];
  return [...absolute, ...ratios.map((ratio) => `${ratio.toFixed(2)} x`)];
}

async function printMemory(servers: readonly Named[]): Promise<void> {
  const parts = servers.map(
    async ({ name, server }) => `${name} ${(await server.residentMebibytes()).toFixed(0)}`,
  );
  printResult(`resident MiB: ${(await Promise.all(parts)).join(', ')}`);
}
