import { formatTable, printResult } from '../../src/cli/terminal/output.js';
import type { BenchContext } from './bench-context.js';
import { answered, runLoad } from './load-client.js';
import type { ServerProcess } from './server-process.js';

const MODEL = 'gelql-base-resnet18';
const PICTURES = 200;
/** glibc's own choice, and the one of the images. */
const ARENAS: readonly Record<string, string>[] = [{}, { MALLOC_ARENA_MAX: '2' }];

/**
 * Resident memory of a server on the database that GELQL_TEST_DATABASE_URL names, else on the embedded one. What it would
 * answer with unnamed, another model, is loaded too. Each setting has two servers: the first fills the database.
 */
export async function benchResidentMemory(bench: BenchContext): Promise<void> {
  const databaseUrl = process.env.GELQL_TEST_DATABASE_URL ?? '';
  const rows: string[][] = [];
  for (const arenas of [...ARENAS, ...ARENAS]) {
    const environment = { GELQL_ENGINE: 'onnxruntime', DATABASE_URL: databaseUrl, ...arenas };
    await bench.withServer('real', environment, async (server) => {
      const cells = await residentMebibytes(bench, server);
      rows.push([arenas.MALLOC_ARENA_MAX ?? "glibc's own", ...cells.map((value) => value.toFixed(0))]);
    });
  }
  printResult(
    `${MODEL}, ${databaseUrl === '' ? 'embedded database' : 'PostgreSQL'}: resident MiB of the server`,
  );
  const columns = [
    'arenas',
    'started',
    'first picture',
    `${PICTURES} one by one`,
    `${PICTURES} more, 20 at once`,
  ];
  printResult(formatTable(columns, rows));
}

async function residentMebibytes({ demoPictures }: BenchContext, server: ServerProcess): Promise<number[]> {
  const target = { url: server.url, files: demoPictures, model: MODEL, priority: 'INTERACTIVE' } as const;
  const classify = async (clients: number, maxRequests: number): Promise<number> => {
    answered(await runLoad({ kind: 'closed', target, clients, warmUp: 0, durationMs: 600_000, maxRequests }));
    return server.residentMebibytes();
  };
  const started = await server.residentMebibytes();
  return [started, await classify(1, 1), await classify(1, PICTURES), await classify(20, PICTURES)];
}
