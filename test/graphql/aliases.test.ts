import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createServedModels } from '../../src/serving/served-models.js';
import type { Database } from '../../src/db/client.js';
import type { ModelRow } from '../../src/registry/models.js';
import { moveAlias } from '../../src/registry/move-alias.js';
import { registerConstantModel } from '../support/constant-model.js';
import { silent } from '../support/database.js';
import { ask, askData, openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import {
  classification,
  post,
  serve,
  type ClassifiedGel,
  type TestServer,
} from '../support/graphql-server.js';
import { waitFor } from '../support/wait-for.js';

const PNG = 'dataset/test/gel/gel_009.png';
const LOGITS: Record<string, [number, number]> = {
  best: [0.25, -0.25],
  alpha: [1, -1],
  beta: [-2, 2],
};

let opened: GraphQLApp;
let server: TestServer;
let picture: Uint8Array;
const models: Record<string, ModelRow> = {};

beforeAll(async () => {
  opened = await openGraphQLApp({ engine: 'wasm' });
  picture = await readFile(PNG);
  for (const [name, logits] of Object.entries(LOGITS)) {
    models[name] = await registerConstantModel(opened.app, {
      name,
      logits,
      accuracyLow: name === 'best' ? 0.5 : 0.4,
      golden: [{ bytes: picture, logits }],
    });
  }
  server = await serve(opened.yoga);
}, 600_000);
afterAll(async () => {
  await server?.close();
  await opened?.close();
});

const PROMOTE = `mutation Promote($id: ID!, $alias: String!, $expected: String, $reason: String!, $actor: String) {
  promoteModel(id: $id, alias: $alias, expectedCurrent: $expected, reason: $reason, actor: $actor) {
    alias sequence reason actor createdAt from { name } to { name }
    probe { kind pictureCount largestDifference engine elapsedMs }
  }
}`;
const REMOVE = `mutation Remove($alias: String!, $expected: String!) {
  removeAlias(alias: $alias, expectedCurrent: $expected, reason: "done") { sequence to { name } probe { kind } }
}`;

const promote = (
  id: string,
  alias: string,
  expected: string | null = null,
  rest: Record<string, unknown> = {},
) =>
  ask<{ promoteModel: Record<string, unknown> }>(opened.yoga, PROMOTE, {
    id,
    alias,
    expected,
    reason: 'a test',
    ...rest,
  });

async function remove(alias: string, expected: string): Promise<void> {
  await askData(opened.yoga, REMOVE, { alias, expected });
}

const CLASSIFY = `mutation C($upload: Upload!, $model: String, $alias: String) {
  classifyGel(upload: $upload, model: $model, alias: $alias) {
    modelDigest probabilities { logit } model { name digest }
  }
}`;
async function classify(variables: Record<string, unknown> = {}) {
  const parts = classification({ name: 'gel.png', bytes: picture });
  const operations = { query: CLASSIFY, variables: { upload: null, ...variables } };
  return post<{ classifyGel: ClassifiedGel }>(server.url, { ...parts, operations });
}
async function answeredBy(variables: Record<string, unknown> = {}): Promise<string> {
  const { data, errors } = await classify(variables);
  expect(errors).toEqual([]);
  return data!.classifyGel.model.name;
}

describe('promoteModel', () => {
  it('says what the model has passed, who moved it and from where', async () => {
    const { data, errors } = await promote('alpha', 'told', null, { actor: 'Ada' });
    expect(errors).toEqual([]);
    expect(data?.promoteModel).toMatchObject({
      alias: 'told',
      sequence: 1,
      reason: 'a test',
      actor: 'Ada',
      from: null,
      to: { name: 'alpha' },
      probe: { kind: 'GOLDEN', pictureCount: 1, largestDifference: 0, engine: 'WASM' },
    });
    const next = await ask<{ promoteModel: unknown }>(
      opened.yoga,
      PROMOTE,
      { id: String(models.beta!.number), alias: 'told', expected: models.alpha!.id, reason: 'a test' },
      { 'x-gelql-actor': 'Grace' },
    );
    expect(next.data?.promoteModel).toMatchObject({ sequence: 2, actor: 'Grace', from: { name: 'alpha' } });
    const third = await promote('alpha', 'told', 'beta');
    expect(third.data?.promoteModel).toMatchObject({ sequence: 3, actor: 'anonymous' });
  });

  it('is counted by its result', async () => {
    const counts = async () => {
      const lines = (await opened.app.metrics.text()).split('\n');
      const countOf = (result: string) =>
        Number(
          lines.find((line) => line.startsWith(`gel_model_swap_total{result="${result}"}`))?.split(' ')[1],
        );
      return { moved: countOf('moved'), refused: countOf('refused') };
    };
    const before = await counts();
    await promote('alpha', 'counted');
    await promote('beta', 'counted');
    expect(await counts()).toEqual({ moved: before.moved + 1, refused: before.refused + 1 });
  });

  it('refuses a move from where the alias is not, with the facts', async () => {
    await promote('alpha', 'expected');
    const { status, errors } = await promote('beta', 'expected');
    expect(status).toBe(409);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      facts: {
        alias: 'expected',
        expected: null,
        current: models.alpha!.id,
        currentName: 'alpha',
        sequence: 1,
      },
    });
  });

  it('refuses a model that answers a golden picture otherwise, and says which and by how much', async () => {
    await registerConstantModel(opened.app, {
      name: 'changed',
      logits: [3, -3],
      golden: [
        { bytes: picture, logits: [3, -3] },
        { bytes: await readFile('dataset/test/gel/gel_003.jpg'), logits: [3, -2.5] },
      ],
    });
    await promote('alpha', 'probed');
    const { status, errors } = await promote('changed', 'probed', 'alpha');
    expect(status).toBe(409);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'MODEL_PROBE_FAILED',
      facts: { model: 'changed', picture: 'picture 2', difference: 0.5, expected: [3, -2.5], found: [3, -3] },
    });
    expect(await answeredBy({ alias: 'probed' })).toBe('alpha');
  });

  it('sees only that the answers are numbers where the model has no golden pictures', async () => {
    await registerConstantModel(opened.app, { name: 'unknown', logits: [0, 0] });
    expect((await promote('unknown', 'unprobed')).data?.promoteModel).toMatchObject({
      probe: { kind: 'FINITE', pictureCount: 0, largestDifference: null },
    });
  });

  it('moves nothing where the model cannot be loaded', async () => {
    await registerConstantModel(opened.app, { name: 'not finite', logits: [NaN, 0] });
    const { errors } = await promote('not finite', 'kept-empty');
    expect(errors[0]?.extensions.code).toBe('MODEL_CORRUPT');
    expect(await askData(opened.yoga, '{ alias(name: "kept-empty") { name } }')).toEqual({ alias: null });
  });

  it.each([
    ['nobody', 'any', 'NOT_FOUND'],
    ['alpha', 'No Name', 'BAD_REQUEST'],
  ])('refuses %s as %s', async (id, alias, code) => {
    expect((await promote(id, alias)).errors[0]?.extensions.code).toBe(code);
  });
});

