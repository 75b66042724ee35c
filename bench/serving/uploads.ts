import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { formatTable, printResult } from '../../src/cli/terminal/output.js';
import type { BenchContext } from './bench-context.js';
import { percentileCells } from './figures.js';
import { answered, runLoad } from './load-client.js';
import { watchMemory } from './watch-memory.js';

const UPLOADS = 100;
/** 16 bits a pixel, not compressed: 10 MB. */
const SIDE_PIXELS = 2_236;
const MEBIBYTE = 1024 * 1024;

/** A hundred pictures of 10 MB at once, with the default budget of bytes and with a tenth of it. */
export async function benchUploads(bench: BenchContext): Promise<void> {
  const file = await writeLargeTiff(join(bench.folder, 'large.tif'));
  const clients = bench.isQuick ? UPLOADS / 5 : UPLOADS;
  const rows: string[][] = [];
  for (const mebibytes of [256, 25]) {
    await bench.withServer(
      'real',
      { GELQL_MAX_PENDING_BYTES: String(mebibytes * MEBIBYTE) },
      async (server) => {
        const model = bench.subjects[0]?.model ?? null;
        const target = { url: server.url, files: [file], model, priority: 'INTERACTIVE' } as const;
        const each = { kind: 'closed', target, warmUp: 0, durationMs: 0, maxRequests: clients } as const;
        await runLoad({ ...each, clients: 1, warmUp: 3 });
        const memory = watchMemory(server);
        const times = answered(await runLoad({ ...each, clients })).map(({ totalMs }) => totalMs);
        const resident = await memory.stop();
        rows.push([String(mebibytes), String(times.length), ...percentileCells(times), ...resident]);
      },
    );
  }
  const columns = ['budget MiB', 'answered', 'p50 ms', 'p95', 'resident MiB before', 'highest', 'after'];
  printResult(formatTable(columns, rows));
}

async function writeLargeTiff(file: string): Promise<string> {
  const samples = Uint16Array.from({ length: SIDE_PIXELS ** 2 }, (_, index) => (index * 7919) % 60_000);
  const raw = { width: SIDE_PIXELS, height: SIDE_PIXELS, channels: 1 } as const;
  const picture = sharp(samples, { raw }).toColourspace('grey16').tiff({ compression: 'none' });
  await writeFile(file, await picture.toBuffer());
  return file;
}
