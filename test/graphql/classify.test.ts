import { readdir, readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { loadArtifact } from '../../src/db/artifacts.js';
import { readSafetensors } from '../../src/networks/weights/safetensors.js';
import { findModel } from '../../src/registry/models.js';
import { createAdmission } from '../../src/serving/admission.js';
import { createGraphQLServer } from '../../src/graphql/http/server.js';
import { askData, openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import {
  classification,
  post,
  serve,
  type Classified,
  type ClassifiedGel,
  type SentFile,
  type TestServer,
} from '../support/graphql-server.js';
import { drawGel, quantise } from '../support/gel-picture.js';
import { writeTiff, type TiffPageSpec } from '../support/tiff.js';
import { registerUntrainedModel } from '../support/untrained-model.js';
import { importDemo, train } from '../support/trained-app.js';

let opened: GraphQLApp;
let server: TestServer;

beforeAll(async () => {
  opened = await openGraphQLApp();
  await importDemo(opened.app);
  await opened.app.startTrainingWorker();
  await train(opened, { name: 'plain', epochs: 8 });
  await train(opened, { name: 'deep', epochs: 8, head: 'MULTI', backbone: 'MOBILENET_V3_LARGE' });
  server = await serve(opened.yoga);
}, 600_000);
afterAll(async () => {
  await server?.close();
  await opened?.close();
});

async function sent(path: string): Promise<SentFile> {
  return { name: path.split('/').at(-1)!, bytes: await readFile(path) };
}

/** A picture that no model of this file was trained or tested on. */
async function heldOut(className: string, number: string): Promise<SentFile> {
  const folder = `dataset/test/${className}`;
  const name = (await readdir(folder)).find((file) => file.startsWith(`${className}_${number}.`));
  return sent(`${folder}/${name}`);
}

async function classify(file: SentFile, variables: Record<string, unknown> = {}): Promise<ClassifiedGel> {
  const { status, data, errors } = await post<Classified>(server.url, classification(file, variables));
  expect(errors).toEqual([]);
  expect(status).toBe(200);
  return data!.classifyGel;
}

/** A drawn gel of 16 bits; `inverted` has dark bands on light ground. */
function page(width: number, height: number, { inverted = false } = {}): TiffPageSpec {
  const values = drawGel(width, height).map((value) => (inverted ? 1 - value : value));
  return { width, height, samples: quantise(values, new Uint16Array(width * height), 40_000, 1_000) };
}

const PNG = 'dataset/test/gel/gel_001.png';
const JPEG = 'dataset/test/gel/gel_002.jpg';

describe('classifyGel', () => {
  it('computes on the device that the request names, and never on another', async () => {
    const file = await sent(PNG);
    for (const device of ['CPU', 'AUTO']) {
      const answer = await classify(file, { model: 'plain', device });
      expect(answer.timing).toMatchObject({ device: 'CPU' });
    }
    const { errors } = await post<Classified>(server.url, classification(file, { device: 'GPU' }));
    expect(errors).toMatchObject([{ extensions: { code: 'DEVICE_UNAVAILABLE' } }]);
  });

  it('answers for a PNG with label, probabilities, model, facts and timing', async () => {
    const answer = await classify(await sent(PNG), { model: 'plain' });
    expect(answer).toMatchObject({
      filename: 'gel_001.png',
      model: { name: 'plain', number: 1, digest: answer.modelDigest },
      picture: {
        format: 'PNG',
        page: 0,
        pageCount: 1,
        sizeBytes: 27564,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      timing: {
        batchSize: 1,
        device: 'CPU',
        decodeMs: expect.any(Number),
        queueMs: expect.any(Number),
        inferMs: expect.any(Number),
      },
      explanation: null,
    });
    expect(answer.probabilities.map(({ label }) => label)).toEqual(['gel', 'not_gel']);
    expect(answer.probabilities.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    const winner = answer.probabilities.reduce((best, score) =>
      score.probability > best.probability ? score : best,
    );
    expect(answer).toMatchObject({ label: winner.label, probability: winner.probability });
  });

  it('recognises a training picture, also turned and compressed again, and shows the nearest ones', async () => {
    const query = `mutation C($upload: Upload!) { classifyGel(upload: $upload, model: "plain") {
      decisionReasons novelty { threshold pValue } nearest { name label distance } seenInTraining { kind name label }
    } }`;
    const known = await sent('dataset/train/gel/gel_001.jpg');
    const turned = { name: 'turned.jpg', bytes: await sharp(known.bytes).rotate(90).jpeg().toBuffer() };
    const ask = async (file: SentFile) => {
      const operations = { query, variables: { upload: null } };
      const map = { file: ['variables.upload'] };
      return (await post<{ classifyGel: unknown }>(server.url, { operations, map, files: { file } })).data
        ?.classifyGel;
    };
    const name = expect.stringContaining('gel_001.jpg') as string;
    expect(await ask(known)).toMatchObject({
      // 6 pictures of a class are no measure of what is far.
      decisionReasons: expect.arrayContaining(['FEW_TRAINING_PICTURES']),
      novelty: { threshold: null, pValue: expect.any(Number) },
      nearest: expect.arrayContaining([{ name, label: 'gel', distance: expect.closeTo(0, 3) as number }]),
      seenInTraining: { kind: 'SAME_FILE', name, label: 'gel' },
    });
    expect(await ask(turned)).toMatchObject({ seenInTraining: { kind: 'NEAR_DUPLICATE', name } });
    expect(await ask(await heldOut('gel', '007'))).toMatchObject({ seenInTraining: null });
  });

  it('answers with calibrated probabilities where the calibration of the model is applied', async () => {
    const fitted = { temperature: 0.25, fittedOn: 'OUT_OF_FOLD', groupCount: 60 } as const;
    const losses = { logLossBefore: 0.5, logLossAfter: 0.4 };
    for (const isApplied of [true, false]) {
      const name = isApplied ? 'calibrated' : 'unreliable';
      await registerUntrainedModel(opened.app, { name, calibration: { ...fitted, ...losses, isApplied } });
      const { probabilities, probability } = await classify(await sent(PNG), { model: name });
      const powers = probabilities.map(({ logit }) => Math.exp(logit / (isApplied ? 0.25 : 1)));
      const expected = powers.map((power) => power / powers.reduce((sum, value) => sum + value, 0));
      probabilities.forEach((score, index) => expect(score.probability).toBeCloseTo(expected[index]!, 6));
      expect(probability).toBeCloseTo(Math.max(...expected), 6);
    }
  });

  it('tells most of the held-out pictures of the demonstration set apart', async () => {
    const names = ['007', '009', '010', '011'];
    let correct = 0;
    for (const className of ['gel', 'not_gel']) {
      for (const name of names) {
        const answer = await classify(await heldOut(className, name), { model: 'plain' });
        if (answer.label === className) correct += 1;
      }
    }
    expect(correct).toBeGreaterThanOrEqual(6);
  });

  it('answers for a JPEG and says that it was compressed with loss', async () => {
    const answer = await classify(await sent(JPEG));
    expect(answer.picture).toMatchObject({ format: 'JPEG', bitDepth: 8 });
    expect(answer.warnings).toContainEqual({
      code: 'LOSSY_SOURCE',
      message: expect.stringContaining('compressed with loss'),
    });
  });

  it('answers for a TIFF of 16 bits', async () => {
    const file = { name: 'scan.tif', bytes: writeTiff([page(320, 240)]) };
    const { picture, warnings } = await classify(file);
    expect(picture).toMatchObject({
      format: 'TIFF',
      width: 320,
      height: 240,
      bitDepth: 16,
      channels: 1,
      polarityGuess: 'LIGHT_ON_DARK',
    });
    expect(warnings.map(({ code }) => code)).not.toContain('LOSSY_SOURCE');
  });

  it('takes the page that is asked for, the first where none is, and says so', async () => {
    const file = { name: 'two.tif', bytes: writeTiff([page(320, 240), page(200, 180, { inverted: true })]) };
    const first = await classify(file);
    expect(first.picture).toMatchObject({ page: 0, pageCount: 2, width: 320 });
    expect(first.warnings.map(({ code }) => code)).toContain('MULTI_PAGE_ONLY_FIRST_USED');
    const second = await classify(file, { page: 1 });
    expect(second.picture).toMatchObject({
      page: 1,
      pageCount: 2,
      width: 200,
      polarityGuess: 'DARK_ON_LIGHT',
    });
    expect(second.warnings.map(({ code }) => code)).not.toContain('MULTI_PAGE_ONLY_FIRST_USED');

    const { status, errors } = await post(server.url, classification(file, { page: 2 }));
    expect(status).toBe(422);
    expect(errors[0]?.extensions.code).toBe('PAGE_OUT_OF_RANGE');
  });

  it('answers with the model that is named by name, number or id, and with the best one otherwise', async () => {
    const file = await sent(PNG);
    const { model } = await askData<{ model: { id: string; number: number } }>(
      opened.yoga,
      '{ model(reference: "deep") { id number } }',
    );
    for (const reference of ['deep', String(model.number), model.id]) {
      expect((await classify(file, { model: reference })).model).toMatchObject({
        id: model.id,
        name: 'deep',
      });
    }
    const { bestModel } = await askData<{ bestModel: { model: { id: string } } }>(
      opened.yoga,
      '{ bestModel { model { id } } }',
    );
    expect((await classify(file)).model.id).toBe(bestModel.model.id);
  });

  it.each([
    ['plain', 7, 7],
    ['deep', 7, 7],
  ])('explains the answer of %s with a grid and a picture of it', async (model, height, width) => {
    const { explanation, label, probabilities } = await classify(await sent(PNG), { model, explain: true });
    expect(explanation?.label).toBe(label);
    expect(explanation?.grid).toHaveLength(height);
    for (const row of explanation!.grid) expect(row).toHaveLength(width);
    const cells = explanation!.grid.flat();
    expect(new Set(cells).size).toBeGreaterThan(1);
    if (model === 'plain') {
      // A linear head on averaged maps: the contributions add up to the logits, the bias of the head aside.
      const [ours, other] = label === 'gel' ? probabilities : [...probabilities].reverse();
      const margin = ours!.logit - other!.logit;
      expect(cells.reduce((sum, value) => sum + value, 0)).toBeCloseTo(margin - (await biasMargin(label)), 3);
    }

    const response = await opened.yoga.fetch(`http://gelql.test${explanation!.overlay}`);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('cache-control')).toContain('immutable');
    const { data, info } = await sharp(Buffer.from(await response.arrayBuffer()))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 448, height: 448, channels: 4 });
    // Red everywhere, and strongest where the grid has its largest value.
    const opacityAt = (row: number, column: number) => {
      const [y, x] = [row, column].map((cell) => Math.round(((cell + 0.5) * 448) / 7));
      return data[(y! * 448 + x!) * 4 + 3] ?? NaN;
    };
    expect([...data.subarray(0, 3)]).toEqual([255, 0, 0]);
    const strongest = cells.indexOf(Math.max(...cells));
    const weakest = cells.indexOf(Math.min(...cells));
    expect(opacityAt(Math.floor(strongest / 7), strongest % 7)).toBeGreaterThan(100);
    expect(opacityAt(Math.floor(weakest / 7), weakest % 7)).toBeLessThan(60);
  });

  it('has no explanation to show of an answer that none was asked of, nor of no answer', async () => {
    const { id } = await classify(await sent(PNG), { model: 'plain' });
    for (const reference of [id, '01990000-0000-7000-8000-000000000000', 'x']) {
      const response = await opened.yoga.fetch(`http://gelql.test/explanations/${reference}.png`);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'NOT_FOUND' } }] });
    }
  });

  it('stores every answer, newest first', async () => {
    const answer = await classify(await sent(PNG), { model: 'plain', explain: true });
    const { classifications } = await askData<{ classifications: { edges: { node: unknown }[] } }>(
      opened.yoga,
      `{ classifications(first: 1) { edges { node {
        id createdAt filename label probability probabilities { label probability logit } model { id number name digest } modelDigest
        picture { format sizeBytes sha256 rasterSha256 width height pageCount page bitDepth channels orientation saturatedFraction meanGrey polarityGuess }
        warnings { code message } timing { decodeMs queueMs inferMs batchSize engine device } explanation { label grid overlay }
      } } } }`,
    );
    expect(answer.explanation).not.toBeNull();
    expect(classifications.edges[0]?.node).toEqual(answer);
    const { node } = await askData<{ node: unknown }>(
      opened.yoga,
      'query N($id: ID!) { node(id: $id) { __typename id ... on Classification { label } } }',
      { id: answer.id },
    );
    expect(node).toEqual({ __typename: 'Classification', id: answer.id, label: answer.label });
  });

  it('gives the same picture the same answer, alone or among many', async () => {
    const files = await Promise.all([PNG, JPEG, 'dataset/test/not_gel/not_gel_004.png'].map(sent));
    const alone = [];
    for (const file of files) alone.push(await classify(file, { model: 'plain' }));
    const together = await Promise.all(
      [...files, ...files].map((file) => classify(file, { model: 'plain' })),
    );
    for (const [index, answer] of together.entries()) {
      const expected = alone[index % files.length]!;
      expect(answer.label).toBe(expected.label);
      expect(answer.probability).toBeCloseTo(expected.probability, 3);
    }
  });
});

