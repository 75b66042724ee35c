import { storeArtifact } from '../../src/db/artifacts.js';
import { newId } from '../../src/db/new-id.js';
import { RESULT_PLOT_KINDS, TABLE_PLOT_KINDS } from '../../src/reports/plots/plot.js';
import { appendEpochs, cancelRun, insertRun, startRun } from '../../src/runs/training-runs.js';
import { evaluateAnswers, makeAnswers } from '../support/chart-rows.js';
import { ask, askData, openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import { configuration, insertTestDataset, registerTestModel } from '../support/registry-rows.js';
import { insertTestSweep } from '../support/sweep-rows.js';
import { drawPattern } from '../support/training-world.js';

const HOSTILE = '<script>alert(1)</script>"&\'';
const CLASSES = ['gel', 'not_gel'];

let opened: GraphQLApp;
let resultIds: string[];
let runId: string;
let sweepId: string;

interface PlotsOfResult {
  id: string;
  modelName: string;
  plots: Record<'kind' | 'title' | 'svgUrl' | 'pngUrl' | 'description', string>[];
}
const PLOTS = 'plots { kind title svgUrl pngUrl description }';

beforeAll(async () => {
  opened = await openGraphQLApp();
  const { database } = opened.app;
  const picture = await storeArtifact(database, 'picture', await drawPattern('bands', 1));
  const answers = makeAnswers(CLASSES, 12).map((answer, index) => ({
    ...answer,
    groupKey: answer.name,
    ...(index === 0 ? { sha256: picture, name: `test/gel/${HOSTILE}.png` } : {}),
  }));
  const dataset = await insertTestDataset(database, 'pictures');
  ({ id: runId } = await insertRun(database, {
    fingerprint: 'made up',
    datasetId: dataset.id,
    configuration,
    name: 'first',
  }));
  const run = (await startRun(database, runId))!;
  const epoch = { trainLoss: 0.5, trainAccuracy: 0.7, validationLoss: null, validationAccuracy: null };
  await appendEpochs(database, run, [{ number: 1, ...epoch }], {
    stage: 'TRAINING_HEAD',
    stageProgress: 0.5,
  });
  for (const [name, ofRun] of [
    ['first', runId],
    [HOSTILE.replaceAll('/', ''), null],
  ] as const) {
    const evaluation = evaluateAnswers(CLASSES, answers);
    await registerTestModel(database, { name, runId: ofRun, evaluation, scores: answers });
  }
  sweepId = await insertTestSweep(database, { name: 'grid', datasetId: dataset.id, parts: [{ runId }] });
  const rows = await database.drizzle.query.results.findMany({ columns: { id: true } });
  resultIds = rows.map(({ id }) => id).sort();
}, 600_000);
afterAll(() => opened?.close());

const get = async (path: string, init: { method?: string; headers?: Record<string, string> } = {}) => {
  const response = await opened.yoga.fetch(`http://gelql.test${path}`, init);
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, bytes, text: bytes.toString('utf8') };
};

const errorOf = (text: string) => {
  const { errors } = JSON.parse(text) as {
    errors: { message: string; extensions: Record<string, unknown> }[];
  };
  return { message: errors[0]!.message, ...errors[0]!.extensions };
};

const addresses = (): string[] => [
  ...RESULT_PLOT_KINDS.map((kind) => `/plots/results/${resultIds[0]}/${kind}`),
  `/plots/runs/${runId}/loss-and-accuracy`,
  ...TABLE_PLOT_KINDS.map((kind) => `/plots/sweeps/${sweepId}/${kind}`),
  ...TABLE_PLOT_KINDS.map((kind) => `/plots/models/${kind}`),
];

