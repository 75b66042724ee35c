import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startServer, type ServerProcess } from '../support/cli.js';
import { createEmptyDatabase } from '../support/database.js';
import { startTestServer } from '../support/test-server.js';
import { classification, post, type Classified } from '../support/graphql-server.js';

/** Version of the tools on the PATH. They dump no newer server; Debian keeps their own server beside them. */
const version = /\) (\d+)/.exec(spawnSync('pg_dump', ['--version'], { encoding: 'utf8' }).stdout ?? '')?.[1];
const program = `/usr/lib/postgresql/${version}/bin/postgres`;
const hasTools = version !== undefined && existsSync(program);
const suffix = hasTools ? '' : ' (skipped: no pg_dump with a server of its version)';
const VERIFY = '{ verifyReceipts { isIntact head { sequence hash } } }';

interface Verified {
  verifyReceipts: { isIntact: boolean; head: { sequence: number; hash: string } };
}

(hasTools ? test : test.skip)(
  `a dump taken while a server serves, restored, answers as before and keeps its chain${suffix}`,
  async () => {
    const root = await mkdtemp(join(tmpdir(), 'gelql-backup-'));
    const server = await startTestServer(program);
    const [original, restored] = await Promise.all([1, 2].map(() => createEmptyDatabase(server.url)));
    if (original === undefined || restored === undefined) throw new Error('two databases');
    const start = (databaseUrl: string) =>
      startServer(root, {
        args: ['--no-training'],
        databaseUrl,
        environment: { GELQL_ENGINE: 'onnxruntime', GELQL_KEEP_PICTURES: 'true' },
      });
    const file = { name: 'gel.png', bytes: await readFile('dataset/test/gel/gel_001.png') };
    const classify = async ({ url }: ServerProcess) => {
      const { data } = await post<Classified>(`${url}/graphql`, classification(file));
      return data?.classifyGel;
    };
    const verify = async (process: ServerProcess) =>
      ((await process.query(VERIFY)) as Verified).verifyReceipts;
    try {
      const first = await start(original.url);
      const before = await classify(first);
      await classify(first);
      const noted = await verify(first);
      const dump = join(root, 'gelql.dump');
      await promisify(execFile)('pg_dump', ['--format=custom', '--file', dump, original.url]);
      await classify(first);
      expect(await first.end('SIGTERM')).toBe(0);

      await promisify(execFile)('pg_restore', [
        ...['--exit-on-error', '--no-owner', '--dbname', restored.url, dump],
      ]);
      const second = await start(restored.url);
      expect(noted).toMatchObject({ isIntact: true, head: { sequence: 2 } });
      expect(await verify(second)).toEqual(noted);
      const after = await classify(second);
      expect(after).toMatchObject({
        label: before?.label,
        probability: before?.probability,
        modelDigest: before?.modelDigest,
      });
      expect(await verify(second)).toMatchObject({ isIntact: true, head: { sequence: 3 } });
      const replay = (await second.query('mutation ($id: ID!) { replayClassification(id: $id) { isSame } }', {
        id: before?.id,
      })) as { replayClassification: { isSame: boolean } };
      expect(replay.replayClassification.isSame).toBe(true);
      expect(await second.end('SIGTERM')).toBe(0);
    } finally {
      await server.stop();
      await rm(root, { recursive: true, force: true });
    }
  },
);
