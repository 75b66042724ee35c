import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { RandomDraws } from '../../tools/synthesize/random-draws.js';
import { leaveGroupOut, normaliseRows } from '../../src/evaluation/novelty.js';
import { MINIATURE_PIXELS } from '../../src/images/facts/miniature.js';
import { createGraphQLServer } from '../../src/graphql/http/server.js';
import { findBackbone } from '../../src/networks/weights/backbones.js';
import { encodeTrainingFeatures } from '../../src/registry/training-features.js';
import { openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import { post, serve, type SentFile, type TestServer } from '../support/graphql-server.js';
import { registerUntrainedModel } from '../support/untrained-model.js';

const BACKBONE = 'mobilenet_v3_large-gelql-1';
const PER_CLASS = 25;

let opened: GraphQLApp;
let server: TestServer;
let gel: SentFile;

beforeAll(async () => {
  // Every probability of a two-class model is 0.5 or more.
  opened = await openGraphQLApp({ engine: 'wasm', decisionThreshold: 0.4 });
  gel = { name: 'gel.png', bytes: await readFile('dataset/test/gel/gel_001.png') };
  const features = await featuresOf(gel);
  const elsewhere = features.map((_, index) => (index % 7 === 0 ? 1 : 0));
  await registerUntrainedModel(opened.app, { name: 'bare' });
  await registerUntrainedModel(opened.app, { name: 'near', trainingFeatures: await around(features) });
  await registerUntrainedModel(opened.app, { name: 'far', trainingFeatures: await around(elsewhere) });
  await registerUntrainedModel(opened.app, {
    name: 'seen',
    trainingFeatures: await around(elsewhere, createHash('sha256').update(gel.bytes).digest('hex')),
  });
  await registerUntrainedModel(opened.app, {
    name: 'few',
    trainingFeatures: await around(features, null, 5),
  });
  const fitted = { temperature: 1.5, fittedOn: 'OUT_OF_FOLD', groupCount: 60, isApplied: true } as const;
  await registerUntrainedModel(opened.app, {
    name: 'calibrated',
    calibration: { ...fitted, logLossBefore: 0.5, logLossAfter: 0.4 },
    trainingFeatures: await around(features),
  });
  server = await serve(opened.yoga);
}, 600_000);
afterAll(async () => {
  await server?.close();
  await opened?.close();
});

async function featuresOf({ bytes }: SentFile): Promise<Float32Array> {
  const { compute, config } = opened.app;
  const backbone = await findBackbone(BACKBONE, config);
  const task = { bytes, page: null, recipe: 'gel-v1', views: 1, maxPixels: config.maxPixels } as const;
  const { inputs } = await compute.prepareImage(task, { lane: 'serving' });
  const pass = { engine: 'wasm', backbone, inputs, count: 1, lastMaps: false } as const;
  return (await compute.extractFeatures(pass, { lane: 'serving' })).features;
}

/** Training features around a direction, of both classes. @param firstSha256 of the first picture, where it matters */
async function around(center: Float32Array, firstSha256: string | null = null, perClass = PER_CLASS) {
  const draws = RandomDraws.of('around');
  const size = center.length;
  const noise = 2 * Math.sqrt(center.reduce((sum, value) => sum + value * value, 0) / size);
  const labels = Array.from({ length: 2 * perClass }, (_, index) => index % 2);
  const rows = Float32Array.from(
    { length: labels.length * size },
    (_, index) => center[index % size]! + draws.uniform(-noise, noise),
  );
  const features = normaliseRows(rows, size);
  const groups = labels.map((_, index) => String(index));
  const distances = await leaveGroupOut({ features, size, labels }, groups, () => Promise.resolve());
  const digest = (index: number) => createHash('sha256').update(`made up ${index}`).digest('hex');
  const pictures = labels.map((label, index) => ({
    name: `made-up/${index}.png`,
    sha256: (index === 0 ? firstSha256 : null) ?? digest(index),
    rasterSha256: digest(-index),
    perceptualHash: null,
    label,
  }));
  const miniatures = new Uint8Array(labels.length * MINIATURE_PIXELS);
  return encodeTrainingFeatures({ features, size, distances, miniatures, pictures });
}

interface Decided {
  decision: string;
  decisionReasons: string[];
  decisionThreshold: number;
  novelty: { distance: number; threshold: number | null; pValue: number; featuresSha256: string } | null;
  nearest: { name: string; sha256: string; label: string; distance: number }[];
  seenInTraining: Record<string, unknown> | null;
}

async function decide(model: string, target = server): Promise<Decided> {
  const query = `mutation C($upload: Upload!, $model: String) { classifyGel(upload: $upload, model: $model) {
    decision decisionReasons decisionThreshold
    novelty { distance threshold pValue featuresSha256 }
    nearest { name sha256 label distance }
    seenInTraining { kind name sha256 label differingBits }
  } }`;
  const { data, errors } = await post<{ classifyGel: Decided }>(target.url, {
    operations: { query, variables: { upload: null, model } },
    map: { file: ['variables.upload'] },
    files: { file: gel },
  });
  expect(errors).toEqual([]);
  return data!.classifyGel;
}

describe('the decision on an answer', () => {
  it('stands on the probability alone, and says so, where the model has no training features', async () => {
    expect(await decide('bare')).toEqual({
      decision: 'CLASSIFIED',
      decisionReasons: ['NOT_CALIBRATED', 'NO_TRAINING_FEATURES'],
      decisionThreshold: 0.4,
      novelty: null,
      nearest: [],
      seenInTraining: null,
    });
  });

  it('is CLASSIFIED near the training pictures, and names the nearest', async () => {
    const { novelty, nearest, ...rest } = await decide('near');
    expect(rest).toMatchObject({ decision: 'CLASSIFIED', decisionReasons: ['NOT_CALIBRATED'] });
    expect(novelty!.distance).toBeLessThanOrEqual(novelty!.threshold!);
    expect(novelty!.pValue).toBeGreaterThan(0.05);
    expect(nearest).toHaveLength(5);
    expect(nearest[0]).toMatchObject({
      name: expect.stringMatching(/^made-up\/\d+\.png$/),
      label: expect.stringMatching(/^(not_)?gel$/),
    });
    expect((await decide('calibrated')).decisionReasons).toEqual([]);
  });

  it('is OUT_OF_DISTRIBUTION far from all of them', async () => {
    const { decision, decisionReasons, novelty } = await decide('far');
    expect(decision).toBe('OUT_OF_DISTRIBUTION');
    expect(decisionReasons).toEqual(['FAR_FROM_TRAINING', 'NOT_CALIBRATED']);
    expect(novelty!.distance).toBeGreaterThan(novelty!.threshold!);
    expect(novelty!.pValue).toBeCloseTo(1 / (PER_CLASS + 1), 6);
  });

  it('is not so for a picture that was trained on, and names that picture', async () => {
    const { decision, seenInTraining } = await decide('seen');
    expect(decision).toBe('CLASSIFIED');
    expect(seenInTraining).toMatchObject({ kind: 'SAME_FILE', name: 'made-up/0.png', label: 'gel' });
  });

  it('says that few training pictures can reject nothing', async () => {
    const { decision, decisionReasons, novelty } = await decide('few');
    expect(decision).toBe('CLASSIFIED');
    expect(decisionReasons).toEqual(['NOT_CALIBRATED', 'FEW_TRAINING_PICTURES']);
    expect(novelty).toMatchObject({ threshold: null });
  });

  it('is UNDECIDED below the threshold', async () => {
    const strict = { ...opened.app, config: { ...opened.app.config, decisionThreshold: 0.999 } };
    const other = await serve(createGraphQLServer(strict));
    try {
      expect(await decide('near', other)).toMatchObject({
        decision: 'UNDECIDED',
        decisionReasons: ['LOW_PROBABILITY', 'NOT_CALIBRATED'],
        decisionThreshold: 0.999,
      });
    } finally {
      await other.close();
    }
  });
});
