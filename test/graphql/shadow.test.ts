import { readFile } from 'node:fs/promises';
import { sql } from 'drizzle-orm';
import { createGraphQLServer } from '../../src/graphql/http/server.js';
import { moveAlias } from '../../src/registry/move-alias.js';
import type { ModelRow } from '../../src/registry/models.js';
import { registerConstantModel } from '../support/constant-model.js';
import { ask, askData, openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import { classification, post, serve, type TestServer } from '../support/graphql-server.js';
import { recordCompute, type Recorded } from '../support/recording-compute.js';

/*
 * Each test has a champion of its own, so that its report counts nothing of the others. Every head is constant: what it
 * says of a picture is known.
 */

let opened: GraphQLApp;
let recorded: Recorded;
let server: TestServer;
let pictures: Uint8Array[];
const challengers: Record<string, ModelRow> = {};

beforeAll(async () => {
  opened = await openGraphQLApp({ engine: 'wasm' });
  recorded = recordCompute(opened.app);
  server = await serve(createGraphQLServer(recorded.app));
  pictures = await Promise.all(
    ['gel_003.jpg', 'gel_009.png'].map((name) => readFile(`dataset/test/gel/${name}`)),
  );
  challengers.agreeing = await registerConstantModel(opened.app, { name: 'agreeing', logits: [3, -3] });
  challengers.contrary = await registerConstantModel(opened.app, { name: 'contrary', logits: [-1, 1] });
  challengers.elsewhere = await registerConstantModel(opened.app, {
    name: 'elsewhere',
    logits: [-2, 2],
    backboneId: 'resnet18-gelql-2',
  });
  challengers.broken = await registerConstantModel(opened.app, { name: 'broken', logits: [NaN, 0] });
}, 600_000);
afterAll(async () => {
  await server?.close();
  await opened?.close();
});

const pointing: Record<string, string | null> = { champion: null, challenger: null };
async function point(alias: 'champion' | 'challenger', model: ModelRow): Promise<void> {
  const { app } = opened;
  await moveAlias(app.database, {
    alias,
    expectedModelId: pointing[alias] ?? null,
    toModelId: model.id,
    probe: null,
    reason: 'a test',
    actor: 'a test',
  });
  pointing[alias] = model.id;
  app.servedModels.forget();
}

/** A new champion that says "gel", and a challenger that nothing has asked for yet. */
async function duel(challenger: ModelRow): Promise<ModelRow> {
  const name = `champion against ${challenger.name} ${Math.random()}`;
  const champion = await registerConstantModel(opened.app, { name, logits: [1, -1] });
  await point('champion', champion);
  await point('challenger', challenger);
  return champion;
}

async function classify(picture: Uint8Array, variables: Record<string, unknown> = {}) {
  const parts = classification({ name: 'gel.png', bytes: picture }, variables);
  const { data, errors } = await post<{ classifyGel: { label: string; model: { name: string } } }>(
    server.url,
    parts,
  );
  expect(errors).toEqual([]);
  return data!.classifyGel;
}

const REPORT = `query Report($champion: ID, $challenger: ID, $since: DateTime, $first: Int, $after: String) {
  shadowReport(champion: $champion, challenger: $challenger, since: $since) {
    champion { name } challenger { name }
    agreement { k n groupCount value low high }
    pictureCount sharedPassCount firstAt lastAt
    outcomes { championLabel label count }
    disagreements(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor }
      edges { node { championLabel label probability isSharedPass createdAt classification { filename label model { name } } } }
    }
  }
}`;
interface Report {
  champion: { name: string };
  challenger: { name: string };
  agreement: { k: number; n: number; groupCount: number; value: number; low: number; high: number };
  pictureCount: number;
  sharedPassCount: number;
  outcomes: { championLabel: string; label: string; count: number }[];
  disagreements: {
    pageInfo: { hasNextPage: boolean; endCursor: string };
    edges: { node: Record<string, unknown> }[];
  };
}
async function report(variables: Record<string, unknown> = {}): Promise<Report> {
  await opened.app.shadow.settle();
  const { shadowReport } = await askData<{ shadowReport: Report }>(opened.yoga, REPORT, variables);
  return shadowReport;
}

it('scores the challenger on the pass of the champion, and tells nobody', async () => {
  const champion = await duel(challengers.contrary!);
  const before = recorded.batches.length;
  for (const picture of [pictures[0]!, pictures[1]!, pictures[0]!]) {
    expect(await classify(picture)).toMatchObject({ label: 'gel', model: { name: champion.name } });
  }
  const found = await report();
  expect(recorded.batches.slice(before)).toEqual([1, 1, 1]);
  expect(found).toMatchObject({
    champion: { name: champion.name },
    challenger: { name: 'contrary' },
    agreement: { k: 0, n: 3, groupCount: 2, value: 0, low: 0 },
    pictureCount: 2,
    sharedPassCount: 3,
    outcomes: [{ championLabel: 'gel', label: 'not_gel', count: 3 }],
  });
  const { edges } = found.disagreements;
  expect(edges.map(({ node }) => node)).toEqual(
    Array.from({ length: 3 }, () => ({
      championLabel: 'gel',
      label: 'not_gel',
      probability: expect.closeTo(1 / (1 + Math.exp(-2)), 6) as number,
      isSharedPass: true,
      createdAt: expect.any(String) as string,
      classification: { filename: 'gel.png', label: 'gel', model: { name: champion.name } },
    })),
  );
});

it('counts those that agree, and only different pictures make the interval narrower', async () => {
  await duel(challengers.agreeing!);
  for (let count = 0; count < 5; count += 1) await classify(pictures[0]!);
  const { agreement, disagreements, outcomes } = await report();
  expect(agreement).toMatchObject({ k: 5, n: 5, groupCount: 1, value: 1, high: 1 });
  // Wilson for one of one: 1 / (1 + z^2).
  expect(agreement.low).toBeCloseTo(1 / (1 + 1.959963984540054 ** 2), 6);
  expect(disagreements.edges).toEqual([]);
  expect(outcomes).toEqual([{ championLabel: 'gel', label: 'gel', count: 5 }]);
});

it('pages through disagreements, newest first', async () => {
  const champion = await duel(challengers.contrary!);
  for (let count = 0; count < 5; count += 1) await classify(pictures[count % 2]!);
  const seen: unknown[] = [];
  let after: string | null = null;
  do {
    const { disagreements } = await report({ first: 2, after });
    seen.push(...disagreements.edges.map(({ node }) => node.createdAt));
    after = disagreements.pageInfo.hasNextPage ? disagreements.pageInfo.endCursor : null;
  } while (after !== null);
  expect(seen).toHaveLength(5);
  expect(seen).toEqual([...seen].sort().reverse());
  // Named, the pair is found after the aliases have moved on.
  await duel(challengers.agreeing!);
  const named = await report({ champion: champion.name, challenger: 'contrary' });
  expect(named.agreement.n).toBe(5);
  const later = await report({
    champion: champion.name,
    challenger: 'contrary',
    since: '2100-01-01T00:00:00.000Z',
  });
  expect(later.agreement).toMatchObject({ n: 0, value: null, low: null });
});

it('leaves alone what was asked of a model by its name', async () => {
  const champion = await duel(challengers.contrary!);
  await classify(pictures[0]!, { model: champion.name });
  expect((await report()).agreement.n).toBe(0);
});

it('gives a challenger with another backbone a pass of its own, after the answer', async () => {
  await duel(challengers.elsewhere!);
  const before = recorded.batches.length;
  await classify(pictures[0]!);
  expect(await report()).toMatchObject({ agreement: { k: 0, n: 1 }, sharedPassCount: 0 });
  expect(recorded.batches.length - before).toBe(2);
});

it('answers all the same where the challenger cannot be loaded', async () => {
  const champion = await registerConstantModel(opened.app, { name: 'undisturbed', logits: [1, -1] });
  await point('champion', champion);
  await point('challenger', challengers.broken!);
  opened.takeWarnings();
  for (let count = 0; count < 3; count += 1) {
    expect(await classify(pictures[0]!)).toMatchObject({ model: { name: 'undisturbed' } });
  }
  expect((await report()).agreement.n).toBe(0);
  const complaints = opened
    .takeWarnings()
    .filter(({ msg }) => msg === 'the challenger cannot be scored here');
  // Once for each attempt to load it, not for each answer.
  expect(complaints.length).toBeGreaterThan(0);
  expect(complaints.length).toBeLessThan(3);
});

it('is none where the challenger is the champion itself', async () => {
  const champion = await duel(challengers.contrary!);
  await point('challenger', champion);
  await classify(pictures[0]!);
  expect((await report()).agreement.n).toBe(0);
});

it('keeps scores that nobody can rewrite', async () => {
  await duel(challengers.contrary!);
  await classify(pictures[0]!);
  await report();
  const { drizzle } = opened.app.database;
  await expect(drizzle.execute(sql`update shadow_scores set label = 'gel'`)).rejects.toThrow();
  await expect(drizzle.execute(sql`delete from shadow_scores`)).rejects.toThrow();
});

it('says that there is no challenger', async () => {
  await moveAlias(opened.app.database, {
    alias: 'challenger',
    expectedModelId: pointing.challenger ?? null,
    toModelId: null,
    probe: null,
    reason: 'a test',
    actor: 'a test',
  });
  const { errors } = await ask(opened.yoga, REPORT);
  expect(errors[0]?.extensions.code).toBe('NOT_FOUND');
});