/** What the head of `plain` adds to the margin of a class whatever the picture. */
async function biasMargin(label: string): Promise<number> {
  const { database } = opened.app;
  const row = await findModel(database, 'plain');
  const { tensors } = readSafetensors(await loadArtifact(database, row!.headSha256));
  const bias = [...tensors].find(([name]) => name.endsWith('bias'))![1].data;
  return label === 'gel' ? bias[0]! - bias[1]! : bias[1]! - bias[0]!;
}

describe('a picture that cannot be classified', () => {
  const refused = async (file: SentFile, variables: Record<string, unknown> = {}) => {
    const { status, errors, data } = await post(server.url, classification(file, variables));
    expect(data).toBeNull();
    return {
      status,
      code: errors[0]?.extensions.code,
      advice: errors[0]?.extensions.advice,
      message: errors[0]?.message,
    };
  };

  it('because it is none is refused with what to export instead', async () => {
    const svg = { name: 'gel.png', bytes: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>') };
    expect(await refused(svg)).toMatchObject({
      status: 415,
      code: 'UNSUPPORTED_FORMAT',
      advice: expect.stringContaining('TIFF (8 or 16 bit), PNG, JPEG, WebP, BMP or GIF'),
    });
  });

  it('because it is cut off is refused', async () => {
    const { name, bytes } = await sent(PNG);
    expect(await refused({ name, bytes: bytes.subarray(0, 9_000) })).toMatchObject({
      status: 422,
      code: 'UNREADABLE_OR_TRUNCATED',
    });
  });

  it('because it is empty is refused', async () => {
    expect(await refused({ name: 'empty.png', bytes: new Uint8Array() })).toMatchObject({ status: 415 });
  });

  it('by a model that is not there is refused', async () => {
    expect(await refused(await sent(PNG), { model: 'nobody' })).toMatchObject({
      status: 404,
      code: 'NOT_FOUND',
      message: 'There is no model "nobody".',
    });
  });

  it('because as many as allowed are pending is refused with the seconds to wait', async () => {
    const admission = createAdmission({ ...opened.app.config, maxPending: 1 });
    const full = await serve(createGraphQLServer({ ...opened.app, admission }));
    try {
      const permit = admission.admit({ priority: 'INTERACTIVE', timeoutMs: 60_000 });
      const { status, headers, errors } = await post(full.url, classification(await sent(PNG)));
      expect(status).toBe(429);
      expect(errors[0]?.extensions).toMatchObject({ code: 'OVERLOADED', retryable: true });
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(errors[0]?.extensions.facts?.retryAfterSeconds).toBe(Number(headers.get('retry-after')));

      permit.release();
      expect(await post(full.url, classification(await sent(PNG)))).toMatchObject({
        status: 200,
        errors: [],
      });
      expect(admission.pending).toBe(0);
    } finally {
      await full.close();
    }
  });
});
