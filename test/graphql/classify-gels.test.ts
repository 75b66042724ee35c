import { Agent } from 'node:http';
import { createGraphQLServer } from '../../src/graphql/http/server.js';
import { drawGel, quantise } from '../support/gel-picture.js';
import { openGraphQLApp, type GraphQLApp } from '../support/graphql-app.js';
import {
  post,
  serve,
  type MultipartParts,
  type SentFile,
  type TestServer,
} from '../support/graphql-server.js';
import { recordCompute, type Recorded } from '../support/recording-compute.js';
import { writeTiff } from '../support/tiff.js';
import { registerUntrainedModel } from '../support/untrained-model.js';

const MAX_FILE_BYTES = 60_000;
const CLASSIFY_GELS = `mutation Many($uploads: [Upload!]!, $models: [String!], $page: Int) {
  classifyGels(uploads: $uploads, models: $models, page: $page) {
    position filename
    classification { filename label model { name } probabilities { logit } otherModels { model { name } probabilities { logit } } }
    error { code message advice retryable }
  }
}`;

interface Scored {
  model: { name: string };
  probabilities: { logit: number }[];
}
interface Outcome {
  position: number;
  filename: string | null;
  classification: (Scored & { filename: string; label: string; otherModels: Scored[] }) | null;
  error: { code: string; message: string; advice: string; retryable: boolean } | null;
}

let opened: GraphQLApp;
let recorded: Recorded;
let server: TestServer;
let agent: Agent;

beforeAll(async () => {
  opened = await openGraphQLApp({ engine: 'onnxruntime', maxUploadBytes: MAX_FILE_BYTES });
  await registerUntrainedModel(opened.app);
  await registerUntrainedModel(opened.app, { name: 'sibling', seed: 2 });
  await registerUntrainedModel(opened.app, { name: 'reference', recipe: 'reference-v1', seed: 3 });
  recorded = recordCompute(opened.app);
  server = await serve(createGraphQLServer(recorded.app));
}, 600_000);
afterAll(async () => {
  await server?.close();
  await opened?.close();
});
beforeEach(() => {
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
  recorded.batches.length = 0;
  recorded.decoded.length = 0;
});
afterEach(async () => {
  expect((await many([gel(0)])).outcomes).toMatchObject([{ error: null }]);
  expect(opened.app.admission.pending).toBe(0);
  agent.destroy();
  expect(opened.takeWarnings()).toEqual([]);
});

/** Another picture for each number. */
function gel(number: number, sizeBytes?: number): SentFile {
  const [width, height] = [96 + number, 80];
  const samples = quantise(drawGel(width, height), new Uint16Array(width * height), 60_000);
  const tiff = writeTiff([{ width, height, samples }]);
  const bytes = new Uint8Array(sizeBytes ?? tiff.length);
  bytes.set(tiff);
  return { name: `gel-${number}.tif`, bytes };
}

/** @param order in which the files are sent; that of the list where absent */
function several(
  files: SentFile[],
  variables: Record<string, unknown> = {},
  order?: number[],
): MultipartParts {
  const keys = files.map((_, position) => `f${position}`);
  const sent = order ?? keys.map((_, position) => position);
  return {
    operations: { query: CLASSIFY_GELS, variables: { uploads: keys.map(() => null), ...variables } },
    map: Object.fromEntries(keys.map((key, position) => [key, [`variables.uploads.${position}`]])),
    files: Object.fromEntries(sent.map((position) => [`f${position}`, files[position]!])),
  };
}

async function many(...request: Parameters<typeof several>) {
  const answer = await post<{ classifyGels: Outcome[] }>(server.url, several(...request), { agent });
  return { ...answer, outcomes: answer.data?.classifyGels ?? [] };
}

