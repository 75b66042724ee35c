import { mkdirSync, mkdtempSync, readFileSync, rmSync, cpSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { findModel } from '../../src/registry/models.js';
import { loadServedModel } from '../../src/serving/served-model.js';
import type { EngineName } from '../../src/words/device.js';
import type { ModelRecord } from '../../src/registry/model-record.js';
import { probeModel } from '../../src/serving/probe-model.js';
import { describeEngine } from '../support/engine-thread.js';
import { ask, askData, openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import { classification, post, serve, type Classified, type TestServer } from '../support/graphql-server.js';
import { runOnnx } from '../support/run-onnx.js';
import { importDemo, train } from '../support/trained-app.js';

/*
 * A model whose training moved part of its backbone, and one of the same backbone whose training did not, beside it.
 */

const PICTURE = 'dataset/test/gel/gel_009.png';
const PIXELS = 224 * 224;
const describeHere = await describeEngine('tensorflow');

describeHere('a model that was trained inside its network', () => {
  let directory: string;
  let source: GraphQLApp;
  let server: TestServer;
  const folderOf = (...path: string[]) => join(directory, 'source', 'inside', ...path);

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'gelql-tuned-models-'));
    source = await openGraphQLApp({
      engine: 'onnxruntime',
      exportsDir: join(directory, 'source'),
      keepPictures: true,
    });
    await importDemo(source.app, 4);
    await source.app.startTrainingWorker();
    const shared = { backbone: 'MOBILENET_V3_LARGE', epochs: 2, batchSize: 4 };
    await train(source, { ...shared, name: 'head' });
    await train(source, { ...shared, name: 'inside', trainable: 'LAST_STAGE', learningRate: 0.005 });
    server = await serve(source.yoga);
  }, 600_000);
  afterAll(async () => {
    await server?.close();
    await source?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const classify = async (model: string, url = server.url) => {
    const file = { name: 'gel.png', bytes: await readFile(PICTURE) };
    const { data, errors } = await post<Classified>(url, classification(file, { model }));
    expect(errors).toEqual([]);
    return data!.classifyGel;
  };
  const probabilitiesOf = async (model: string, url?: string) =>
    (await classify(model, url)).probabilities.map(({ probability }) => probability);

  it('says what was trained, and is bound to the tensors that moved', async () => {
    const { models } = await askData<{ models: { edges: { node: Record<string, unknown> }[] } }>(
      source.yoga,
      `{ models(first: 9) { edges { node {
        name trainable tunedSha256 weightsSha256 digest trainingRun { configuration { trainable backboneLearningRate } }
      } } } }`,
    );
    const [inside, head] = models.edges.map(({ node }) => node);
    expect(inside).toMatchObject({
      name: 'inside',
      trainable: 'LAST_STAGE',
      tunedSha256: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      trainingRun: { configuration: { trainable: 'LAST_STAGE', backboneLearningRate: 0.0005 } },
    });
    expect(head).toMatchObject({
      name: 'head',
      trainable: 'HEAD',
      tunedSha256: null,
      weightsSha256: inside?.weightsSha256,
      trainingRun: { configuration: { trainable: 'HEAD', backboneLearningRate: null } },
    });
  });

  it('is answered for where a running server has lost its cached weights, or they were damaged', async () => {
    const { app } = source;
    const row = await findModel(app.database, 'inside');
    const model = await loadServedModel(app, row!);
    const { file } = model.backbone.tuned!;
    rmSync(file);
    expect(await probeModel(app, { ...model, engine: 'tensorflow' })).toMatchObject({ kind: 'GOLDEN' });
    const bytes = await readFile(file);
    writeFileSync(file, bytes.subarray(8));
    expect(await probeModel(app, { ...model, engine: 'wasm' })).toMatchObject({ kind: 'GOLDEN' });
    expect(await readFile(file)).toEqual(bytes);
    expect(await app.metrics.text()).toMatch(/^gel_batch_retries_total\{cause="weights"\} 2$/m);
  });

  it.each<EngineName>(['tensorflow', 'onnxruntime', 'wasm'])(
    'answers its golden pictures on %s as it did when it was trained',
    async (engine) => {
      const { app } = source;
      const row = await findModel(app.database, 'inside');
      const model = { ...(await loadServedModel(app, row!)), engine };
      const probe = await probeModel(app, model);
      expect(probe).toMatchObject({ kind: 'GOLDEN', engine });
      expect(probe.pictureCount).toBeGreaterThan(1);
      expect(probe.largestDifference).toBeLessThan(1e-3);
    },
  );

  it('shares no pass with a head on the same backbone, one after another or at once', async () => {
    const [inside, head] = [await probabilitiesOf('inside'), await probabilitiesOf('head')];
    expect(inside).not.toEqual(head);
    const together = await Promise.all(
      Array.from({ length: 8 }, (_, place) => probabilitiesOf(place % 2 === 0 ? 'inside' : 'head')),
    );
    together.forEach((answer, place) => {
      const alone = place % 2 === 0 ? inside : head;
      answer.forEach((probability, index) => expect(probability).toBeCloseTo(alone[index] ?? NaN, 4));
    });
  });

  it('is explained, replayed and promoted like any other', async () => {
    const file = { name: 'gel.png', bytes: await readFile(PICTURE) };
    const answer = await post<Classified>(
      server.url,
      classification(file, { model: 'inside', explain: true }),
    );
    expect(answer.errors).toEqual([]);
    const { id, explanation } = answer.data!.classifyGel;
    expect(explanation?.grid.flat().some((value) => value !== 0)).toBe(true);
    const replayed = await ask<{ replayClassification: { isSame: boolean } }>(
      source.yoga,
      'mutation R($id: ID!) { replayClassification(id: $id) { isSame label } }',
      { id },
    );
    expect(replayed.data?.replayClassification.isSame).toBe(true);
    const promoted = await ask<{ promoteModel: unknown }>(
      source.yoga,
      `mutation { promoteModel(id: "inside", alias: "champion", reason: "better") { sequence } }`,
    );
    expect(promoted.errors).toEqual([]);
    expect(promoted.data?.promoteModel).toMatchObject({ sequence: 1 });
  });

  it('gives in ONNX Runtime what the server gives, and answers alike where its folder is imported', async () => {
    const exported = await ask(
      source.yoga,
      'mutation { exportModel(id: "inside") { digest files { path } } }',
    );
    expect(exported.errors).toEqual([]);
    const record = JSON.parse(readFileSync(folderOf('model.json'), 'utf8')) as ModelRecord;
    expect(record.tuned?.file).toBe('tuned.safetensors');
    const readme = readFileSync(folderOf('README.md'), 'utf8');
    expect(readme).toContain('head SINGLE, trained: LAST_STAGE.');
    expect(readme).toMatch(/`tuned\.safetensors` \| .* in the place of those of `backbone\.safetensors`/);
    const { input, file } = record.golden.answers[0] ?? {};
    const grey = await sharp(await readFile(folderOf(input!)))
      .toColourspace('b-w')
      .raw()
      .toBuffer();
    expect(grey).toHaveLength(PIXELS);
    const bytes = await readFile(folderOf(file!));
    const served = await post<Classified>(
      server.url,
      classification({ name: 'golden', bytes }, { model: 'inside' }),
    );
    const model = await readFile(folderOf('model.onnx'));
    const { probabilities } = await runOnnx({ model, inputs: Uint8Array.from(grey), count: 1 });
    served.data!.classifyGel.probabilities.forEach(({ probability }, index) =>
      expect(Math.abs(probability - (probabilities[index] ?? NaN))).toBeLessThan(1e-4),
    );

    mkdirSync(join(directory, 'cache'));
    cpSync(folderOf(), join(directory, 'target', 'moved'), { recursive: true });
    const target = await openGraphQLApp({
      engine: 'wasm',
      exportsDir: join(directory, 'target'),
      modelsDir: join(directory, 'no-models'),
      cacheDir: join(directory, 'cache'),
    });
    const targetServer = await serve(target.yoga);
    try {
      const imported = await ask(target.yoga, 'mutation { importModel(folder: "moved") { digest } }');
      expect(imported.errors).toEqual([]);
      expect(imported.data).toEqual({ importModel: { digest: record.digest } });
      const there = await probabilitiesOf('inside', targetServer.url);
      const here = await probabilitiesOf('inside');
      there.forEach((probability, index) => expect(probability).toBeCloseTo(here[index] ?? NaN, 4));
    } finally {
      await targetServer.close();
      await target.close();
    }
  }, 300_000);
});
