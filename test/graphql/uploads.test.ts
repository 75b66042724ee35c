import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { FileUpload } from 'graphql-upload-minimal';
import type { Permit } from '../../src/serving/admission.js';
import { createGraphQLServer } from '../../src/graphql/http/server.js';
import { readUpload } from '../../src/graphql/http/upload.js';
import { rejection } from '../support/caught-error.js';
import { openGraphQLApp, type Answer, type GraphQLApp } from '../support/graphql-app.js';
import {
  answerOf,
  BOUNDARY,
  classification,
  CLASSIFY,
  multipartBody,
  post,
  serve,
  startPost,
  type Classified,
  type MultipartParts,
  type SentFile,
  type TestServer,
} from '../support/graphql-server.js';
import { drawGel, quantise } from '../support/gel-picture.js';
import { writeTiff } from '../support/tiff.js';
import { registerUntrainedModel } from '../support/untrained-model.js';
import { waitFor } from '../support/wait-for.js';

const MAX_FILE_BYTES = 50_000;
/** Sixteen files and the fields beside them. */
const MAX_BODY_BYTES = 16 * MAX_FILE_BYTES + 1_000_000;

let opened: GraphQLApp;
let server: TestServer;
/** One connection, kept: what a request leaves behind on it, the next one meets. */
let agent: Agent;

beforeAll(async () => {
  opened = await openGraphQLApp();
  await registerUntrainedModel(opened.app);
  const config = { ...opened.app.config, maxUploadBytes: MAX_FILE_BYTES };
  server = await serve(createGraphQLServer({ ...opened.app, config }));
}, 600_000);
afterAll(async () => {
  await server?.close();
  await opened?.close();
});
beforeEach(() => {
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
});
afterEach(async () => {
  // Whatever was sent, the server answers the next request on the same connection, and holds no place for the last one.
  expect(await post(server.url, classification(picture()), { agent })).toMatchObject({
    status: 200,
    errors: [],
  });
  expect(opened.app.admission.pending).toBe(0);
  agent.destroy();
  expect(opened.takeWarnings()).toEqual([]);
});