describe('classifyGels', () => {
  it('answers for sixteen pictures in the order of the list', async () => {
    const files = Array.from({ length: 16 }, (_, number) => gel(number));
    const { status, outcomes } = await many(files);
    expect(status).toBe(200);
    expect(outcomes.map(({ position }) => position)).toEqual(files.map((_, position) => position));
    expect(outcomes.map(({ filename }) => filename)).toEqual(files.map(({ name }) => name));
    expect(outcomes.map(({ classification }) => classification?.filename)).toEqual(
      files.map(({ name }) => name),
    );
    expect(recorded.batches.reduce((sum, size) => sum + size, 0)).toBe(16);
  });

  it('does not mind in which order the files come', async () => {
    const files = [0, 1, 2, 3].map((number) => gel(number));
    const { outcomes } = await many(files, {}, [2, 0, 3, 1]);
    expect(outcomes.map(({ classification }) => classification?.filename)).toEqual(
      files.map(({ name }) => name),
    );
  });

  it('says of each picture what is wrong with it and answers for the others', async () => {
    const { name, bytes } = gel(7);
    const files = [
      gel(0),
      { name: 'drawing.svg', bytes: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>') },
      gel(2, 3 * MAX_FILE_BYTES),
      gel(3),
      { name, bytes: bytes.subarray(0, 2_000) },
      { name: 'empty.png', bytes: new Uint8Array() },
      gel(6),
    ];
    const { status, errors, outcomes } = await many(files);
    expect([status, errors]).toEqual([200, []]);
    expect(outcomes.map(({ error }) => error?.code ?? null)).toEqual([
      null,
      'UNSUPPORTED_FORMAT',
      'FILE_TOO_LARGE',
      null,
      'UNREADABLE_OR_TRUNCATED',
      'UNSUPPORTED_FORMAT',
      null,
    ]);
    expect(outcomes.map(({ classification }) => classification !== null)).toEqual(
      outcomes.map(({ error }) => error === null),
    );
    expect(outcomes[1]).toMatchObject({
      filename: 'drawing.svg',
      error: { advice: expect.stringContaining('Export'), retryable: false },
    });
  });

  it('reports a file that the map promises and the body does not hold', async () => {
    const parts = several([gel(0), gel(1)]);
    const { f0 } = parts.files!;
    const answer = await post<{ classifyGels: Outcome[] }>(
      server.url,
      { ...parts, files: { f0: f0! } },
      { agent },
    );
    expect(answer.data?.classifyGels.map(({ error }) => error?.code ?? null)).toEqual([null, 'BAD_REQUEST']);
  });

  it('refuses none and more than sixteen', async () => {
    expect((await many([])).errors).toMatchObject([{ extensions: { code: 'BAD_REQUEST' } }]);
    const files = Array.from({ length: 17 }, (_, number) => gel(number));
    expect((await many(files)).errors).toMatchObject([{ extensions: { code: 'TOO_MANY_FILES' } }]);
  });

  it('refuses the whole request where a model is not there, and counts each picture of it', async () => {
    const refused = async () => {
      const series = (await opened.app.metrics.text()).split('\n');
      return Number(
        series.find((line) => line.startsWith('gel_requests_total{outcome="NOT_FOUND"}'))?.split(' ')[1],
      );
    };
    const before = await refused();
    const { status, errors } = await many([gel(0, MAX_FILE_BYTES), gel(1, MAX_FILE_BYTES)], {
      models: ['nobody'],
    });
    expect([status, errors[0]?.extensions.code]).toEqual([404, 'NOT_FOUND']);
    expect(recorded.decoded).toEqual([]);
    expect((await refused()) - before).toBe(2);
  });
});

describe('several models', () => {
  it('answer for one picture with one pass of their backbone', async () => {
    const { outcomes } = await many([gel(0)], { models: ['sibling', 'untrained'] });
    expect(outcomes[0]?.classification).toMatchObject({
      model: { name: 'sibling' },
      otherModels: [{ model: { name: 'untrained' } }],
    });
    expect([recorded.batches, recorded.decoded]).toEqual([[1], ['gel-v1']]);
    for (const { model, probabilities } of [
      outcomes[0]!.classification!,
      ...outcomes[0]!.classification!.otherModels,
    ]) {
      const alone = await many([gel(0)], { models: [model.name] });
      probabilities.forEach(({ logit }, index) => {
        expect(alone.outcomes[0]!.classification!.probabilities[index]!.logit).toBeCloseTo(logit, 4);
      });
    }
  });

  it('with other recipes decode the same bytes once more', async () => {
    const { outcomes } = await many([gel(0)], { models: ['untrained', 'reference', 'sibling'] });
    expect(outcomes[0]?.classification?.otherModels.map(({ model }) => model.name)).toEqual([
      'reference',
      'sibling',
    ]);
    expect(recorded.decoded).toEqual(['gel-v1', 'reference-v1']);
    expect(recorded.batches.reduce((sum, size) => sum + size, 0)).toBe(2);
  });
});
