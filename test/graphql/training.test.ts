import { readFile } from 'node:fs/promises';
import { openStream, readStream } from '../support/event-stream.js';
import { ask, askData, openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import { classification, post, serve, type Classified } from '../support/graphql-server.js';
import { importDemo, train, waitForRun } from '../support/trained-app.js';
import { EXAMPLE_OPERATIONS } from '../../src/graphql/example-operations.js';
import { waitFor } from '../support/wait-for.js';

const TRAIN = `mutation Train($input: TrainModelInput!) {
  trainModel(input: $input) { id name state stage stageProgress attempt engine startedAt finishedAt error { code } model { id } epochs { number } }
}`;
const CANCEL = 'mutation Cancel($id: ID!) { cancelTraining(id: $id) { id state finishedAt } }';

interface Run {
  id: string;
  name: string;
  state: string;
}

const toGlobalId = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64');
const ABSENT_UUID = '01990000-0000-7000-8000-000000000000';

let opened: GraphQLApp;
let runId: string;

beforeAll(async () => {
  opened = await openGraphQLApp();
  await importDemo(opened.app);
}, 600_000);
afterAll(() => opened?.close());

describe('trainModel', () => {
  it('answers at once with a queued run, which a worker then brings to its end', async () => {
    const input = { dataset: 'demo', defaults: 'PUBLISHED', name: 'first', epochs: 3, seed: 7 };
    const { trainModel } = await askData<{ trainModel: Run }>(opened.yoga, TRAIN, { input });
    expect(trainModel).toEqual({
      id: expect.any(String),
      name: 'first',
      state: 'QUEUED',
      stage: 'WAITING',
      stageProgress: 0,
      attempt: 0,
      engine: null,
      startedAt: null,
      finishedAt: null,
      error: null,
      model: null,
      epochs: [],
    });
    runId = trainModel.id;

    await opened.app.startTrainingWorker();
    await waitForRun(opened.yoga, runId);
    const { trainingRun } = await askData<{ trainingRun: Record<string, unknown> }>(
      opened.yoga,
      `query Run($id: ID!) {
        trainingRun(id: $id) {
          id name state stage stageProgress attempt engine featureEngine createdAt startedAt finishedAt error { code message advice }
          configuration { backbone weights head optimizer device learningRate batchSize epochs seed validationFraction testFraction recipe augmentationViews }
          dataset { name }
          model { name number origin trainingRun { id } }
          epochs { number trainLoss trainAccuracy validationLoss validationAccuracy }
        }
      }`,
      { id: runId },
    );
    const losses = {
      trainLoss: expect.any(Number),
      trainAccuracy: expect.any(Number),
      validationLoss: expect.any(Number),
      validationAccuracy: expect.any(Number),
    };
    expect(trainingRun).toMatchObject({
      id: runId,
      name: 'first',
      state: 'SUCCEEDED',
      stage: 'DONE',
      stageProgress: 1,
      attempt: 1,
      error: null,
      configuration: {
        backbone: 'RESNET18',
        weights: 'resnet18-gelql-2',
        head: 'SINGLE',
        optimizer: 'ADAM',
        device: 'CPU',
        learningRate: 0.001,
        batchSize: 23,
        epochs: 3,
        seed: 7,
        validationFraction: 0.2,
        testFraction: 0.2,
        recipe: 'GEL_V1',
        augmentationViews: 1,
      },
      dataset: { name: 'demo' },
      model: { name: 'first', number: 1, origin: 'TRAINED', trainingRun: { id: runId } },
      epochs: [1, 2, 3].map((number) => ({ number, ...losses })),
    });
  });

  it('takes every argument', async () => {
    const input = {
      dataset: toGlobalId('Dataset', (await opened.app.database.drizzle.query.datasets.findFirst())!.id),
      name: 'second',
      weights: 'mobilenet_v3_large-gelql-1',
      head: 'MULTI',
      optimizer: 'SGD',
      device: 'CPU',
      learningRate: 0.01,
      batchSize: 4,
      epochs: 2,
      seed: 3,
      validationFraction: 0,
      testFraction: 0.3,
      recipe: 'REFERENCE_V1',
      augmentationViews: 2,
      folds: 2,
      repeats: 2,
    };
    const id = await train(opened, input);
    const { trainingRun } = await askData<{ trainingRun: { model: unknown; epochs: unknown } }>(
      opened.yoga,
      `query Run($id: ID!) { trainingRun(id: $id) {
        configuration { folds repeats }
        model { name backbone weights head optimizer device recipe classes results { epochs batchSize learningRate seed kind crossValidation { folds repeats { seed accuracy } } } }
        epochs { number validationLoss validationAccuracy }
      } }`,
      { id },
    );
    const settings = { epochs: 2, batchSize: 4, learningRate: 0.01, seed: 3 };
    const repeat = { seed: expect.any(Number), accuracy: expect.any(Number) };
    expect(trainingRun).toEqual({
      configuration: { folds: 2, repeats: 2 },
      model: {
        name: 'second',
        backbone: 'MOBILENET_V3_LARGE',
        weights: 'mobilenet_v3_large-gelql-1',
        head: 'MULTI',
        optimizer: 'SGD',
        device: 'CPU',
        recipe: 'REFERENCE_V1',
        classes: ['gel', 'not_gel'],
        results: [
          { ...settings, kind: 'HOLDOUT', crossValidation: null },
          {
            ...settings,
            kind: 'CROSS_VALIDATION',
            crossValidation: { folds: 2, repeats: [repeat, repeat] },
          },
        ],
      },
      epochs: [1, 2].map((number) => ({ number, validationLoss: null, validationAccuracy: null })),
    });
  });
});

describe('the same training again', () => {
  it('is answered with the run that did it, which says so there and nowhere else', async () => {
    const input = { dataset: 'demo', defaults: 'PUBLISHED', name: 'first', epochs: 3, seed: 7 };
    const fields = 'id name state isReused fingerprint';
    const { trainModel } = await askData<{ trainModel: Run }>(
      opened.yoga,
      `mutation Train($input: TrainModelInput!) { trainModel(input: $input) { ${fields} } }`,
      { input },
    );
    const fingerprint: unknown = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(trainModel).toEqual({ id: runId, name: 'first', state: 'SUCCEEDED', isReused: true, fingerprint });
    const { trainingRun } = await askData(
      opened.yoga,
      `query R($id: ID!) { trainingRun(id: $id) { ${fields} } }`,
      {
        id: runId,
      },
    );
    expect(trainingRun).toEqual({ ...trainModel, isReused: null });
    const forced = await ask(opened.yoga, TRAIN, { input: { ...input, force: true } });
    expect(forced.errors[0]?.extensions.code).toBe('CONFLICT');
  });
});

describe('cancelTraining', () => {
  it('stops a run that a worker executes, after which it has ended', async () => {
    // More epochs than any machine trains before the cancellation comes.
    const input = { dataset: 'demo', defaults: 'PUBLISHED', name: 'endless', epochs: 10_000, batchSize: 1 };
    const { trainModel } = await askData<{ trainModel: Run }>(opened.yoga, TRAIN, { input });
    const stateOf = async () =>
      (
        await askData<{ trainingRun: Run & { model: unknown } }>(
          opened.yoga,
          'query Run($id: ID!) { trainingRun(id: $id) { id name state model { id } } }',
          { id: trainModel.id },
        )
      ).trainingRun;
    await waitFor(async () => (await stateOf()).state !== 'QUEUED');
    expect((await stateOf()).state).toBe('RUNNING');
    const { workers } = await askData(
      opened.yoga,
      '{ workers { name devices concurrency engines { device engine } networkEngines { device engine } startedAt heartbeatAt runs { id name } } }',
    );
    const choice = opened.app.compute.chooseTrainingEngine('CPU', { inside: true });
    const inside = await choice.catch(() => null);
    expect(workers).toEqual([
      {
        name: expect.stringMatching(new RegExp(` ${process.pid}$`)),
        devices: ['CPU'],
        concurrency: 1,
        engines: [{ device: 'CPU', engine: expect.any(String) }],
        networkEngines: inside === null ? [] : [{ device: 'CPU', engine: inside.toUpperCase() }],
        startedAt: expect.any(String),
        heartbeatAt: expect.any(String),
        runs: [{ id: trainModel.id, name: 'endless' }],
      },
    ]);

    const { cancelTraining } = await askData<{ cancelTraining: Run }>(opened.yoga, CANCEL, {
      id: trainModel.id,
    });
    expect(cancelTraining).toEqual({ id: trainModel.id, state: 'CANCELLED', finishedAt: expect.any(String) });
    // The worker is free again: another run goes through.
    await train(opened, { name: 'after', epochs: 1 });
    expect(await stateOf()).toMatchObject({ state: 'CANCELLED', model: null });
  });

  it('refuses a run that has ended, and one that never was', async () => {
    const ended = await ask(opened.yoga, CANCEL, { id: runId });
    expect(ended).toMatchObject({ status: 409, data: null });
    expect(ended.errors[0]?.extensions.code).toBe('RUN_NOT_CANCELLABLE');
    const absent = await ask(opened.yoga, CANCEL, { id: toGlobalId('TrainingRun', ABSENT_UUID) });
    expect(absent).toMatchObject({ status: 404, data: null });
    expect(absent.errors[0]?.extensions.code).toBe('NOT_FOUND');
  });
});

describe('the queries', () => {
  it('give models by id, plain UUID, name and number, and null where there is none', async () => {
    const model = (await opened.app.database.drizzle.query.models.findFirst())!;
    const references = [toGlobalId('Model', model.id), model.id, model.name, String(model.number)];
    for (const reference of references) {
      const data = await askData(opened.yoga, 'query M($r: String!) { model(reference: $r) { name } }', {
        r: reference,
      });
      expect(data).toEqual({ model: { name: model.name } });
    }
    const absent = `{
      a: model(reference: "nobody") { id } b: model(reference: "4711") { id }
      c: dataset(reference: "nothing") { id } d: trainingRun(id: "nothing") { id }
    }`;
    expect(await askData(opened.yoga, absent)).toEqual({ a: null, b: null, c: null, d: null });
  });

  it('list everything newest first', async () => {
    const data = await askData(
      opened.yoga,
      `{
        models { edges { node { name } } }
        trainingRuns { edges { node { name state } } }
        succeeded: trainingRuns(state: SUCCEEDED) { edges { node { name } } }
        datasets { edges { node { name pictureCount source classes { name pictureCount } } } }
        classifications { edges { node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }
      }`,
    );
    expect(data).toEqual({
      models: { edges: ['after', 'second', 'first'].map((name) => ({ node: { name } })) },
      trainingRuns: {
        edges: [
          { node: { name: 'after', state: 'SUCCEEDED' } },
          { node: { name: 'endless', state: 'CANCELLED' } },
          { node: { name: 'second', state: 'SUCCEEDED' } },
          { node: { name: 'first', state: 'SUCCEEDED' } },
        ],
      },
      succeeded: { edges: ['after', 'second', 'first'].map((name) => ({ node: { name } })) },
      datasets: {
        edges: [
          {
            node: {
              name: 'demo',
              pictureCount: 24,
              source: 'dataset',
              classes: [
                { name: 'gel', pictureCount: 12 },
                { name: 'not_gel', pictureCount: 12 },
              ],
            },
          },
        ],
      },
      classifications: {
        edges: [],
        pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
      },
    });
  });

  it('give the whole evaluation of a model', async () => {
    const { model } = await askData<{ model: { results: Record<string, unknown>[] } }>(
      opened.yoga,
      `{ model(reference: "first") { results {
        id model { name } modelNumber modelName hardwareType pretrainedModel classifierHead optAlg trainingTimeMins inferenceTimeSecs
        accuracy accuracyLow accuracyHigh precision recall f1 confusionMatrix rocAuc rocAucHard rocAucInterval { low high }
        averagePrecision matthewsCorrelation logLoss brier testCount epochs learningRate batchSize seed engine
        datasetName datasetDigest testDescription createdAt classes accuracyInterval { value k n groupCount low high } balancedAccuracy
        ece eceNull groupCount crossValidation { folds } warnings { code message } model { calibration { temperature fittedOn groupCount isApplied isSeparated logLossBefore logLossAfter } }
        perClass { name support precision { value } recall { value k n } f1 } baselines { name accuracy { value n } }
        scores { name sha256 labelIndex predictedIndex probabilities }
      } } }`,
    );
    expect(model.results).toHaveLength(1);
    const result = model.results[0] as Record<string, unknown> & {
      confusionMatrix: number[][];
      scores: { labelIndex: number; predictedIndex: number; probabilities: number[] }[];
    };
    expect(result).toMatchObject({
      model: {
        name: 'first',
        calibration: {
          fittedOn: 'VALIDATION',
          isApplied: false,
          temperature: expect.any(Number),
          isSeparated: expect.any(Boolean),
        },
      },
      ece: null,
      eceNull: null,
      groupCount: 12,
      crossValidation: null,
      warnings: [
        { code: 'NOT_EVALUABLE', message: expect.stringContaining('has 6 independent groups') },
        { code: 'NO_CALIBRATION_ERROR', message: expect.stringContaining('12 test pictures') },
        { code: 'STILL_IMPROVING', message: expect.stringContaining('of 3 epochs') },
      ],
      modelNumber: 1,
      modelName: 'first',
      hardwareType: 'CPU',
      pretrainedModel: 'RESNET18',
      classifierHead: 'SINGLE',
      optAlg: 'ADAM',
      testCount: 12,
      datasetName: 'demo',
      classes: ['gel', 'not_gel'],
      accuracyInterval: {
        value: result.accuracy,
        n: 12,
        groupCount: 12,
        low: result.accuracyLow,
        high: result.accuracyHigh,
      },
      perClass: [
        { name: 'gel', support: 6 },
        { name: 'not_gel', support: 6 },
      ],
      baselines: expect.arrayContaining([
        { name: 'majority', accuracy: { value: 0.5, n: 12 } },
        { name: 'metadata-only', accuracy: { value: expect.any(Number), n: 12 } },
        { name: 'brightness-only', accuracy: { value: expect.any(Number), n: 12 } },
      ]),
    });
    // The matrix counts what the scores say.
    const counted = [
      [0, 0],
      [0, 0],
    ];
    for (const { labelIndex, predictedIndex } of result.scores) counted[labelIndex]![predictedIndex]! += 1;
    expect(result.confusionMatrix).toEqual(counted);
    for (const { probabilities } of result.scores) {
      expect(probabilities[0]! + probabilities[1]!).toBeCloseTo(1, 5);
    }
  });

  it('name the best model with those that are not shown to be worse', async () => {
    interface Named {
      model: { name: string };
      result: { testDigest: string };
    }
    const { bestModel, models } = await askData<{
      bestModel: Named & {
        explanation: string;
        comparedCount: number;
        tiedWith: (Named & { isPaired: boolean })[];
      };
      models: { totalCount: number; edges: { node: { name: string } }[] };
    }>(
      opened.yoga,
      `{
        bestModel { explanation comparedCount model { name } result { testDigest } tiedWith { isPaired model { name } result { testDigest } } }
        models { edges { node { name } } }
      }`,
    );
    const { model, result, tiedWith } = bestModel;
    expect(models.edges.map(({ node }) => node.name)).toContain(model.name);
    expect(bestModel.explanation).toContain(model.name);
    expect(tiedWith.map((tied) => tied.model.name)).not.toContain(model.name);
    expect(tiedWith.length).toBeLessThan(bestModel.comparedCount);
    for (const tied of tiedWith) expect(tied.isPaired).toBe(tied.result.testDigest === result.testDigest);
  });

  it('list the engines of the machine with what was measured', async () => {
    const { devices } = await askData<{ devices: { engine: string; available: boolean; reason: unknown }[] }>(
      opened.yoga,
      '{ devices { device engine available version reason measurements { weights batchSize msPerPicture } } }',
    );
    expect(devices.map(({ engine }) => engine).sort()).toEqual([
      'ONNXRUNTIME',
      'ONNXRUNTIME_CUDA',
      'ONNXRUNTIME_WEBGPU',
      'TENSORFLOW',
      'TENSORFLOW_GPU',
      'WASM',
      'WEBGPU',
    ]);
    for (const device of devices) {
      expect(device).toMatchObject(
        device.available
          ? { device: 'CPU', version: expect.any(String), reason: null }
          : { version: null, reason: expect.any(String) },
      );
    }
  });
});

describe('node', () => {
  it('leads from every global id to its object', async () => {
    const data = await askData<Record<string, { edges: { node: { id: string } }[] }>>(
      opened.yoga,
      `{
        models(first: 1) { edges { node { id } } } results(first: 1) { edges { node { id } } }
        datasets(first: 1) { edges { node { id } } } trainingRuns(first: 1) { edges { node { id } } }
      }`,
    );
    const ids = Object.values(data).map(({ edges }) => edges[0]!.node.id);
    const { nodes } = await askData<{ nodes: unknown[] }>(
      opened.yoga,
      'query N($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }',
      { ids },
    );
    const types = ['Model', 'Result', 'Dataset', 'TrainingRun'];
    expect(nodes).toEqual(ids.map((id, index) => ({ id, __typename: types[index] })));
    for (const [index, id] of ids.entries()) {
      expect(
        await askData(opened.yoga, 'query N($id: ID!) { node(id: $id) { __typename id } }', { id }),
      ).toEqual({
        node: { __typename: types[index], id },
      });
    }
  });

  it('is null for what does not exist', async () => {
    const ids = [toGlobalId('Model', ABSENT_UUID), toGlobalId('Classification', ABSENT_UUID)];
    expect(
      await askData(
        opened.yoga,
        'query N($id: ID!, $ids: [ID!]!) { node(id: $id) { id } nodes(ids: $ids) { id } }',
        {
          id: ids[0],
          ids,
        },
      ),
    ).toEqual({ node: null, nodes: [null, null] });
  });

  it.each(['nonsense', '', toGlobalId('Model', '1'), toGlobalId('Spaceship', ABSENT_UUID), ABSENT_UUID])(
    'refuses "%s", which is no global id',
    async (id) => {
      const { status, errors } = await ask(opened.yoga, 'query N($id: ID!) { node(id: $id) { id } }', { id });
      expect(status).toBe(400);
      expect(errors).toMatchObject([{ path: ['node'], extensions: { code: 'BAD_REQUEST' } }]);
    },
  );

  it('refuses the id of another type where one type is asked for', async () => {
    const { status, errors } = await ask(
      opened.yoga,
      'query M($r: String!) { model(reference: $r) { id } }',
      {
        r: runId,
      },
    );
    expect(status).toBe(400);
    expect(errors[0]?.message).toContain('is the id of a TrainingRun, not of a Model');
  });
});

describe('the example operations of GraphiQL', () => {
  it('fit into its editor', () => {
    const tooLong = EXAMPLE_OPERATIONS.flatMap(({ query }) =>
      query.split('\n').filter((line) => line.length > 58),
    );
    expect(tooLong).toEqual([]);
  });

  it.each(EXAMPLE_OPERATIONS.map(({ name, ...operation }) => [name, operation] as const))(
    '%s is a named operation that executes without errors',
    async (name, { query, variables }) => {
      expect(query).toMatch(new RegExp(`^(query|mutation|subscription) ${name}\\b`, 'm'));
      // Some examples ask for an id that only their reader knows.
      const known: Record<string, () => unknown> = {
        Live: () => ({ run: runId }),
        Replay: async () => ({ id: await classifyTrainingPicture() }),
      };
      const given = { ...variables, ...((await known[name]?.()) as object | undefined) };
      if (/^subscription /m.test(query)) return expectStream(query, given);
      const { status, data, errors } = await ask(opened.yoga, query, given);
      expect(errors).toEqual([]);
      expect(status).toBe(200);
      expect(data).not.toBeNull();
    },
  );
});

/** Its bytes are kept with the data set. @returns the id of the answer */
async function classifyTrainingPicture(): Promise<string> {
  const server = await serve(opened.yoga);
  try {
    const file = { name: 'known.jpg', bytes: await readFile('dataset/train/gel/gel_001.jpg') };
    return (await post<Classified>(server.url, classification(file))).data!.classifyGel.id;
  } finally {
    await server.close();
  }
}

/** The stream says something, and nothing but data, until the server ends it. */
async function expectStream(query: string, variables: Record<string, unknown> | undefined): Promise<void> {
  const response = await openStream(
    'http://gelql.test/graphql',
    { query, variables },
    { fetch: (url, init) => opened.yoga.fetch(url, init) },
  );
  const messages: unknown[] = [];
  for await (const { event, data } of readStream(response)) {
    if (event === 'next') messages.push(JSON.parse(data));
  }
  expect(messages.length).toBeGreaterThan(0);
  expect(messages).toEqual(messages.map(() => ({ data: expect.any(Object) as unknown })));
}