describe('a multipart body with a malformed part header', () => {
  const sound = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\nbytes\r\n`;

  it.each([
    ['alone', `--${BOUNDARY}\r\nContent-Disposition form-data\r\n\r\nx\r\n--${BOUNDARY}--\r\n`],
    ['after a file', `${sound}--${BOUNDARY}\r\nno colon\r\n\r\nx\r\n--${BOUNDARY}--\r\n`],
    ['of 60 000 characters', sound.replace('a.png', `${'y'.repeat(60_000)}.png`)],
  ])('is refused when it stands %s, and the server lives', async (_where, body) => {
    const request = startPost(server.url, { agent });
    request.end(body);
    expect(await answerOf(request)).toMatchObject({
      status: 400,
      errors: [{ extensions: { code: 'BAD_REQUEST' } }],
    });
  });
});

/** A TIFF that ends with zeros, so that its file has exactly `sizeBytes`. */
function picture(sizeBytes = 20_000, name = 'gel.tif'): SentFile {
  const tiff = writeTiff([
    { width: 96, height: 80, samples: quantise(drawGel(96, 80), new Uint16Array(96 * 80), 60_000) },
  ]);
  const bytes = new Uint8Array(sizeBytes);
  bytes.set(tiff);
  return { name, bytes };
}

const send = <Data = Classified>(
  parts: MultipartParts,
  headers: Record<string, string> = {},
): Promise<Answer<Data>> => post<Data>(server.url, parts, { agent, headers });

function expectRefused<Data>({ status, errors }: Answer<Data>, expectedStatus: number, code: string): void {
  expect(errors.map(({ extensions }) => extensions.code)).toEqual([code]);
  expect(errors[0]?.extensions.advice).toEqual(expect.any(String));
  expect(status).toBe(expectedStatus);
}

describe('the size of a file', () => {
  it('may be the limit, and not a byte more', async () => {
    const { status, data } = await send(classification(picture(MAX_FILE_BYTES)));
    expect(status).toBe(200);
    expect(data?.classifyGel.picture.sizeBytes).toBe(MAX_FILE_BYTES);
    expectRefused(await send(classification(picture(MAX_FILE_BYTES + 1))), 413, 'FILE_TOO_LARGE');
  });

  it('over the limit is refused while it comes in', async () => {
    const answer = await send(classification(picture(20 * MAX_FILE_BYTES)));
    expectRefused(answer, 413, 'FILE_TOO_LARGE');
    expect(answer.errors[0]?.extensions.facts).toEqual({ maxFileBytes: MAX_FILE_BYTES });
  });

  it('of the whole request over the limit is refused by its announcement', async () => {
    expectRefused(await send(classification(picture(MAX_BODY_BYTES + 1))), 413, 'FILE_TOO_LARGE');
  });

  it('is limited also where the request does not announce its length', async () => {
    const request = startPost(server.url, { agent, headers: { 'transfer-encoding': 'chunked' } });
    request.end(multipartBody(classification(picture(MAX_BODY_BYTES + 1))));
    expectRefused(await answerOf(request), 413, 'FILE_TOO_LARGE');
  });
});

describe('a file that nobody reads', () => {
  const unread = (query: string): MultipartParts => ({
    operations: { query, variables: { upload: null } },
    map: { file: ['variables.upload'] },
    files: { file: picture(MAX_FILE_BYTES) },
  });

  it.each([
    ['whose operation is not valid', 'mutation M($upload: Upload!) { nothing(upload: $upload) }', 400],
    ['whose operation is no GraphQL', 'mutation {', 400],
    ['of an operation without files', 'query Q($upload: Upload) { bestModel { model { name } } }', 400],
  ])('%s leaves the connection usable', async (_what, query, status) => {
    expect(await send(unread(query))).toMatchObject({ status });
  });

  it('because an argument beside it is refused leaves the connection usable', async () => {
    for (let time = 0; time < 3; time += 1) {
      expectRefused(await send(classification(picture(MAX_FILE_BYTES), { page: 'two' })), 400, 'BAD_REQUEST');
    }
  });

  it('that is not in the map is passed over', async () => {
    const parts = classification(picture());
    const answer = await send({ ...parts, files: { extra: picture(MAX_FILE_BYTES), ...parts.files } });
    expect(answer).toMatchObject({ status: 200, errors: [] });
  });
});

describe('several files', () => {
  const several = (count: number): MultipartParts => {
    const keys = Array.from({ length: count }, (_, index) => `f${index}`);
    const fields = keys.map((key) => `${key}: classifyGel(upload: $${key}) { filename }`);
    return {
      operations: {
        query: `mutation Many(${keys.map((key) => `$${key}: Upload!`).join(' ')}) { ${fields.join(' ')} }`,
        variables: Object.fromEntries(keys.map((key) => [key, null])),
      },
      map: Object.fromEntries(keys.map((key) => [key, [`variables.${key}`]])),
      files: Object.fromEntries(keys.map((key) => [key, picture(20_000, `${key}.tif`)])),
    };
  };

  it('are classified in the order in which they were sent', async () => {
    const { data, errors } = await send<Record<string, { filename: string }>>(several(3));
    expect(errors).toEqual([]);
    expect(data).toEqual({
      f0: { filename: 'f0.tif' },
      f1: { filename: 'f1.tif' },
      f2: { filename: 'f2.tif' },
    });
  });

  it('over their number are refused, whether the map or the files tell', async () => {
    expectRefused(await send(several(17)), 413, 'TOO_MANY_FILES');
    const extra = Object.fromEntries(
      Array.from({ length: 17 }, (_, index) => [`x${index}`, picture(16_000)]),
    );
    const one = classification(picture());
    expectRefused(await send({ ...one, files: { ...extra, ...one.files } }), 413, 'TOO_MANY_FILES');
  });

  it('must be several: the same one is not read twice', async () => {
    const query = `mutation Twice($upload: Upload!) {
      first: classifyGel(upload: $upload) { label } second: classifyGel(upload: $upload) { label }
    }`;
    const { status, errors } = await send({
      ...classification(picture()),
      operations: { query, variables: { upload: null } },
    });
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ path: ['second'], extensions: { code: 'BAD_REQUEST' } }]);
  });
});

describe('a multipart request that is not usable', () => {
  const operations = { query: CLASSIFY, variables: { upload: null } };
  const map = { file: ['variables.upload'] };

  it.each<[string, MultipartParts]>([
    ['without the file that its map names', { operations, map }],
    ['without operations', { files: { file: { name: 'a', bytes: new Uint8Array(9) } } }],
    ['whose operations are no JSON', { operations: '{"query": ', map }],
    ['whose operations are a number', { operations: 7, map }],
    ['without a map', { operations }],
    ['whose map is no JSON', { operations, map: '{' }],
    ['whose map leads nowhere', { operations, map: { file: ['nothing.at.all'] } }],
    ['whose map is a list', { operations, map: [['variables.upload']] }],
    ['with operations of more than a megabyte', { operations: { query: `# ${'x'.repeat(1_100_000)}` }, map }],
  ])('%s is refused', async (_what, parts) => {
    const answer = await send(parts);
    expectRefused(answer, 400, 'BAD_REQUEST');
  });

  it.each(['__proto__.polluted', 'variables.__proto__.polluted', 'constructor.prototype.polluted'])(
    'whose map says %s changes no prototype',
    async (path) => {
      const { status } = await send({ operations, map: { file: [path] }, files: { file: picture() } });
      expect(status).toBe(400);
      expect({}).not.toHaveProperty('polluted');
    },
  );

  it('without the header against forgery is refused before its file is read', async () => {
    const request = startPost(server.url, { agent });
    request.removeHeader('x-graphql-yoga-csrf');
    request.end(multipartBody(classification(picture(MAX_FILE_BYTES))));
    expectRefused(await answerOf(request), 403, 'CSRF_HEADER_MISSING');
  });

  it('without a body is refused', async () => {
    const request = startPost(server.url, { agent });
    request.end();
    expectRefused(await answerOf(request), 400, 'BAD_REQUEST');
  });
});