describe('the served model', () => {
  it('is the best one, then the champion, then the best one again', async () => {
    expect(await answeredBy()).toBe('best');
    await promote('alpha', 'champion');
    expect(await answeredBy()).toBe('alpha');
    await promote('beta', 'champion', 'alpha');
    expect(await answeredBy()).toBe('beta');
    expect(await answeredBy({ model: 'alpha' })).toBe('alpha');
    await remove('champion', 'beta');
    expect(await answeredBy()).toBe('best');
  });

  it('can be asked for by any alias', async () => {
    await promote('beta', 'night-shift');
    expect(await answeredBy({ alias: 'night-shift' })).toBe('beta');
    expect((await classify({ alias: 'nowhere' })).errors[0]?.extensions.code).toBe('NOT_FOUND');
    const both = await classify({ alias: 'night-shift', model: 'alpha' });
    expect(both.errors[0]?.extensions.code).toBe('BAD_REQUEST');
  });

  it('never lends its name to another, while the champion moves under load', async () => {
    await promote('alpha', 'champion');
    const digests = new Map(Object.entries(models).map(([name, { digest }]) => [digest, LOGITS[name]]));
    let isMoving = true;
    const moving = (async () => {
      let moves = 0;
      for (let current = 'alpha'; isMoving; moves += 1) {
        const next = current === 'alpha' ? 'beta' : 'alpha';
        expect((await promote(next, 'champion', current)).errors).toEqual([]);
        current = next;
        // Embedded and without a socket, a move never waits: sockets of the others would get no turn.
        await delay(1);
      }
      return moves;
    })();
    const seen = new Map<string, number>();
    const client = async () => {
      for (let count = 0; count < 6; count += 1) {
        const { data, errors } = await classify();
        expect(errors).toEqual([]);
        const { modelDigest, probabilities, model } = data!.classifyGel;
        expect(probabilities.map(({ logit }) => logit)).toEqual(digests.get(modelDigest));
        expect(model.digest).toBe(modelDigest);
        seen.set(model.name, (seen.get(model.name) ?? 0) + 1);
      }
    };
    try {
      await Promise.all(Array.from({ length: 4 }, client));
    } finally {
      isMoving = false;
    }
    expect(await moving).toBeGreaterThan(2);
    expect([...seen.keys()].sort()).toEqual(['alpha', 'beta']);
  });
});

describe('alias and aliases', () => {
  it('show where each points, pointed, and how it got there', async () => {
    await promote('alpha', 'shown');
    await delay(3);
    const between = new Date().toISOString();
    await delay(3);
    await promote('beta', 'shown', 'alpha');
    const answer = await askData<Record<string, Record<string, unknown>>>(
      opened.yoga,
      `query A($at: DateTime!) {
        now: alias(name: "shown") { name model { name aliases } move { sequence } history(first: 5) { edges { node { sequence to { name } } } } }
        earlier: alias(name: "shown", at: $at) { model { name } move { sequence } }
        before: alias(name: "shown", at: "2020-01-01T00:00:00.000Z") { name }
        aliases { name model { name } }
      }`,
      { at: between },
    );
    expect(answer.now).toMatchObject({
      name: 'shown',
      model: { name: 'beta' },
      move: { sequence: 2 },
      history: {
        edges: [
          { node: { sequence: 2, to: { name: 'beta' } } },
          { node: { sequence: 1, to: { name: 'alpha' } } },
        ],
      },
    });
    expect((answer.now?.model as { aliases: string[] }).aliases).toContain('shown');
    expect(answer.earlier).toEqual({ model: { name: 'alpha' }, move: { sequence: 1 } });
    expect(answer.before).toBeNull();
    expect(answer.aliases).toContainEqual({ name: 'shown', model: { name: 'beta' } });
  });
});

