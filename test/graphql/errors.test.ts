import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../../src/app.js';
import { ERRORS, type ErrorCode } from '../../src/errors.js';
import { createGraphQLServer, type GelqlYoga } from '../../src/graphql/http/server.js';
import {
  ask,
  askData,
  openGraphQLApp,
  readAnswer,
  type Answer,
  type GraphQLApp,
} from '../support/graphql-app.js';
import { classification, post, serve } from '../support/graphql-server.js';
import { insertTestDataset } from '../support/registry-rows.js';

const TRAIN = 'mutation Train($input: TrainModelInput!) { trainModel(input: $input) { id } }';

let opened: GraphQLApp;
let emptyFolder: string;

beforeAll(async () => {
  opened = await openGraphQLApp();
  emptyFolder = mkdtempSync(join(tmpdir(), 'gelql-empty-'));
  await insertTestDataset(opened.app.database, 'demo');
}, 600_000);
afterAll(async () => {
  await opened?.close();
  rmSync(emptyFolder, { recursive: true });
});

/** The same application with a part of it changed. */
const yogaWith = (changed: Partial<App>): GelqlYoga => createGraphQLServer({ ...opened.app, ...changed });

/** One error, in the shape that docs/errors.md promises. */
function expectRefused<Data>(
  { status, errors }: Answer<Data>,
  code: ErrorCode,
  message: RegExp,
  expectedStatus: number = ERRORS[code].httpStatus,
): void {
  expect(errors).toHaveLength(1);
  expect(errors[0]?.message).toMatch(message);
  expect(errors[0]?.extensions).toEqual({
    code,
    advice: ERRORS[code].advice,
    retryable: ERRORS[code].retryable,
    ...(errors[0]?.extensions.facts === undefined ? {} : { facts: expect.any(Object) }),
  });
  expect(status).toBe(expectedStatus);
}

describe('a training that cannot be', () => {
  const train = (input: Record<string, unknown>, yoga = opened.yoga) =>
    ask(yoga, TRAIN, { input: { dataset: 'demo', ...input } });

  it('on a data set that is not there says how to import one', async () => {
    expectRefused(
      await train({ dataset: 'nothing' }),
      'NOT_FOUND',
      /no data set "nothing".*gelql dataset import/,
    );
  });

  it('with numbers out of range names all of them', async () => {
    const answer = await train({ learningRate: 0, epochs: 0, batchSize: 5000 });
    expectRefused(answer, 'BAD_REQUEST', /learningRate.*batchSize.*epochs/);
    expect(answer.errors[0]?.extensions.facts?.problems).toHaveLength(3);
  });

  it('on a GPU is refused where no GPU engine is, never run on the CPU', async () => {
    expectRefused(await train({ device: 'GPU' }), 'DEVICE_UNAVAILABLE', /GPU/);
    const { trainingRuns } = await askData(opened.yoga, '{ trainingRuns { edges { node { id } } } }');
    expect(trainingRuns).toEqual({ edges: [] });
  });

  it('for want of weights names the file and the commands', async () => {
    const yoga = yogaWith({ config: { ...opened.app.config, cacheDir: emptyFolder } });
    const answer = await train({ backbone: 'VGG16' }, yoga);
    expectRefused(answer, 'WEIGHTS_MISSING', /gelql weights pull vgg16-torchvision-v1/);
  });

  it('with weights of another network is refused', async () => {
    const answer = await train({ backbone: 'RESNET18', weights: 'mobilenet_v3_large-gelql-1' });
    expectRefused(answer, 'BAD_REQUEST', /weights for mobilenet_v3_large, not for resnet18/);
  });
});

describe('an empty registry', () => {
  it('classifies nothing, and says so', async () => {
    const server = await serve(opened.yoga);
    try {
      const file = { name: 'gel_001.png', bytes: await readFile('dataset/test/gel/gel_001.png') };
      expectRefused(await post(server.url, classification(file)), 'NO_MODEL', /No model is registered/);
    } finally {
      await server.close();
    }
  });

  it('has no best model and no results, which is no error', async () => {
    const data = await askData(
      opened.yoga,
      '{ bestModel { model { name } } results { totalCount edges { cursor } } }',
    );
    expect(data).toEqual({ bestModel: null, results: { totalCount: 0, edges: [] } });
  });
});