describe('a client that goes away', () => {
  it('in the middle of a file leaves nothing behind', async () => {
    const body = multipartBody(classification(picture(MAX_FILE_BYTES)));
    const request = startPost(server.url, { headers: { 'content-length': String(body.length) } });
    request.on('error', () => undefined);
    request.write(body.subarray(0, 20_000));
    await waitFor(() => opened.app.admission.pending !== 0);
    request.destroy();
    await waitFor(() => opened.app.admission.pending === 0);
    expect(request.destroyed).toBe(true);
  });
});

describe('reading a file', () => {
  let permit: Permit;
  beforeEach(() => {
    permit = opened.app.admission.admit({ priority: 'INTERACTIVE', timeoutMs: 60_000 });
  });
  afterEach(() => permit.release());

  const uploadOf = (stream: Readable) =>
    Promise.resolve({ filename: 'gel.png', createReadStream: () => stream } as unknown as FileUpload);

  it('gives up when nothing comes for a while, and not before', async () => {
    const slow = Readable.from(
      (async function* () {
        for (let part = 0; part < 8; part += 1) {
          await setTimeout(20);
          yield Buffer.of(part);
        }
      })(),
    );
    const { bytes } = await readUpload(uploadOf(slow), permit, { maxFileBytes: 100, idleMs: 120 });
    expect([...bytes]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);

    const silent = new Readable({ read: () => undefined });
    const stalled = await rejection(readUpload(uploadOf(silent), permit, { maxFileBytes: 100, idleMs: 30 }));
    expect(stalled.code).toBe('DEADLINE_EXCEEDED');
  });

  it('gives up on a file that waits for an earlier one', async () => {
    const never = new Promise<FileUpload>(() => undefined);
    const stalled = await rejection(readUpload(never, permit, { maxFileBytes: 100, idleMs: 30 }));
    expect(stalled).toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: expect.stringContaining('in the order'),
    });
  });

  it('says so when the sender breaks off', async () => {
    const broken = new Readable({ read: () => undefined });
    const reading = rejection(readUpload(uploadOf(broken), permit, { maxFileBytes: 100 }));
    setImmediate(() => broken.destroy(Object.assign(new Error('disconnected'), { status: 499 })));
    expect((await reading).code).toBe('CANCELLED');
  });
});