async function freeChampion(): Promise<void> {
  const { alias } = await askData<{ alias: { model: { name: string } } | null }>(
    opened.yoga,
    '{ alias(name: "champion") { model { name } } }',
  );
  if (alias !== null) await remove('champion', alias.model.name);
}

describe('an archived model', () => {
  const change = (field: string, id: string) =>
    ask<Record<string, { name: string; isArchived: boolean; events: unknown[] }>>(
      opened.yoga,
      `mutation X($id: ID!) { ${field}(id: $id, reason: "a test", actor: "Ada") { name isArchived goldenPictureCount events { kind reason actor } } }`,
      { id },
    );

  it('answers nothing until it is restored', async () => {
    await registerConstantModel(opened.app, { name: 'resting', logits: [7, -7] });
    expect(await answeredBy({ model: 'resting' })).toBe('resting');
    const archived = await change('archiveModel', 'resting');
    expect(archived.data?.archiveModel).toEqual({
      name: 'resting',
      isArchived: true,
      goldenPictureCount: 0,
      events: [{ kind: 'ARCHIVED', reason: 'a test', actor: 'Ada' }],
    });
    const refused = await classify({ model: 'resting' });
    expect(refused.status).toBe(409);
    expect(refused.errors[0]?.extensions).toMatchObject({
      code: 'MODEL_ARCHIVED',
      facts: { reason: 'a test' },
    });
    expect((await promote('resting', 'any-name')).errors[0]?.extensions.code).toBe('MODEL_ARCHIVED');
    expect((await change('restoreModel', 'resting')).data?.restoreModel?.isArchived).toBe(false);
    expect(await answeredBy({ model: 'resting' })).toBe('resting');
  });

  it('is not the best one', async () => {
    await registerConstantModel(opened.app, { name: 'once best', logits: [8, -8], accuracyLow: 0.55 });
    await freeChampion();
    opened.app.servedModels.forget();
    expect(await answeredBy()).toBe('once best');
    await change('archiveModel', 'once best');
    expect(await answeredBy()).toBe('best');
    const { bestModel } = await askData<{ bestModel: { model: { name: string } } }>(
      opened.yoga,
      '{ bestModel { model { name } } }',
    );
    expect(bestModel.model.name).toBe('best');
  });

  it('is none while an alias points at it', async () => {
    await promote('alpha', 'holding');
    const { errors } = await change('archiveModel', 'alpha');
    expect(errors[0]?.extensions).toMatchObject({ code: 'CONFLICT' });
    expect((errors[0]?.extensions.facts as { aliases: string[] }).aliases).toContain('holding');
  });

  it('can still be loaded for a replay', async () => {
    const row = await registerConstantModel(opened.app, { name: 'for replay', logits: [9, -9] });
    await change('archiveModel', 'for replay');
    const { head } = await opened.app.servedModels.load(row);
    expect([...(head.get('0.bias')?.data ?? [])]).toEqual([9, -9]);
  });
});

describe('another server on the same database', () => {
  /** Asks it where the alias `elsewhere` points, again and again until that is `name`. */
  async function waitUntil(
    name: string,
    change: () => Promise<unknown>,
    { database, maxAgeMs }: { database?: Database; maxAgeMs: number },
  ): Promise<void> {
    const { config, compute, bestModels } = opened.app;
    const other = await createServedModels({
      config,
      database: database ?? opened.app.database,
      compute,
      bestModels,
      logger: silent,
      warm: async () => {},
      maxAgeMs,
    });
    const target = async () => (await other.resolveAlias('elsewhere')).row.name;
    try {
      expect(await target()).not.toBe(name);
      await change();
      await waitFor(async () => (await target()) === name);
    } finally {
      await other.close();
    }
  }
  const move = (from: string | null, to: string) =>
    moveAlias(opened.app.database, {
      alias: 'elsewhere',
      expectedModelId: from === null ? null : models[from]!.id,
      toModelId: models[to]!.id,
      probe: null,
      reason: 'a test',
      actor: 'another server',
    });
  beforeAll(() => move(null, 'alpha'));

  it('hears of a move that is announced, however long it would remember', () =>
    waitUntil('beta', () => move('alpha', 'beta'), { maxAgeMs: 3_600_000 }));

  it('reads again after the bound where the announcement is lost', () => {
    const database: Database = { ...opened.app.database, listen: async () => async () => {} };
    return waitUntil('alpha', () => move('beta', 'alpha'), { database, maxAgeMs: 1_000 });
  });
});
