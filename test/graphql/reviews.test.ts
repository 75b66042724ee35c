import { readFile } from 'node:fs/promises';
import { createGraphQLServer } from '../../src/graphql/http/server.js';
import { findDataset, listDatasetPictures } from '../../src/datasets/datasets.js';
import { ask, askData, openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import { classification, post, serve, type Classified, type TestServer } from '../support/graphql-server.js';
import { importDemo } from '../support/trained-app.js';
import { registerUntrainedModel } from '../support/untrained-model.js';

let opened: GraphQLApp;
let keeping: TestServer;
let forgetting: TestServer;

beforeAll(async () => {
  opened = await openGraphQLApp({ engine: 'wasm', keepPictures: true });
  await registerUntrainedModel(opened.app);
  await importDemo(opened.app, 2);
  keeping = await serve(opened.yoga);
  const config = { ...opened.app.config, keepPictures: false };
  forgetting = await serve(createGraphQLServer({ ...opened.app, config }));
}, 600_000);
afterAll(async () => {
  await keeping?.close();
  await forgetting?.close();
  await opened?.close();
});

async function classify(path: string, server = keeping): Promise<string> {
  const file = { name: path.split('/').at(-1)!, bytes: await readFile(path) };
  const { data, errors } = await post<Classified>(server.url, classification(file));
  expect(errors).toEqual([]);
  return data!.classifyGel.id;
}

const CORRECT = `mutation C($id: ID!, $label: String!, $reason: String!, $actor: String) {
  correctClassification(id: $id, label: $label, reason: $reason, actor: $actor) {
    label reason actor receipt { sequence }
  }
}`;
const correct = (id: string, label: string, rest: Record<string, unknown> = {}) =>
  ask<{ correctClassification: unknown }>(opened.yoga, CORRECT, { id, label, reason: 'I looked', ...rest });

const CREATE = `mutation D($name: String!, $base: String, $ids: [ID!]) {
  createDatasetFromReviews(name: $name, base: $base, classifications: $ids) {
    name source pictureCount classes { name pictureCount }
  }
}`;
const create = (variables: Record<string, unknown>) =>
  ask<{ createDatasetFromReviews: unknown }>(opened.yoga, CREATE, variables);

describe('correctClassification', () => {
  it('appends what a person says, and leaves the answer as it was given', async () => {
    const id = await classify('dataset/test/gel/gel_007.jpg');
    const read =
      'query R($id: ID!) { node(id: $id) { ... on Classification { label reviews { label actor } } } }';
    const before = (await askData(opened.yoga, read, { id })).node as { label: string };
    const first = await correct(id, 'not_gel', { actor: 'Ann' });
    expect(first.data?.correctClassification).toEqual({
      label: 'not_gel',
      reason: 'I looked',
      actor: 'Ann',
      receipt: { sequence: expect.any(Number) },
    });
    await correct(id, 'gel');
    expect((await askData(opened.yoga, read, { id })).node).toEqual({
      label: before.label,
      reviews: [
        { label: 'not_gel', actor: 'Ann' },
        { label: 'gel', actor: 'anonymous' },
      ],
    });
  });

  it.each([
    ['a class that the model does not have', 'blot', {}, 'it knows gel, not_gel'],
    ['an empty reason', 'gel', { reason: ' ' }, 'The reason must have'],
    ['an empty actor', 'gel', { actor: '' }, 'The actor must have'],
  ])('refuses %s', async (_what, label, rest, message) => {
    const id = await classify('dataset/test/gel/gel_007.jpg');
    const { errors } = await correct(id, label, rest);
    expect(errors[0]).toMatchObject({
      message: expect.stringContaining(message),
      extensions: { code: 'BAD_REQUEST' },
    });
  });

  it('is in the chain of receipts: an altered or removed review is found', async () => {
    const { database } = opened.app;
    const verify = async () =>
      (await askData(opened.yoga, '{ verifyReceipts { problem { kind message } } }')).verifyReceipts;
    expect(await verify()).toEqual({ problem: null });
    const { rows } = await database.executeSql(
      'select sequence, label from reviews order by sequence limit 1',
    );
    const [{ sequence } = {}] = rows;
    await expect(database.executeSql("update reviews set label = 'x'")).rejects.toThrow('written once');
    await database.executeSql('alter table reviews disable trigger user');
    await database.executeSql(`update reviews set label = 'x' where sequence = ${String(sequence)}`);
    expect(await verify()).toEqual({
      problem: {
        kind: 'ALTERED',
        message: expect.stringContaining(`Record ${String(sequence)} of the chain (reviews`),
      },
    });
    await database.executeSql(
      `update reviews set label = '${String(rows[0]?.label)}' where sequence = ${String(sequence)}`,
    );
    await database.executeSql('alter table reviews enable trigger user');
    expect(await verify()).toEqual({ problem: null });
  });
});

describe('createDatasetFromReviews', () => {
  it('makes a data set of reviewed pictures, each under the class of its newest review', async () => {
    const gel = await classify('dataset/test/gel/gel_008.jpg');
    const again = await classify('dataset/test/gel/gel_008.jpg');
    const other = await classify('dataset/test/not_gel/not_gel_009.jpg');
    await correct(gel, 'not_gel');
    await correct(other, 'not_gel');
    await correct(again, 'gel');
    const { data, errors } = await create({ name: 'reviewed', ids: [gel, again, other] });
    expect(errors).toEqual([]);
    expect(data?.createDatasetFromReviews).toEqual({
      name: 'reviewed',
      source: 'reviews',
      pictureCount: 2,
      classes: [
        { name: 'gel', pictureCount: 1 },
        { name: 'not_gel', pictureCount: 1 },
      ],
    });
  });

  it('continues a data set: its own pictures get their new class, others come in for training', async () => {
    const { database } = opened.app;
    const base = await listDatasetPictures(database, (await findDataset(database, 'demo'))!.id);
    const wrong = base.find(({ name }) => name.includes('test/not_gel'))!;
    const known = await classify(`dataset/${wrong.name}`);
    const fresh = await classify('dataset/test/gel/gel_010.jpg');
    await correct(known, 'gel');
    await correct(fresh, 'gel');
    const { data } = await create({ name: 'demo-2', base: 'demo', ids: [known, fresh] });
    expect(data?.createDatasetFromReviews).toMatchObject({
      source: 'demo and reviews',
      pictureCount: base.length + 1,
    });
    const images = await listDatasetPictures(database, (await findDataset(database, 'demo-2'))!.id);
    for (const image of base) {
      const now = images.find(({ name }) => name === image.name);
      const label = image.sha256 === wrong.sha256 ? 0 : image.label;
      expect(now).toMatchObject({ sha256: image.sha256, subset: image.subset, label });
    }
    expect(images.find(({ name }) => name.startsWith('reviewed/'))).toMatchObject({
      subset: 'TRAIN',
      label: 0,
    });
  });

  it('is refused where the bytes of a picture were not kept, and names the answers', async () => {
    const kept = await classify('dataset/test/gel/gel_012.jpg');
    const lost = await classify('dataset/test/not_gel/not_gel_012.jpg', forgetting);
    await correct(kept, 'gel');
    await correct(lost, 'not_gel');
    const { status, errors } = await create({ name: 'incomplete' });
    expect(status).toBe(409);
    expect(errors[0]).toMatchObject({
      message: expect.stringMatching(/^The bytes of 1 of \d+ reviewed pictures were not kept\.$/),
      extensions: {
        code: 'PICTURE_NOT_KEPT',
        facts: { classifications: [Buffer.from(lost, 'base64').toString().split(':')[1]] },
      },
    });
  });

  it.each([
    ['an answer that was never reviewed', async () => [await classify('dataset/test/gel/gel_014.jpg')]],
    ['an id that is none', () => Promise.resolve(['x'])],
    ['no answer', () => Promise.resolve([])],
  ])('is refused for %s', async (_what, ids) => {
    const { errors } = await create({ name: 'none', ids: await ids() });
    expect(errors[0]?.extensions.code).toBe('DATASET_INVALID');
  });

  it('is refused for an unknown base, and for a name that is taken', async () => {
    const id = await classify('dataset/test/gel/gel_016.jpg');
    await correct(id, 'gel');
    const missing = await create({ name: 'x', base: 'nowhere', ids: [id] });
    expect(missing.errors[0]?.extensions.code).toBe('NOT_FOUND');
    const taken = await create({ name: 'demo', base: 'demo', ids: [id] });
    expect(taken.errors[0]?.extensions.code).toBe('CONFLICT');
  });
});
