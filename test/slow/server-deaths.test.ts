import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli, runCliForJson, startServer, waitForRun, type ServerProcess } from '../support/cli.js';
import { drawPattern, patternNames, writePatterns } from '../support/training-world.js';

interface Run {
  state: string;
  stage: string;
  stageProgress: number;
  attempt: number;
  error: { code: string; message: string } | null;
}

const root = await mkdtemp(join(tmpdir(), 'gelql-deaths-'));
const dataDir = join(root, 'data');
const pictures = join(root, 'patterns');
afterAll(() => rm(root, { recursive: true, force: true }));

const TRAIN = `mutation ($input: TrainModelInput!) { trainModel(input: $input) { id state } }`;
const RUN = `query ($id: ID!) { trainingRun(id: $id) { state stage stageProgress attempt error { code message } } }`;

const waitFor = (server: ServerProcess, id: string, isReached: (run: Run) => boolean) =>
  waitForRun(server, RUN, id, isReached);

const isInTheMiddle = ({ stage, stageProgress }: Run): boolean =>
  stage === 'TRAINING_HEAD' && stageProgress > 0;

test('a run outlives kill -9 and SIGTERM of its server and succeeds exactly once', async () => {
  await writePatterns(pictures, patternNames('', ['bands', 'rings'], 6));
  await runCliForJson(dataDir, ['dataset', 'import', pictures]);

  const first = await startServer(dataDir);
  const started = (await first.query(TRAIN, {
    input: {
      dataset: 'patterns',
      defaults: 'PUBLISHED',
      backbone: 'MOBILENET_V3_LARGE',
      head: 'MULTI',
      epochs: 600,
      name: 'survivor',
    },
  })) as { trainModel: { id: string; state: string } };
  const { id, state } = started.trainModel;
  expect(state).toBe('QUEUED');
  await waitFor(first, id, isInTheMiddle);

  // A command shares the database with the server, and starts it again where the server took it along.
  const beside = await runCli(dataDir, ['results']);
  expect(beside).toMatchObject({ code: 0 });
  expect(beside.stdout).toContain('gelql-base-resnet18');
  expect(await first.end('SIGKILL')).toBeNull();

  const second = await startServer(dataDir);
  await waitFor(second, id, (run) => run.attempt === 2 && isInTheMiddle(run));
  expect(await second.end('SIGTERM')).toBe(0);

  const third = await startServer(dataDir);
  const done = await waitFor(third, id, (run) => run.state === 'SUCCEEDED');
  // The first attempt died; the one that was stopped in good order does not count.
  expect(done).toMatchObject({ attempt: 2, stageProgress: 1, error: null });
  const { trainingRun } = (await third.query(
    `query ($id: ID!) { trainingRun(id: $id) { epochs { number } model { name } } }`,
    { id },
  )) as { trainingRun: { epochs: { number: number }[]; model: { name: string } } };
  expect(trainingRun.model.name).toBe('survivor');
  expect(trainingRun.epochs.map(({ number }) => number)).toEqual(
    Array.from({ length: 600 }, (_, i) => i + 1),
  );

  const good = join(root, 'good.png');
  const bad = join(root, 'bad.png');
  await writeFile(good, await drawPattern('bands', 90));
  await writeFile(bad, 'no picture');
  const asked = await runCli(dataDir, [
    'classify',
    good,
    bad,
    '--model',
    'survivor',
    '--url',
    third.url,
    '--json',
  ]);
  expect(asked.code).toBe(1);
  expect(JSON.parse(asked.stdout)).toMatchObject({
    answers: [{ file: good, label: 'bands', model: 'survivor' }],
    failures: [{ file: bad, code: 'UNSUPPORTED_FORMAT' }],
  });
  expect(await third.end('SIGTERM')).toBe(0);

  const models = (await runCliForJson(dataDir, ['models', 'list'])) as { runId: string | null }[];
  expect(models.filter(({ runId }) => runId !== null)).toHaveLength(1);
}, 600_000);
