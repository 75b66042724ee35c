import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgresql } from '../../src/db/postgresql.js';
import { listRunEvents } from '../../src/runs/run-events.js';
import { startCli, startServer } from '../support/cli.js';
import { createEmptyDatabase, silent } from '../support/database.js';
import { openStream, readStream } from '../support/event-stream.js';
import { patternNames, writePatterns } from '../support/patterns.js';

interface Progress {
  sequence: number;
  kind: string;
  state: string;
  createdAt: string;
}

describe('a server that only serves', () => {
  const FOLLOW = `subscription ($run: ID!, $after: Int) {
      trainingProgress(run: $run, afterSequence: $after) { sequence kind state createdAt }
    }`;
  const TRAIN = `mutation ($input: TrainModelInput!) { trainModel(input: $input) { id } }`;

  it('streams the progress of a run that another process trains, also across cuts', async () => {
    const root = await mkdtemp(join(tmpdir(), 'gelql-other-'));
    const { url: databaseUrl, drop } = await createEmptyDatabase();
    const pictures = join(root, 'patterns');
    await writePatterns(pictures, patternNames('', ['bands', 'rings'], 6));
    const imported = startCli(root, ['dataset', 'import', pictures], { databaseUrl });
    expect((await imported.ended).code).toBe(0);

    const server = await startServer(root, { args: ['--no-training'], databaseUrl });
    const worker = startCli(root, ['worker'], { databaseUrl });
    const train = async (input: object): Promise<string> => {
      const whole = { dataset: 'patterns', defaults: 'PUBLISHED', backbone: 'MOBILENET_V3_LARGE', ...input };
      const answer = (await server.query(TRAIN, { input: whole })) as { trainModel: { id: string } };
      return answer.trainModel.id;
    };

    const run = await train({ epochs: 300 });
    const seen: Progress[] = [];
    let cuts = 0;
    while (seen.at(-1)?.state !== 'SUCCEEDED' && seen.at(-1)?.state !== 'FAILED') {
      const leaving = new AbortController();
      const variables = { run, after: seen.at(-1)?.sequence ?? 0 };
      const { signal } = leaving;
      const response = await openStream(`${server.url}/graphql`, { query: FOLLOW, variables }, { signal });
      let left = 1 + 17 * cuts;
      for await (const { event, data } of readStream(response)) {
        if (event === 'next') {
          const message = JSON.parse(data) as { data?: { trainingProgress: Progress } };
          if (message.data === undefined) throw new Error(data);
          seen.push(message.data.trainingProgress);
        }
        left -= 1;
        if (event === 'complete' || left === 0) break;
      }
      leaving.abort();
      cuts += 1;
    }
    worker.kill('SIGTERM');
    expect((await worker.ended).code).toBe(0);

    const database = await openPostgresql(databaseUrl, silent);
    const id = Buffer.from(run, 'base64').toString().split(':')[1] ?? '';
    const stored = await listRunEvents(database, id, { after: 0, limit: 1000 });
    await database.close();
    expect(seen.map(({ sequence, kind, createdAt }) => [sequence, kind, createdAt])).toEqual(
      stored.map(({ sequence, kind, createdAt }) => [sequence, kind, createdAt.toISOString()]),
    );
    expect(seen.filter(({ kind }) => kind === 'EPOCH')).toHaveLength(300);
    expect(cuts).toBeGreaterThan(3);

    // A subscriber who is still there does not keep the server from stopping.
    const variables = { run: await train({ seed: 2 }) };
    const stream = readStream(await openStream(`${server.url}/graphql`, { query: FOLLOW, variables }));
    await stream.next();
    const ended = server.end('SIGTERM');
    const { value } = await stream.next();
    expect(JSON.parse((value as { data: string }).data)).toMatchObject({
      errors: [{ extensions: { code: 'SHUTTING_DOWN' } }],
    });
    expect(await ended).toBe(0);
    await drop();
    await rm(root, { recursive: true, force: true });
  }, 600_000);
});
