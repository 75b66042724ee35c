import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { readModelFolder } from '../../src/registry/model-folder.js';
import type { ModelRecord } from '../../src/registry/model-record.js';
import { registerModel } from '../../src/registry/register-model.js';
import { registrationOf } from '../../src/registry/registration-of.js';
import { ask, openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import { classification, post, serve, type Classified, type TestServer } from '../support/graphql-server.js';
import { runOnnx } from '../support/run-onnx.js';

/*
 * One server that has a model, and one that has nothing: no weights, no models. A folder goes from the first to the second.
 */

const NAME = 'gelql-base-mobilenet_v3_large';
const SHIPPED = resolve('models/gelql-base/mobilenet_v3_large');
const PIXELS = 224 * 224;

let directory: string;
let source: GraphQLApp;
let sourceServer: TestServer;
let target: GraphQLApp;
let targetServer: TestServer;
let exported: { digest: string; files: { path: string; sha256: string }[] };

const exportsOf = (side: 'source' | 'target') => join(directory, side);
const inSource = (...path: string[]) => join(exportsOf('source'), NAME, ...path);
const readRecord = (folder: string) =>
  JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')) as ModelRecord;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gelql-folders-'));
  mkdirSync(join(directory, 'cache'));
  source = await openGraphQLApp({ engine: 'wasm', exportsDir: exportsOf('source') });
  await registerModel(source.app.database, registrationOf(await readModelFolder(SHIPPED), 'SHIPPED'));
  sourceServer = await serve(source.yoga);
  target = await openGraphQLApp({
    engine: 'wasm',
    exportsDir: exportsOf('target'),
    modelsDir: join(directory, 'no-models'),
    cacheDir: join(directory, 'cache'),
  });
  targetServer = await serve(target.yoga);
  const { data, errors } = await ask<{ exportModel: typeof exported }>(
    source.yoga,
    'mutation E($id: ID!) { exportModel(id: $id) { folder digest files { path sizeBytes sha256 } } }',
    { id: NAME },
  );
  expect(errors).toEqual([]);
  exported = data!.exportModel;
}, 600_000);
afterAll(async () => {
  await targetServer?.close();
  await sourceServer?.close();
  await target?.close();
  await source?.close();
  rmSync(directory, { recursive: true, force: true });
});

async function probabilitiesOf(url: string, bytes: Uint8Array, model: string): Promise<number[]> {
  const parts = classification({ name: 'gel.png', bytes }, { model });
  const { data, errors } = await post<Classified>(url, parts);
  expect(errors).toEqual([]);
  return data!.classifyGel.probabilities.map(({ probability }) => probability);
}

/** A copy that the target finds below its exports folder, with a change. */
function bring(folder: string, change: (path: (name: string) => string) => void = () => {}): string {
  const place = join(exportsOf('target'), folder);
  cpSync(inSource(), place, { recursive: true });
  change((name) => join(place, name));
  return folder;
}

function changeRecord(file: string, change: (record: ModelRecord) => void): void {
  const record = JSON.parse(readFileSync(file, 'utf8')) as ModelRecord;
  change(record);
  writeFileSync(file, JSON.stringify(record));
}

const importInto = (side: GraphQLApp, folder: string, name?: string) =>
  ask<{ importModel: { name: string; digest: string; origin: string; goldenPictureCount: number } }>(
    side.yoga,
    'mutation I($folder: String!, $name: String) { importModel(folder: $folder, name: $name) { name digest origin goldenPictureCount } }',
    { folder, name: name ?? null },
  );

async function modelNames(side: GraphQLApp): Promise<string[]> {
  const { data } = await ask<{ models: { edges: { node: { name: string } }[] } }>(
    side.yoga,
    '{ models(first: 50) { edges { node { name } } } }',
  );
  return data!.models.edges.map(({ node }) => node.name);
}

