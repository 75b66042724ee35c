import { readFile } from 'node:fs/promises';
import { askData, openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import { post, serve, type SentFile, type TestServer } from '../support/graphql-server.js';
import { registerUntrainedModel } from '../support/untrained-model.js';

let opened: GraphQLApp;
let server: TestServer;
let gel: SentFile;
let other: SentFile;

beforeAll(async () => {
  opened = await openGraphQLApp({ engine: 'wasm' });
  await registerUntrainedModel(opened.app, { name: 'one', seed: 1 });
  await registerUntrainedModel(opened.app, { name: 'two', seed: 2 });
  server = await serve(opened.yoga);
  gel = { name: 'gel.png', bytes: await readFile('dataset/test/gel/gel_001.png') };
  other = { name: 'other.png', bytes: await readFile('dataset/test/not_gel/not_gel_004.png') };
}, 600_000);
afterAll(async () => {
  await server?.close();
  await opened?.close();
});

const FIELDS = `id createdAt label actor clientReference idempotencyKey recipe
  model { name } receipt { sequence hash previousHash contentHash }`;
const CLASSIFY = `mutation C($upload: Upload!, $models: [String!], $key: String, $reference: String, $actor: String, $page: Int) {
  classifyGel(upload: $upload, models: $models, idempotencyKey: $key, clientReference: $reference, actor: $actor, page: $page) {
    ${FIELDS} otherModels { ${FIELDS} }
  }
}`;

interface Shown {
  id: string;
  actor: string;
  clientReference: string | null;
  receipt: { sequence: number; hash: string; previousHash: string };
  otherModels: Shown[];
}

const send = (
  file: SentFile,
  variables: Record<string, unknown> = {},
  headers: Record<string, string> = {},
) =>
  post<{ classifyGel: Shown }>(
    server.url,
    {
      operations: { query: CLASSIFY, variables: { upload: null, models: ['one'], ...variables } },
      map: { file: ['variables.upload'] },
      files: { file },
    },
    { headers },
  );

async function classify(...request: Parameters<typeof send>): Promise<Shown> {
  const { data, errors } = await send(...request);
  expect(errors).toEqual([]);
  return data!.classifyGel;
}

const COUNT = '{ verifyReceipts { isIntact intactCount head { sequence hash } problem { kind message } } }';

describe('an answer', () => {
  it('carries its receipt, who asked and the reference of the caller, and is found by it', async () => {
    const answer = await classify(gel, { reference: 'sample 12/α', models: ['one', 'two'] });
    const [second] = answer.otherModels;
    expect(answer).toMatchObject({
      actor: 'anonymous',
      clientReference: 'sample 12/α',
      idempotencyKey: null,
      recipe: 'GEL_V1',
    });
    expect(second?.receipt).toMatchObject({
      sequence: answer.receipt.sequence + 1,
      previousHash: answer.receipt.hash,
    });
    const named = await classify(gel, {}, { 'x-gelql-actor': 'lims-3' });
    expect(named.actor).toBe('lims-3');
    expect((await classify(gel, { actor: 'Eve' }, { 'x-gelql-actor': 'lims-3' })).actor).toBe('Eve');
    const { classifications } = await askData<{ classifications: { edges: { node: { id: string } }[] } }>(
      opened.yoga,
      '{ classifications(clientReference: "sample 12/α") { edges { node { id } } } }',
    );
    expect(classifications.edges.map(({ node }) => node.id)).toEqual([second!.id, answer.id]);
  });

  it('is given again, not anew, where the idempotency key was answered before', async () => {
    const request = { key: 'order 1', models: ['one', 'two'], reference: 'a' };
    const first = await classify(gel, request);
    const again = await classify(gel, { ...request, reference: 'b' });
    expect(again).toEqual(first);
    expect(again.otherModels).toHaveLength(1);
  });

  it.each([
    ['another picture', () => other, {}, 'another picture'],
    ['other models', () => gel, { models: ['two'] }, 'another page or other models'],
    ['another page', () => gel, { page: 0 }, 'another page or other models'],
  ])('is refused where the key was used for %s', async (_what, file, change, message) => {
    await classify(gel, { key: 'order 2' });
    const { status, errors } = await send(file(), { key: 'order 2', ...change });
    expect(status).toBe(409);
    expect(errors[0]).toMatchObject({
      message: `The idempotency key was used for ${message}.`,
      extensions: { code: 'IDEMPOTENCY_CONFLICT', retryable: false, facts: { idempotencyKey: 'order 2' } },
    });
  });

  it('is one and the same for requests with one key that come together', async () => {
    const answers = await Promise.all([1, 2, 3, 4].map(() => classify(gel, { key: 'together' })));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    const outcomes = await Promise.all([gel, other].map((file) => send(file, { key: 'either' })));
    expect(outcomes.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  it.each([
    ['clientReference', { reference: '' }],
    ['clientReference', { reference: 'x'.repeat(201) }],
    ['idempotencyKey', { key: 'a\u0000b' }],
    ['idempotencyKey', { key: '\ud800' }],
    ['actor', { actor: ' ' }],
  ])('is refused with an unusable %s', async (field, variables) => {
    const { errors } = await send(gel, variables);
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_REQUEST', facts: { field } });
  });
});

describe('classifyGels', () => {
  const MANY = `mutation M($uploads: [Upload!]!, $references: [String], $keys: [String]) {
    classifyGels(uploads: $uploads, models: ["one"], clientReferences: $references, idempotencyKeys: $keys) {
      classification { id clientReference } error { code }
    }
  }`;
  const sendMany = (variables: Record<string, unknown>) =>
    post<{ classifyGels: { classification: Shown | null; error: { code: string } | null }[] }>(server.url, {
      operations: { query: MANY, variables: { uploads: [null, null], ...variables } },
      map: { a: ['variables.uploads.0'], b: ['variables.uploads.1'] },
      files: { a: gel, b: other },
    });

  it('takes a reference and a key for each picture', async () => {
    const { data } = await sendMany({ references: ['left', null], keys: [null, 'many 1'] });
    expect(data?.classifyGels.map(({ classification }) => classification?.clientReference)).toEqual([
      'left',
      null,
    ]);
    const swapped = await sendMany({ keys: ['many 1', 'many 1'] });
    expect(swapped.data?.classifyGels[0]?.error?.code).toBe('IDEMPOTENCY_CONFLICT');
    expect(swapped.data?.classifyGels[1]?.classification?.id).toBe(data?.classifyGels[1]?.classification?.id);
    const { errors } = await sendMany({ keys: ['only one'] });
    expect(errors[0]?.message).toBe('`idempotencyKeys` must hold one for each of the 2 pictures.');
  });
});

describe('verifyReceipts', () => {
  it('says that nothing was changed, until somebody changes it', async () => {
    const { verifyReceipts } = await askData<{ verifyReceipts: { intactCount: number; head: unknown } }>(
      opened.yoga,
      COUNT,
    );
    expect(verifyReceipts).toMatchObject({ isIntact: true, problem: null });
    expect(verifyReceipts.intactCount).toBeGreaterThan(0);
    const again = await askData<{ verifyReceipts: { isIntact: boolean } }>(
      opened.yoga,
      'query V($mark: ReceiptMarkInput) { verifyReceipts(mark: $mark) { isIntact } }',
      { mark: verifyReceipts.head },
    );
    expect(again.verifyReceipts.isIntact).toBe(true);

    const { database } = opened.app;
    await database.executeSql('alter table classifications disable trigger user');
    await database.executeSql("update classifications set label = 'x' where sequence = 2");
    const broken = await askData<{ verifyReceipts: unknown }>(opened.yoga, COUNT);
    expect(broken.verifyReceipts).toMatchObject({
      isIntact: false,
      intactCount: 1,
      problem: { kind: 'ALTERED', message: expect.stringMatching(/^Record 2 of the chain/) },
    });
  });
});