describe('a request that is none', () => {
  it.each([
    ['that is no GraphQL', '{ models { ', /Syntax Error/],
    ['for a field that is not there', '{ modells { edges { cursor } } }', /Cannot query field "modells"/],
    [
      'with an argument of the wrong type',
      '{ models(first: "two") { edges { cursor } } }',
      /Int cannot represent/,
    ],
    [
      'with a date that is none',
      '{ results(filter: { createdAt: { min: "tomorrow" } }) { totalCount } }',
      /ISO 8601/,
    ],
    ['for both directions at once', '{ models(first: 1, last: 1) { edges { cursor } } }', /not both/],
    ['for a page of no entries', '{ models(first: 0) { edges { cursor } } }', /1 to 200 entries/],
    ['for too large a page', '{ models(first: 201) { edges { cursor } } }', /1 to 200 entries/],
    [
      'after a foreign cursor',
      '{ models(after: "bm9uc2Vuc2U") { edges { cursor } } }',
      /not a cursor of this list/,
    ],
  ])('%s is BAD_REQUEST', async (_what, query, message) => {
    expectRefused(await ask(opened.yoga, query), 'BAD_REQUEST', message);
  });

  it('with a variable that is refused names the variable', async () => {
    const query =
      'query Since($since: DateTime) { results(filter: { createdAt: { min: $since } }) { totalCount } }';
    const answer = await ask(opened.yoga, query, { since: 'tomorrow' });
    expectRefused(answer, 'BAD_REQUEST', /Variable "\$since" got invalid value "tomorrow".*ISO 8601/);
  });

  it('with a file outside of a multipart request is refused', async () => {
    const query = 'mutation C($upload: Upload!) { classifyGel(upload: $upload) { label } }';
    const answer = await ask(opened.yoga, query, { upload: 'gel.png' });
    expectRefused(answer, 'BAD_REQUEST', /Variable "\$upload".*multipart/);
  });

  it('whose body is no JSON is refused without a word about the parser', async () => {
    const response = await opened.yoga.fetch('http://gelql.test/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expectRefused(await readAnswer(response), 'BAD_REQUEST', /invalid JSON/);
  });

  it('that changes something by GET is refused as HTTP asks', async () => {
    const query = encodeURIComponent('mutation { cancelTraining(id: "x") { id } }');
    const response = await opened.yoga.fetch(`http://gelql.test/graphql?query=${query}`, {
      headers: { 'content-type': 'application/json' },
    });
    expect(response.headers.get('allow')).toBe('POST');
    expectRefused(await readAnswer(response), 'BAD_REQUEST', /mutation/i, 405);
  });
});

describe('the limits', () => {
  it('refuse a document that is too deep', async () => {
    const nested = (depth: number): string =>
      depth === 0 ? 'name' : `trainingRun { model { ${nested(depth - 1)} } }`;
    expect((await ask(opened.yoga, `{ model(reference: "x") { ${nested(3)} } }`)).errors).toEqual([]);
    const answer = await ask(opened.yoga, `{ model(reference: "x") { ${nested(8)} } }`);
    expectRefused(answer, 'BAD_REQUEST', /depth/i);
  });

  it('refuse too many aliases', async () => {
    const aliases = (count: number) =>
      `{ ${Array.from({ length: count }, (_, index) => `a${index}: dataset(reference: "x") { id }`).join(' ')} }`;
    expect((await ask(opened.yoga, aliases(30))).errors).toEqual([]);
    expectRefused(await ask(opened.yoga, aliases(31)), 'BAD_REQUEST', /alias/i);
  });

  it('refuse too many tokens', async () => {
    const query = `{ ${'__typename '.repeat(2_001)} }`;
    expectRefused(await ask(opened.yoga, query), 'BAD_REQUEST', /token/i);
  });

  it('let the introspection of GraphiQL through', async () => {
    const { getIntrospectionQuery } = await import('graphql');
    const { errors, data } = await ask(opened.yoga, getIntrospectionQuery());
    expect(errors).toEqual([]);
    expect(data).toHaveProperty('__schema');
  });
});

describe('an error that nobody foresaw', () => {
  it('is masked, and logged once with its cause and the id of the request', async () => {
    opened.takeWarnings();
    const engines = () => Promise.reject(new Error('password=hunter2'));
    const yoga = yogaWith({ compute: { ...opened.app.compute, engines } });
    const answer = await ask(yoga, '{ devices { engine } }', {}, { 'x-request-id': 'request-9' });
    expectRefused(answer, 'INTERNAL', /^Something went wrong on the server\.$/);
    expect(answer.errors[0]).toMatchObject({ path: ['devices'] });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(answer.headers.get('x-request-id')).toBe('request-9');
    expect(opened.takeWarnings()).toMatchObject([
      { level: 50, requestId: 'request-9', err: { message: 'password=hunter2' } },
    ]);
  });

  it('of the database says nothing about it', async () => {
    const database = new Proxy(opened.app.database, {
      get: (target, name) => {
        if (name === 'drizzle') throw new Error('relation "models" at 10.0.0.7');
        return Reflect.get(target, name) as unknown;
      },
    });
    const answer = await ask(yogaWith({ database }), '{ models { edges { cursor } } }');
    expectRefused(answer, 'INTERNAL', /^Something went wrong on the server\.$/);
    expect(JSON.stringify(answer)).not.toContain('10.0.0.7');
  });
});

describe('an error of one field', () => {
  it('leaves the data of the others', async () => {
    const answer = await ask(
      opened.yoga,
      '{ node(id: "nonsense") { id } datasets { edges { node { name } } } dataset(reference: "none") { id } }',
    );
    expect(answer.data).toEqual({
      node: null,
      datasets: { edges: [{ node: { name: 'demo' } }] },
      dataset: null,
    });
    expectRefused(answer, 'BAD_REQUEST', /no global id/);
  });
});

describe('a request from a foreign page', () => {
  const send = (contentType: string, body: string, headers: Record<string, string> = {}) =>
    opened.yoga.fetch('http://gelql.test/graphql', {
      method: 'POST',
      headers: { 'content-type': contentType, ...headers },
      body,
    });

  it.each(['multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', 'text/plain'])(
    'as %s is refused without the header',
    async (contentType) => {
      const answer = await readAnswer(await send(contentType, 'query={__typename}'));
      expectRefused(answer, 'CSRF_HEADER_MISSING', /header/);
    },
  );

  it('by GET is refused without the header, and answered with it', async () => {
    const url = 'http://gelql.test/graphql?query={__typename}';
    expectRefused(await readAnswer(await opened.yoga.fetch(url)), 'CSRF_HEADER_MISSING', /header/);
    const answer = await readAnswer(
      await opened.yoga.fetch(url, { headers: { 'x-graphql-yoga-csrf': '1' } }),
    );
    expect(answer).toMatchObject({ status: 200, data: { __typename: 'Query' } });
  });

  it('as JSON needs none: the browser asks first', async () => {
    const answer = await readAnswer(await send('application/json', '{"query":"{__typename}"}'));
    expect(answer).toMatchObject({ status: 200, data: { __typename: 'Query' } });
  });

  it('gets no leave to read the answer', async () => {
    const response = await send('application/json', '{"query":"{__typename}"}', {
      origin: 'https://elsewhere.test',
    });
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    const config = { ...opened.app.config, corsOrigins: ['https://lims.test'] };
    const allowed = await yogaWith({ config }).fetch('http://gelql.test/graphql', {
      method: 'OPTIONS',
      headers: { origin: 'https://lims.test', 'access-control-request-method': 'POST' },
    });
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://lims.test');
  });
});