describe('an exported model', () => {
  it('holds every form of it, and the digest of each file', () => {
    const record = readRecord(inSource());
    expect(exported).toMatchObject({ digest: record.digest });
    const paths = exported.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining([
        'README.md',
        'backbone.safetensors',
        'head.safetensors',
        'model.onnx',
        'tfjs/model.json',
      ]),
    );
    for (const { path, sha256 } of exported.files) {
      expect(
        createHash('sha256')
          .update(readFileSync(inSource(path)))
          .digest('hex'),
      ).toBe(sha256);
    }
    expect(readdirSync(exportsOf('source'))).toEqual([NAME]);
    expect(record).toMatchObject({ classes: ['gel', 'not_gel'], recipe: 'gel-v1' });
  });

  it('gives in ONNX Runtime the probabilities of the server, to 1e-4', async () => {
    const answers = readRecord(inSource()).golden.answers;
    expect(answers.length).toBeGreaterThan(0);
    const inputs = new Uint8Array(answers.length * PIXELS);
    const served: number[] = [];
    for (const [position, { file, input }] of answers.entries()) {
      const grey = await sharp(await readFile(inSource(input!)))
        .toColourspace('b-w')
        .raw()
        .toBuffer();
      expect(grey).toHaveLength(PIXELS);
      inputs.set(grey, position * PIXELS);
      served.push(...(await probabilitiesOf(sourceServer.url, await readFile(inSource(file)), NAME)));
    }
    const model = await readFile(inSource('model.onnx'));
    const { probabilities } = await runOnnx({ model, inputs, count: answers.length });
    const differences = served.map((value, index) => Math.abs(value - (probabilities[index] ?? NaN)));
    expect(Math.max(...differences)).toBeLessThan(1e-4);
    // Both classes are among the golden pictures: a constant would not do.
    expect(Math.max(...probabilities) - Math.min(...probabilities)).toBeGreaterThan(0.5);
  });

  it('is replaced by its next export, but nothing else is', async () => {
    const exportAgain = () =>
      ask(source.yoga, 'mutation E($id: ID!) { exportModel(id: $id) { digest } }', { id: NAME });
    const again = await exportAgain();
    expect(again.data?.exportModel).toEqual({ digest: exported.digest });
    const record = readFileSync(inSource('model.json'));
    changeRecord(inSource('model.json'), (changed) => (changed.digest = '0'.repeat(64)));
    const { errors } = await exportAgain();
    writeFileSync(inSource('model.json'), record);
    expect(errors[0]?.extensions.code).toBe('CONFLICT');
  });
});

describe('a folder that was tampered with', () => {
  const flip = (file: string, position: number) => {
    const bytes = readFileSync(file);
    bytes[position] = bytes[position]! ^ 1;
    writeFileSync(file, bytes);
  };
  it.each<[string, string, (path: (name: string) => string) => void]>([
    ['one bit of the ONNX file', 'MODEL_INVALID', (path) => flip(path('model.onnx'), 100_000)],
    ['one bit of the weights', 'MODEL_INVALID', (path) => flip(path('backbone.safetensors'), 100_000)],
    ['one bit of the head', 'MODEL_INVALID', (path) => flip(path('head.safetensors'), 1_000)],
    ['a file that is gone', 'MODEL_INVALID', (path) => rmSync(path('tfjs/model.json'))],
    [
      'the order of the classes',
      'MODEL_INVALID',
      (path) => changeRecord(path('model.json'), (record) => record.classes.reverse()),
    ],
    [
      'a golden answer',
      'MODEL_PROBE_FAILED',
      (path) => changeRecord(path('model.json'), ({ golden }) => (golden.answers[1]!.logits[0]! += 0.01)),
    ],
    [
      'no golden answers',
      'MODEL_INVALID',
      (path) => changeRecord(path('model.json'), ({ golden }) => (golden.answers = [])),
    ],
  ])('is refused for %s, and leaves nothing behind', async (what, code, change) => {
    const folder = bring(`bad ${what}`, change);
    const { errors } = await importInto(target, folder);
    expect(errors[0]?.extensions.code).toBe(code);
    expect(await modelNames(target)).toEqual([]);
    const cached = readdirSync(join(directory, 'cache'), { recursive: true, encoding: 'utf8' });
    expect(cached.filter((name) => /safetensors|tmp|mobilenet.*json/.test(name))).toEqual([]);
    rmSync(join(exportsOf('target'), folder), { recursive: true });
  });
});

describe('importModel', () => {
  it.each([
    ['../source', 'BAD_REQUEST'],
    ['/etc', 'BAD_REQUEST'],
    ['..', 'BAD_REQUEST'],
    ['absent', 'NOT_FOUND'],
  ])('finds no folder "%s"', async (folder, code) => {
    expect((await importInto(target, folder)).errors[0]?.extensions.code).toBe(code);
  });

  it('registers the model where there was nothing, weights included, and it answers the same', async () => {
    const { data, errors } = await importInto(target, bring('whole'));
    expect(errors).toEqual([]);
    expect(data?.importModel).toEqual({
      name: NAME,
      digest: exported.digest,
      origin: 'IMPORTED',
      goldenPictureCount: readRecord(inSource()).golden.answers.length,
    });
    const picture = await readFile('dataset/test/gel/gel_009.png');
    expect(await probabilitiesOf(targetServer.url, picture, NAME)).toEqual(
      await probabilitiesOf(sourceServer.url, picture, NAME),
    );
    const again = await importInto(target, 'whole');
    expect(again.data?.importModel.digest).toBe(exported.digest);
    expect(await modelNames(target)).toEqual([NAME]);
  });

  it('takes another name, and gives no name to two models', async () => {
    const renamed = await importInto(source, NAME, 'the same again');
    expect(renamed.data?.importModel).toMatchObject({ name: 'the same again', digest: exported.digest });
    expect(await modelNames(source)).toEqual(['the same again', NAME]);
  });
});
