import { createHash, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { areStored } from '../../src/db/artifacts.js';
import { createGraphQLServer } from '../../src/graphql/http/server.js';
import { ask, askData, openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import { classification, post, serve, type Classified, type TestServer } from '../support/graphql-server.js';
import { registerUntrainedModel } from '../support/untrained-model.js';

let opened: GraphQLApp;
let keeping: TestServer;
let forgetting: TestServer;

beforeAll(async () => {
  opened = await openGraphQLApp({ engine: 'wasm', keepPictures: true });
  await registerUntrainedModel(opened.app, { name: 'then', seed: 1 });
  await registerUntrainedModel(opened.app, { name: 'now', seed: 2 });
  keeping = await serve(opened.yoga);
  const config = { ...opened.app.config, keepPictures: false };
  forgetting = await serve(createGraphQLServer({ ...opened.app, config }));
}, 600_000);
afterAll(async () => {
  await keeping?.close();
  await forgetting?.close();
  await opened?.close();
});

async function classify(server: TestServer, path: string): Promise<string> {
  const file = { name: 'picture', bytes: await readFile(path) };
  const { data, errors } = await post<Classified>(server.url, classification(file, { model: 'then' }));
  expect(errors).toEqual([]);
  return data!.classifyGel.id;
}

const REPLAY = `mutation R($id: ID!) { replayClassification(id: $id) {
  isSame label probability largestDifference largestLogitDifference engine
  classification { id label probability isPictureKept model { name } }
} }`;

async function replay(id: string) {
  return ask<{ replayClassification: Record<string, unknown> & { classification: Record<string, unknown> } }>(
    opened.yoga,
    REPLAY,
    { id },
  );
}

it.each(['dataset/test/gel/gel_001.png', 'dataset/test/not_gel/not_gel_008.tif'])(
  'replayClassification gives the same answer for %s, with the model of that time',
  async (path) => {
    const id = await classify(keeping, path);
    const before = await askData(opened.yoga, '{ verifyReceipts { intactCount } }');
    const { data } = await replay(id);
    const { classification: stored, ...now } = data!.replayClassification;
    expect(stored).toMatchObject({ id, isPictureKept: true, model: { name: 'then' } });
    expect(now).toMatchObject({ isSame: true, label: stored.label, engine: 'WASM' });
    expect(now.largestDifference).toBeLessThanOrEqual(1e-4);
    expect(now.probability).toBeCloseTo(stored.probability as number, 4);
    expect(await askData(opened.yoga, '{ verifyReceipts { intactCount } }')).toEqual(before);
  },
);

it('replayClassification says how far another answer is', async () => {
  const id = await classify(keeping, 'dataset/test/gel/gel_001.png');
  const { database } = opened.app;
  await database.executeSql('alter table classifications disable trigger user');
  await database.executeSql(
    `update classifications set scores = jsonb_set(scores, '{0,probability}', '0.999')
     where sequence = (select max(sequence) from classifications)`,
  );
  const { data } = await replay(id);
  const { isSame, largestDifference, largestLogitDifference } = data!.replayClassification;
  expect(isSame).toBe(false);
  expect(largestDifference).toBeGreaterThan(0.01);
  expect(largestLogitDifference).toBeLessThan(0.01);

  await database.executeSql(
    `update classifications set model_digest = repeat('0', 64)
     where sequence = (select max(sequence) from classifications)`,
  );
  await database.executeSql('alter table classifications enable trigger user');
  expect((await replay(id)).errors[0]?.extensions.code).toBe('MODEL_CORRUPT');
});

it('replayClassification needs the bytes of the picture, which are kept where the configuration says so', async () => {
  const path = 'dataset/test/not_gel/not_gel_004.png';
  const id = await classify(forgetting, path);
  const { status, errors } = await replay(id);
  expect(status).toBe(409);
  expect(errors[0]).toMatchObject({
    message: 'The bytes of picture were not kept.',
    extensions: { code: 'PICTURE_NOT_KEPT', retryable: false },
  });
  const { node } = await askData(
    opened.yoga,
    'query N($id: ID!) { node(id: $id) { ... on Classification { isPictureKept } } }',
    { id },
  );
  expect(node).toEqual({ isPictureKept: false });
  // Sent again to a server that keeps pictures, the first answer can be replayed too.
  await classify(keeping, path);
  expect((await replay(id)).data?.replayClassification.isSame).toBe(true);
});

it('keeps nothing of a file that is no picture', async () => {
  const bytes = (await readFile('dataset/test/gel/gel_005.png')).subarray(0, 9_000);
  const { status } = await post(keeping.url, classification({ name: 'cut.png', bytes }));
  expect(status).toBe(422);
  const digest = createHash('sha256').update(bytes).digest('hex');
  expect(await areStored(opened.app.database, [digest])).toEqual([false]);
});

it('replayClassification says that there is no such answer', async () => {
  expect((await replay(randomUUID())).errors[0]?.extensions.code).toBe('NOT_FOUND');
  expect((await replay('x')).errors[0]?.extensions.code).toBe('NOT_FOUND');
});
