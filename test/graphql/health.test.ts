import { openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import { registerUntrainedModel } from '../support/untrained-model.js';

let opened: GraphQLApp;
beforeAll(async () => {
  opened = await openGraphQLApp();
}, 600_000);
afterAll(() => opened?.close());

const get = async (path: string, headers: Record<string, string> = {}) => {
  const response = await opened.yoga.fetch(`http://gelql.test${path}`, { headers });
  return { status: response.status, body: (await response.json()) as unknown, headers: response.headers };
};

describe('the health routes', () => {
  it('say that the process answers', async () => {
    expect(await get('/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  it('say that nothing can be served without a model, then that it can, then that the server stops', async () => {
    expect(await get('/ready')).toMatchObject({
      status: 503,
      body: { status: 'not ready', problems: ['No model is registered yet.'] },
    });

    await registerUntrainedModel(opened.app);
    expect(await get('/ready')).toMatchObject({ status: 200, body: { status: 'ready' } });

    await opened.app.close();
    expect(await get('/ready')).toMatchObject({
      status: 503,
      body: { status: 'not ready', problems: ['the server is stopping'] },
    });
    expect(await get('/health')).toMatchObject({ status: 200 });
  });
});

describe('the request id', () => {
  it('is the one that the client sent, where it is plain', async () => {
    const { headers } = await get('/health', { 'x-request-id': 'lims-4711.a' });
    expect(headers.get('x-request-id')).toBe('lims-4711.a');
  });

  it('is made where the client sent none, or one that could forge a log line', async () => {
    const made = (await get('/health')).headers.get('x-request-id');
    const another = (await get('/health')).headers.get('x-request-id');
    const replaced = (await get('/health', { 'x-request-id': 'a"b c' })).headers.get('x-request-id');
    for (const id of [made, another, replaced]) expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set([made, another, replaced]).size).toBe(3);
  });
});
