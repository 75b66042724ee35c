import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config.js';
import { openStream, readStream } from '../support/event-stream.js';
import { ask, askData, openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import { serve, type TestServer } from '../support/graphql-server.js';
import { importDemo } from '../support/trained-app.js';
import { waitFor } from '../support/wait-for.js';

const TRAIN = `mutation Train($input: TrainSweepInput!) { trainSweep(input: $input) {
  id name state createdAt dataset { name }
  counts { total queued running succeeded failed cancelled refused reused }
  parts {
    number isReused
    configuration { weights head optimizer device learningRate batchSize epochs seed recipe }
    run { id name state } model { name } result { kind accuracy testCount }
    refusal { code message advice }
  }
} }`;
const PROGRESS = `subscription Follow($sweep: ID!) { sweepProgress(sweep: $sweep) {
  sweep { name } state counts { total queued running succeeded refused cancelled } secondsLeft
  running { number name state stage stageProgress secondsLeft run { id } }
} }`;

interface Sweep {
  id: string;
  name: string;
  state: string;
  counts: Record<string, number>;
  parts: {
    number: number;
    isReused: boolean;
    configuration: Record<string, unknown>;
    run: { id: string; name: string; state: string } | null;
    model: { name: string } | null;
    result: { kind: string; accuracy: number; testCount: number } | null;
    refusal: { code: string; message: string; advice: string } | null;
  }[];
}
interface Progress {
  state: string;
  counts: Record<string, number>;
  secondsLeft: number | null;
  running: { number: number }[];
}

let opened: GraphQLApp;
let server: TestServer;
/** Without weights that somebody has fetched on this machine. */
const cacheDir = mkdtempSync(join(tmpdir(), 'gelql-sweeps-'));
const LISTS = {
  backbones: ['MOBILENET_V3_LARGE', 'VGG16'],
  devices: ['CPU', 'GPU'],
  optimizers: ['ADAM'],
  epochs: [2],
};
const CPU = {
  dataset: 'demo',
  weights: ['mobilenet_v3_large-gelql-1'],
  devices: ['CPU'],
  heads: ['SINGLE'],
  optimizers: ['SGD'],
};

beforeAll(async () => {
  const machine = readConfig({}).cacheDir;
  for (const name of ['tensorflow', 'measurements.json'])
    symlinkSync(join(machine, name), join(cacheDir, name));
  opened = await openGraphQLApp({ cacheDir });
  server = await serve(opened.yoga);
  await importDemo(opened.app);
}, 600_000);
afterAll(async () => {
  await server?.close();
  await opened?.close();
  rmSync(cacheDir, { recursive: true, force: true });
});

const train = async (input: object): Promise<Sweep> =>
  (await askData<{ trainSweep: Sweep }>(opened.yoga, TRAIN, { input })).trainSweep;
const refusedWith = async (input: object) => {
  const { status, errors } = await ask(opened.yoga, TRAIN, { input });
  return [status, errors[0]?.extensions.code];
};

async function follow(sweep: string): Promise<Progress[]> {
  const reports: Progress[] = [];
  for await (const { event, data } of readStream(
    await openStream(server.url, { query: PROGRESS, variables: { sweep } }),
  )) {
    if (event === 'complete') break;
    const { data: report, errors } = JSON.parse(data) as {
      data?: { sweepProgress: Progress };
      errors?: unknown;
    };
    if (report == null) throw new Error(JSON.stringify(errors));
    reports.push(report.sweepProgress);
  }
  return reports;
}

describe('trainSweep', () => {
  let sweep: Sweep;

  it('queues the parts that can be run and says of the others why they cannot', async () => {
    sweep = await train({ dataset: 'demo', name: 'first', ...LISTS });
    expect(sweep).toMatchObject({
      name: 'first',
      state: 'QUEUED',
      dataset: { name: 'demo' },
      counts: {
        total: 8,
        queued: 2,
        running: 0,
        succeeded: 0,
        failed: 0,
        cancelled: 0,
        refused: 6,
        reused: 0,
      },
    });
    const described = sweep.parts.map(({ number, configuration: { device, weights, head }, run, refusal }) =>
      [number, device, weights, head, run?.state ?? refusal?.code].join(' '),
    );
    expect(described).toEqual([
      '1 CPU mobilenet_v3_large-gelql-1 SINGLE QUEUED',
      '2 CPU mobilenet_v3_large-gelql-1 MULTI QUEUED',
      '3 CPU vgg16-torchvision-v1 SINGLE WEIGHTS_MISSING',
      '4 CPU vgg16-torchvision-v1 MULTI WEIGHTS_MISSING',
      '5 GPU mobilenet_v3_large-gelql-1 SINGLE DEVICE_UNAVAILABLE',
      '6 GPU mobilenet_v3_large-gelql-1 MULTI DEVICE_UNAVAILABLE',
      '7 GPU vgg16-torchvision-v1 SINGLE WEIGHTS_MISSING',
      '8 GPU vgg16-torchvision-v1 MULTI WEIGHTS_MISSING',
    ]);
    expect(sweep.parts[2]?.refusal).toMatchObject({
      message: expect.stringContaining('gelql weights pull vgg16-torchvision-v1'),
      advice: expect.stringContaining('gelql weights pull'),
    });
    expect(sweep.parts[0]).toMatchObject({
      isReused: false,
      configuration: { learningRate: 0.001, batchSize: 23, epochs: 2, seed: 1, recipe: 'GEL_V1' },
      model: null,
      result: null,
      refusal: null,
    });
  });

  it('reports its progress until nothing is left, while a worker trains', async () => {
    const following = follow(sweep.id);
    await opened.app.startTrainingWorker();
    const reports = await following;
    expect(reports[0]).toMatchObject({ counts: { total: 8, succeeded: 0, refused: 6 }, secondsLeft: null });
    expect(reports.at(-1)).toEqual({
      sweep: { name: 'first' },
      state: 'INCOMPLETE',
      counts: { total: 8, queued: 0, running: 0, succeeded: 2, refused: 6, cancelled: 0 },
      secondsLeft: 0,
      running: [],
    });
    const numbers = reports.flatMap(({ running }) => running.map(({ number }) => number));
    // Each report says how things are when it is written: a short part can come and go between two.
    expect(numbers.length).toBeGreaterThan(0);
    expect([1, 2]).toEqual(expect.arrayContaining(numbers));
    const succeeded = reports.map(({ counts }) => counts.succeeded);
    expect(succeeded).toEqual([...succeeded].sort());
    // Who asks afterwards gets the last report, and no other.
    expect(await follow('first')).toEqual(reports.slice(-1));
  });

  it('keeps its parts with their models and results', async () => {
    const { sweep: found, node } = await askData<Record<string, Sweep>>(
      opened.yoga,
      `query Q($id: ID!) {
        sweep(reference: "first") { id name state parts { number model { name } result { kind accuracy testCount } refusal { code } } }
        node(id: $id) { __typename ... on Sweep { name } }
      }`,
      { id: sweep.id },
    );
    expect(node).toEqual({ __typename: 'Sweep', name: 'first' });
    expect(found).toMatchObject({ id: sweep.id, state: 'INCOMPLETE' });
    expect(found!.parts.slice(0, 2)).toEqual(
      sweep.parts.slice(0, 2).map(({ number, run }) => ({
        number,
        model: { name: run!.name },
        result: { kind: 'HOLDOUT', accuracy: expect.any(Number), testCount: 12 },
        refusal: null,
      })),
    );
    expect(found!.parts.slice(2).every(({ model, result }) => model === null && result === null)).toBe(true);
    const { sweeps } = await askData<{ sweeps: { edges: unknown[] } }>(
      opened.yoga,
      '{ sweeps { edges { node { name state counts { total succeeded } } } } }',
    );
    expect(sweeps.edges).toEqual([
      { node: { name: 'first', state: 'INCOMPLETE', counts: { total: 8, succeeded: 2 } } },
    ]);
  });

  it('takes the runs that have done the same, unless it is forced', async () => {
    const again = await train({ dataset: 'demo', ...LISTS });
    expect(again.name).toMatch(/^sweep-[0-9a-f]{6}$/);
    expect(again).toMatchObject({ state: 'INCOMPLETE', counts: { succeeded: 2, reused: 2, refused: 6 } });
    expect(again.parts.map(({ run }) => run?.id)).toEqual(sweep.parts.map(({ run }) => run?.id));
    expect(again.parts[0]?.result).toMatchObject({ testCount: 12 });
    const forced = await train({ ...CPU, heads: ['SINGLE'], optimizers: ['ADAM'], epochs: [2], force: true });
    expect(forced).toMatchObject({ counts: { total: 1, reused: 0 } });
    expect((await follow(forced.id)).at(-1)).toMatchObject({ state: 'SUCCEEDED' });
  });

  it('goes on under its name, and takes no other grid under it', async () => {
    const endless = { ...CPU, name: 'endless', seeds: [1, 2, 3], epochs: [10_000], batchSizes: [1] };
    const begun = await train(endless);
    const runningNow = async () =>
      (
        await askData<{ sweep: { counts: { running: number } } }>(
          opened.yoga,
          '{ sweep(reference: "endless") { counts { running } } }',
        )
      ).sweep.counts.running;
    await waitFor(async () => (await runningNow()) !== 0);
    const CANCEL = 'mutation C($id: ID!) { cancelSweep(id: $id) { id state counts { cancelled } } }';
    const cancelled = await askData(opened.yoga, CANCEL, { id: begun.id });
    expect(cancelled).toEqual({
      cancelSweep: { id: begun.id, state: 'CANCELLED', counts: { cancelled: 3 } },
    });
    expect((await ask(opened.yoga, CANCEL, { id: begun.id })).errors[0]?.extensions.code).toBe(
      'RUN_NOT_CANCELLABLE',
    );
    expect((await ask(opened.yoga, CANCEL, { id: 'nobody' })).errors[0]?.extensions.code).toBe('NOT_FOUND');

    const resumed = await train(endless);
    expect(resumed.id).toBe(begun.id);
    expect(resumed.counts).toMatchObject({ total: 3, cancelled: 0 });
    expect(resumed.parts.map(({ run }) => run?.id)).not.toEqual(begun.parts.map(({ run }) => run?.id));
    await askData(opened.yoga, CANCEL, { id: 'endless' });
    expect(await refusedWith({ ...endless, seeds: [1, 2] })).toEqual([409, 'CONFLICT']);
    expect(await refusedWith({ ...endless, force: true })).toEqual([409, 'CONFLICT']);
  });

  it('is stored also where no part can be run', async () => {
    const refused = await train({
      dataset: 'demo',
      name: 'nowhere',
      devices: ['GPU'],
      weights: ['unknown-1'],
    });
    expect(refused).toMatchObject({ state: 'REFUSED', counts: { total: 4, refused: 4 } });
    expect(refused.parts.map(({ refusal }) => refusal?.code)).toEqual(Array(4).fill('NOT_FOUND'));
    expect(await follow('nowhere')).toMatchObject([{ state: 'REFUSED', secondsLeft: 0 }]);
  });

  it('refuses what cannot be a sweep', async () => {
    const seeds = Array.from({ length: 1001 }, (_, index) => index);
    expect(await refusedWith({ ...CPU, seeds })).toEqual([422, 'SWEEP_TOO_LARGE']);
    expect(await refusedWith({ ...CPU, seeds: [1, 1] })).toEqual([400, 'BAD_REQUEST']);
    expect(await refusedWith({ ...CPU, epochs: [0] })).toEqual([400, 'BAD_REQUEST']);
    expect(await refusedWith({ ...CPU, heads: [] })).toEqual([400, 'BAD_REQUEST']);
    expect(await refusedWith({ ...CPU, dataset: 'nothing' })).toEqual([404, 'NOT_FOUND']);
    expect(await refusedWith({ ...CPU, name: '../x' })).toEqual([400, 'BAD_REQUEST']);
    const { sweep: absent } = await askData<{ sweep: unknown }>(
      opened.yoga,
      '{ sweep(reference: "nothing") { id } }',
    );
    expect(absent).toBeNull();
  });
});
