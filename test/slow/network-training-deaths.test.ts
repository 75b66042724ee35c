import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCliForJson, startServer, waitForRun, type ServerProcess } from '../support/cli.js';
import { describeEngine } from '../support/engine-thread.js';
import { patternNames, writePatterns } from '../support/training-world.js';

interface Run {
  state: string;
  attempt: number;
  error: { code: string; message: string } | null;
  epochs: { number: number; trainLoss: number }[];
  model: { headSha256: string; tunedSha256: string; digest: string } | null;
}

const root = await mkdtemp(join(tmpdir(), 'gelql-network-deaths-'));
const dataDir = join(root, 'data');
const pictures = join(root, 'patterns');
afterAll(() => rm(root, { recursive: true, force: true }));

const EPOCHS = 5;
const TRAIN = `mutation ($input: TrainModelInput!) { trainModel(input: $input) { id } }`;
const RUN = `query ($id: ID!) { trainingRun(id: $id) {
  state attempt error { code message } epochs { number trainLoss } model { headSha256 tunedSha256 digest }
} }`;

async function start(server: ServerProcess, name: string): Promise<string> {
  const input = {
    ...{ dataset: 'patterns', backbone: 'MOBILENET_V3_LARGE', trainable: 'LAST_STAGE', head: 'MULTI' },
    ...{ defaults: 'PUBLISHED', epochs: EPOCHS, batchSize: 4, force: true, name },
  };
  return ((await server.query(TRAIN, { input })) as { trainModel: { id: string } }).trainModel.id;
}

const waitFor = (server: ServerProcess, id: string, isReached: (run: Run) => boolean) =>
  waitForRun(server, RUN, id, isReached);

const describeHere = await describeEngine('tensorflow');

describeHere('training inside a network', () => {
  it('goes on from its last epoch after kill -9, to the bits of an undisturbed run', async () => {
    await writePatterns(pictures, patternNames('', ['bands', 'rings'], 6));
    await runCliForJson(dataDir, ['dataset', 'import', pictures]);

    const first = await startServer(dataDir);
    const id = await start(first, 'killed');
    const before = await waitFor(first, id, ({ epochs }) => epochs.length >= 2);
    expect(before.epochs.length).toBeLessThan(EPOCHS);
    expect(await first.end('SIGKILL')).toBeNull();

    const second = await startServer(dataDir);
    // What was stored was not computed again: those epochs are there as soon as the server answers.
    const [kept] = [(await second.query(RUN, { id })) as { trainingRun: Run }];
    expect(kept.trainingRun.epochs.slice(0, before.epochs.length)).toEqual(before.epochs);
    const killed = await waitFor(second, id, ({ state }) => state === 'SUCCEEDED');
    expect(killed.attempt).toBe(2);
    expect(killed.epochs.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5]);

    const undisturbed = await waitFor(
      second,
      await start(second, 'undisturbed'),
      ({ state }) => state === 'SUCCEEDED',
    );
    expect(undisturbed.epochs).toEqual(killed.epochs);
    expect(undisturbed.model).toEqual(killed.model);
    expect(killed.model?.tunedSha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await second.end('SIGTERM')).toBe(0);
  }, 600_000);
});