describe('the plots over HTTP', () => {
  it('are SVG files that run nothing and load nothing', async () => {
    for (const address of addresses()) {
      const { status, headers, text } = await get(`${address}.svg`);
      expect([address, status, headers.get('content-type')]).toEqual([
        address,
        200,
        'image/svg+xml; charset=utf-8',
      ]);
      expect(text).toMatch(/^<svg [^>]*>/);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('are PNG files of the wanted scale, and specifications for a browser', async () => {
    const address = `/plots/results/${resultIds[0]}/confusion-matrix`;
    const { text } = await get(`${address}.svg`);
    const [, width = 0] = (/viewBox="0 0 (\d+)/.exec(text) ?? []).map(Number);
    const png = await get(`${address}.png?scale=1&theme=dark`);
    expect([png.headers.get('content-type'), png.bytes.readUInt32BE(16)]).toEqual(['image/png', width]);
    const json = await get(`${address}.json`);
    expect(json.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(JSON.parse(json.text)).toMatchObject({
      $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
      config: { background: '#ffffff' },
      data: { values: expect.arrayContaining([expect.objectContaining({ actual: 'gel' })]) },
    });
  });

  it('come in a dark theme too', async () => {
    expect((await get(`/plots/models/accuracy.svg?theme=dark`)).text).toContain('#0f1318');
  });

  it('are found by global ids as well', async () => {
    const globalId = Buffer.from(`Result:${resultIds[0]}`).toString('base64');
    expect((await get(`/plots/results/${encodeURIComponent(globalId)}/roc.json`)).status).toBe(200);
  });

  it('are not sent to a browser that has them, and are for ever where nothing can change', async () => {
    for (const [address, isFinal] of [
      [`/plots/results/${resultIds[0]}/roc.svg`, true],
      [`/plots/results/${resultIds[0]}/gallery.svg`, false],
      [`/plots/runs/${runId}/loss-and-accuracy.svg`, false],
      [`/plots/sweeps/${sweepId}/accuracy.svg`, false],
      ['/plots/models/accuracy.svg', false],
    ] as const) {
      const first = await get(address);
      const tag = first.headers.get('etag')!;
      expect(first.headers.get('cache-control')?.includes('immutable')).toBe(isFinal);
      const again = await get(address, { headers: { 'if-none-match': `"other", ${tag}` } });
      expect([again.status, again.text]).toEqual([304, '']);
      const dark = await get(`${address}?theme=dark`, { headers: { 'if-none-match': tag } });
      expect(dark.status).toBe(200);
    }
  });

  it('have another tag once there is more to draw', async () => {
    const tagOf = async (address: string) => (await get(address)).headers.get('etag');
    const before = [
      await tagOf('/plots/models/accuracy.svg'),
      await tagOf(`/plots/sweeps/${sweepId}/accuracy.svg`),
    ];
    await registerTestModel(opened.app.database, { name: 'third' });
    expect(await tagOf('/plots/models/accuracy.svg')).not.toBe(before[0]);
    expect(await tagOf(`/plots/sweeps/${sweepId}/accuracy.svg`)).toBe(before[1]);
  });

  it('show the models of one data set where one is named', async () => {
    await insertTestDataset(opened.app.database, 'nobody trained on it');
    const { text } = await get('/plots/models/accuracy.json?dataset=nobody%20trained%20on%20it');
    expect(JSON.parse(text)).toMatchObject({
      title: { subtitle: ['models tested on nobody trained on it', 'no results'] },
    });
  });

  it('answer HEAD without a body', async () => {
    const { status, headers, text } = await get('/plots/models/accuracy.svg', { method: 'HEAD' });
    expect([status, headers.get('content-type'), text]).toEqual([200, 'image/svg+xml; charset=utf-8', '']);
  });

  it('carry the names that users gave as text only', async () => {
    const { text } = await get(`/plots/results/${resultIds[1]}/gallery.svg`);
    expect(text).not.toMatch(/<script|onload|<foreignObject/i);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;');
  });

  it('hold the pictures that the database has, and say which it has not', async () => {
    const { text } = await get(`/plots/results/${resultIds[0]}/gallery.json`);
    const { data } = JSON.parse(text) as { data: { values: { picture: string | null; name: string }[] } };
    const shown = data.values.filter(({ picture }) => picture !== null);
    expect(data.values).toHaveLength(12);
    expect(shown).toHaveLength(1);
    expect(shown[0]?.picture).toMatch(/^data:image\/jpeg;base64,\/9j\//);
    expect((await get(`/plots/results/${resultIds[0]}/gallery.svg`)).text).toMatch(
      /<image[^>]+data:image\/jpeg/,
    );
  });

  it.each([
    ['an id that nothing has', `/plots/results/${newId()}/roc.svg`],
    ['an id that is none', '/plots/results/roc.svg/roc.svg'],
    ['a path', '/plots/results/..%2F..%2Fetc%2Fpasswd/roc.svg'],
    ['a broken escape', '/plots/results/%E0%A4%A/roc.svg'],
    ['a null byte', '/plots/runs/%00/loss-and-accuracy.svg'],
    ['SQL', "/plots/sweeps/'%20or%201=1--/accuracy.svg"],
    ['a long id', `/plots/results/${'x'.repeat(5000)}/roc.svg`],
    ['a kind that is none', `/plots/results/${newId()}/constructor.svg`],
    ['a kind of something else', '/plots/models/roc.svg'],
    ['a format that is none', '/plots/models/accuracy.gif'],
    ['a data set that nobody knows', '/plots/models/accuracy.png?dataset=nope'],
    ['nothing', '/plots/'],
    ['no slash', '/plots'],
    ['an address of something else', '/models/accuracy.svg'],
  ])('are not found for %s', async (_name, path) => {
    const { status, headers, text } = await get(path);
    expect(status).toBe(404);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(errorOf(text)).toMatchObject({ code: 'NOT_FOUND', retryable: false });
  });

  it.each([
    ['theme=pink', 'theme'],
    ['scale=2', 'scale'],
    ['unknown=1', 'unknown'],
    ['kind=ALL', 'kind'],
    ['dataset=', 'dataset'],
  ])('are refused with the parameter %s', async (query, name) => {
    const { status, text } = await get(`/plots/models/accuracy.svg?${query}`);
    expect(status).toBe(400);
    expect(errorOf(text)).toMatchObject({ code: 'BAD_REQUEST', message: expect.stringContaining(name) });
  });

  it.each(['9', '0', 'x', 'Infinity'])('are refused as PNG of the scale %s', async (scale) => {
    expect((await get(`/plots/models/accuracy.png?scale=${scale}`)).status).toBe(400);
  });

  it('are refused for the id of something else', async () => {
    const globalId = Buffer.from(`Model:${newId()}`).toString('base64');
    const { status, text } = await get(`/plots/results/${encodeURIComponent(globalId)}/roc.svg`);
    expect(status).toBe(400);
    expect(errorOf(text)).toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('are refused with a time to wait where too many are asked for at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 80 }, () => get(`/plots/results/${resultIds[0]}/calibration.svg`)),
    );
    const refused = all.filter(({ status }) => status === 429);
    expect(all.filter(({ status }) => status === 200)).toHaveLength(64);
    expect(refused).toHaveLength(16);
    expect(errorOf(refused[0]!.text)).toMatchObject({ code: 'OVERLOADED', retryable: true });
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await get('/plots/models/accuracy.svg')).status).toBe(200);
  });
});

describe('the report of a sweep over HTTP', () => {
  const address = () => `/reports/sweeps/${sweepId}.html`;

  it('is a page that may load nothing, and is not sent to a browser that has it', async () => {
    const { status, headers, text } = await get(address());
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(text).toContain('<h1>Sweep grid</h1>');
    const policy = headers.get('content-security-policy')!;
    expect(policy).toMatch(
      /^default-src 'none'; img-src data:;.* script-src 'sha256-[^']+'; .*frame-ancestors 'none'$/,
    );
    expect(headers.get('cache-control')).toBe('no-cache');
    const again = await get(address(), { headers: { 'if-none-match': headers.get('etag')! } });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  it('changes with the sweep', async () => {
    const before = (await get(address())).headers.get('etag')!;
    const run = (await opened.app.database.drizzle.query.trainingRuns.findFirst())!;
    await cancelRun(opened.app.database, run.id);
    const after = await get(address(), { headers: { 'if-none-match': before } });
    expect(after.status).toBe(200);
  });

  it.each([
    [404, `/reports/sweeps/${newId()}.html`],
    [404, '/reports/sweeps/%E0%A4%A.html'],
    [404, '/reports/sweeps/x.html/y'],
    [404, '/reports/'],
  ])('answers %i for %s', async (status, path) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(errorOf(answer.text)).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('takes no parameters', async () => {
    const { status, text } = await get(`${address()}?theme=dark`);
    expect([status, errorOf(text)]).toMatchObject([400, { code: 'BAD_REQUEST' }]);
  });
});

describe('the plots in the schema', () => {
  it('are fields of a result, whose addresses lead to the drawings', async () => {
    const { results } = await askData<{ results: { edges: { node: PlotsOfResult }[] } }>(
      opened.yoga,
      `{ results(filter: { modelName: ["first"] }) { edges { node { id modelName ${PLOTS} } } } }`,
    );
    const { plots } = results.edges[0]!.node;
    expect(plots.map(({ kind }) => kind)).toEqual([
      'CONFUSION_MATRIX',
      'ROC',
      'PRECISION_RECALL',
      'CALIBRATION',
      'GALLERY',
    ]);
    expect(plots[0]).toMatchObject({
      title: 'Confusion matrix: first',
      svgUrl: `/plots/results/${resultIds[0]}/confusion-matrix.svg?theme=light`,
      pngUrl: `/plots/results/${resultIds[0]}/confusion-matrix.png?theme=light&scale=2`,
    });
    expect(plots[1]!.description).toMatch(/^ROC of not_gel, first: AUC \d\.\d{3} \(95% interval/);
    for (const { svgUrl, pngUrl } of plots) {
      expect((await get(svgUrl)).status).toBe(200);
      expect((await get(pngUrl)).headers.get('content-type')).toBe('image/png');
    }
  });

  it('have the specification that the address has', async () => {
    const { plots } = await askData<{ plots: { kind: string; specification: unknown }[] }>(
      opened.yoga,
      '{ plots { kind specification(theme: DARK) } }',
    );
    expect(plots.map(({ kind }) => kind)).toEqual(['ACCURACY', 'HEAT_MAP', 'TRAINING_TIME']);
    const { text } = await get('/plots/models/heat-map.json?theme=dark');
    expect(plots[1]!.specification).toEqual(JSON.parse(text));
  });

  it('are fields of a run', async () => {
    const { trainingRun } = await askData<{ trainingRun: PlotsOfResult }>(
      opened.yoga,
      `query Run($id: ID!) { trainingRun(id: $id) { id ${PLOTS} } }`,
      { id: runId },
    );
    expect(trainingRun.plots).toMatchObject([
      {
        kind: 'LOSS_AND_ACCURACY',
        title: 'Loss and accuracy by epoch: first',
        svgUrl: `/plots/runs/${runId}/loss-and-accuracy.svg?theme=light`,
        description: expect.stringContaining('after epoch 1: training loss 0.500, accuracy 70.0%'),
      },
    ]);
  });

  it('are fields of a sweep, with the address of its report', async () => {
    const { sweep } = await askData<{ sweep: PlotsOfResult & { reportUrl: string } }>(
      opened.yoga,
      `{ sweep(reference: "grid") { id reportUrl ${PLOTS} } }`,
    );
    expect(sweep.plots.map(({ title }) => title)).toEqual([
      'Accuracy by model: grid',
      'Metrics by model: grid',
      'Training time by backbone and device: grid',
    ]);
    expect(sweep.plots[0]!.description).toMatch(/^Accuracy by model, grid: with 95% intervals; first \d/);
    expect((await get(sweep.plots[0]!.svgUrl)).status).toBe(200);
    expect((await get(sweep.reportUrl)).status).toBe(200);
    expect((await get('/plots/sweeps/grid/accuracy.svg')).status).toBe(200);
  });

  it('keep the data set in their addresses', async () => {
    await insertTestDataset(opened.app.database, 'seed & more');
    const { plots } = await askData<{ plots: { svgUrl: string; description: string }[] }>(
      opened.yoga,
      '{ plots(dataset: "seed & more") { svgUrl description } }',
    );
    expect(plots[0]).toMatchObject({
      svgUrl: '/plots/models/accuracy.svg?dataset=seed+%26+more&theme=light',
      description: 'Accuracy by model, models tested on seed & more: with 95% intervals',
    });
    expect((await get(plots[0]!.svgUrl)).status).toBe(200);
  });

  it('read the answers to all test pictures in one statement, and none for addresses alone', async () => {
    const statementsOf = async (fields: string) => {
      opened.takeStatements();
      await askData(opened.yoga, `{ results { edges { node { plots { ${fields} } } } } }`);
      return opened.takeStatements().filter((statement) => statement.includes('test_scores')).length;
    };
    expect(await statementsOf('kind title svgUrl pngUrl')).toBe(0);
    expect(await statementsOf('description specification')).toBe(1);
  });

  it('refuse JSON as an input', async () => {
    const answer = await ask(opened.yoga, 'query Q($x: JSON) { plots { kind } }', { x: {} });
    expect(answer.status).toBe(400);
  });
});
