import { createAdmission } from '../../src/serving/admission.js';
import { createGraphQLServer } from '../../src/graphql/http/server.js';
import { openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import { classification, post, serve, type Classified, type TestServer } from '../support/graphql-server.js';
import { encodeMadeUpGels } from '../support/made-up-pictures.js';
import { registerUntrainedModel } from '../support/untrained-model.js';

let opened: GraphQLApp;
let server: TestServer;
let gels: Uint8Array[];

beforeAll(async () => {
  opened = await openGraphQLApp();
  await registerUntrainedModel(opened.app);
  server = await serve(opened.yoga);
  gels = await encodeMadeUpGels(2);
}, 600_000);
afterAll(async () => {
  await server?.close();
  await opened?.close();
});

async function scrape(): Promise<{ type: string | null; series: Map<string, number> }> {
  const response = await opened.yoga.fetch('http://gelql.test/metrics');
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const series = lines.map((line): [string, number] => {
    const end = line.lastIndexOf(' ');
    return [line.slice(0, end), Number(line.slice(end + 1))];
  });
  return { type: response.headers.get('content-type'), series: new Map(series) };
}

const send = (bytes: Uint8Array, headers: Record<string, string> = {}) =>
  post<Classified>(server.url, classification({ name: 'secret-name.png', bytes }), { headers });

describe('/metrics', () => {
  it('counts pictures by outcome and times the steps of those that were answered', async () => {
    const before = await scrape();
    expect(before.type).toContain('text/plain');
    // Shown before anything happened, so that a first failure is a rise from nought.
    expect(before.series.get('gel_requests_total{outcome="UNSUPPORTED_FORMAT"}')).toBe(0);

    for (const gel of gels) expect((await send(gel)).status).toBe(200);
    expect((await send(new Uint8Array(200))).status).toBe(415);
    const admission = createAdmission({ maxPending: 1, maxPendingBytes: 1 });
    const only = admission.admit({ priority: 'INTERACTIVE', timeoutMs: 600_000 });
    const full = await serve(createGraphQLServer({ ...opened.app, admission }));
    await post(full.url, classification({ name: 'gel.png', bytes: gels[0]! }));
    only.release();
    await full.close();

    const { series } = await scrape();
    expect(series.get('gel_requests_total{outcome="answered"}')).toBe(2);
    expect(series.get('gel_requests_total{outcome="UNSUPPORTED_FORMAT"}')).toBe(1);
    expect(series.get('gel_requests_total{outcome="OVERLOADED"}')).toBe(1);
    for (const stage of ['decode', 'infer', 'store', 'total']) {
      expect(series.get(`gel_stage_seconds_count{stage="${stage}"}`)).toBe(2);
    }
    // The refused one was read before it was looked at.
    expect(series.get('gel_stage_seconds_count{stage="read"}')).toBe(3);
    expect(series.get('gel_queue_wait_seconds_count')).toBe(2);
    expect(series.get('gel_batch_size_sum')).toBe(2);
    expect(series.get('gel_batch_retries_total{cause="thread"}')).toBe(0);
    expect(series.get('gel_pending')).toBe(0);
    const total = series.get('gel_stage_seconds_sum{stage="total"}') ?? 0;
    const decode = series.get('gel_stage_seconds_sum{stage="decode"}') ?? 0;
    expect(decode).toBeGreaterThan(0);
    expect(total).toBeGreaterThan(decode);
    expect(series.get('nodejs_eventloop_lag_p99_seconds')).toBeGreaterThan(0);
  });

  it('has as many series after other requests as before', async () => {
    const names = (series: Map<string, number>) =>
      [...series.keys()].filter((name) => name.startsWith('gel_'));
    const before = names((await scrape()).series);
    await send(gels[0]!);
    await send(new TextEncoder().encode('no picture at all, whatever its name says'));
    await opened.yoga.fetch('http://gelql.test/nowhere');
    expect(names((await scrape()).series)).toEqual(before);
  });
});

describe('the log', () => {
  it('has one line for each request, with its id, and nothing of what was sent', async () => {
    opened.takeLog();
    await send(gels[1]!, { 'x-request-id': 'lims-1' });
    await send(new Uint8Array(200), { 'x-request-id': 'lims-2' });
    const lines = opened.takeLog();
    const answered = lines.filter(({ msg }) => msg === 'answered');
    const common = {
      level: 30,
      method: 'POST',
      path: '/graphql',
      operation: 'Classify',
      ms: expect.any(Number),
    };
    expect(answered).toMatchObject([
      { ...common, requestId: 'lims-1', status: 200 },
      { ...common, requestId: 'lims-2', status: 415, codes: ['UNSUPPORTED_FORMAT'] },
    ]);
    expect(answered[0]).not.toHaveProperty('codes');
    // What is written on the way carries the id as well.
    const onTheWay = lines.filter(({ msg, requestId }) => msg !== 'answered' && requestId === 'lims-1');
    expect(onTheWay.length).toBeGreaterThan(0);
    expect(JSON.stringify(answered)).not.toContain('secret-name');
  });

  it('keeps quiet about what machines ask for every few seconds', async () => {
    opened.takeLog();
    await opened.yoga.fetch('http://gelql.test/health');
    expect(opened.takeLog().filter(({ msg }) => msg === 'answered')).toMatchObject([
      { level: 20, path: '/health' },
    ]);
  });
});

describe('warming up', () => {
  it('puts a picture through the model that answers unnamed requests, which counts as no request', async () => {
    const before = (await scrape()).series;
    await opened.app.servedModels.warmUp();
    const after = (await scrape()).series;
    const rise = (name: string) => (after.get(name) ?? NaN) - (before.get(name) ?? NaN);
    expect(rise('gel_batch_size_count')).toBe(1);
    expect(rise('gel_requests_total{outcome="answered"}')).toBe(0);
  });

  it('says only in the log that there is no model', async () => {
    const empty = await openGraphQLApp();
    await empty.app.servedModels.warmUp();
    expect(empty.takeLog()).toContainEqual(
      expect.objectContaining({ msg: expect.stringContaining('could not be warmed up') as unknown }),
    );
    await empty.close();
  });
});
