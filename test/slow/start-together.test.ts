import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgresql } from '../../src/db/postgresql.js';
import { startServer } from '../support/cli.js';
import { createEmptyDatabase, silent } from '../support/database.js';

test('servers that start together on an empty database all serve; one that cannot open the queue ends', async () => {
  const root = await mkdtemp(join(tmpdir(), 'gelql-together-'));
  const { url: databaseUrl, drop } = await createEmptyDatabase();
  const start = (name: string) =>
    startServer(join(root, name), {
      args: ['--no-training'],
      databaseUrl,
      environment: { GELQL_ENGINE: 'onnxruntime' },
    });
  try {
    const starts = await Promise.allSettled(['a', 'b', 'c', 'd'].map(start));
    const servers = starts.flatMap((begun) => (begun.status === 'fulfilled' ? [begun.value] : []));
    const ends = await Promise.all(servers.map((process) => process.end('SIGTERM')));
    expect(starts.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(ends).toEqual([0, 0, 0, 0]);

    const database = await openPostgresql(databaseUrl, silent);
    await database.executeSql('drop table graphile_worker.migrations cascade');
    await database.close();
    await expect(start('e')).rejects.toThrow(/ended with 1: .*already exists/s);
  } finally {
    await drop();
    await rm(root, { recursive: true, force: true });
  }
});
