import { once } from 'node:events';
import {
  request as sendRequest,
  type Agent,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpServer, type GelqlYoga } from '../../src/graphql/http/server.js';
import { readAnswer, type Answer } from './graphql-app.js';

export interface TestServer {
  url: string;
  close(): Promise<void>;
}

/**
 * A real HTTP server on a free port.
 * @param onRequest sees every request first
 */
export async function serve(
  yoga: GelqlYoga,
  onRequest: (request: IncomingMessage, response: ServerResponse) => void = () => undefined,
): Promise<TestServer> {
  const server = createHttpServer(yoga).prependListener('request', onRequest);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

export interface SentFile {
  name: string;
  bytes: Uint8Array;
}

export interface MultipartParts {
  /** JSON, or text that is none. */
  operations?: unknown;
  map?: unknown;
  files?: Record<string, SentFile>;
}

export const BOUNDARY = 'gelql-test-boundary';

/** The body of a multipart request, part by part; the fields first, as the specification asks. */
export function multipartBody({ operations, map, files = {} }: MultipartParts): Buffer {
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const field = (name: string, value: unknown) =>
    value === undefined
      ? []
      : [
          Buffer.from(
            `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${text(value)}\r\n`,
          ),
        ];
  const parts = Object.entries(files).flatMap(([key, { name, bytes }]) => [
    Buffer.from(
      `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${key}"; filename="${name}"\r\ncontent-type: application/octet-stream\r\n\r\n`,
    ),
    Buffer.from(bytes),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([
    ...field('operations', operations),
    ...field('map', map),
    ...parts,
    Buffer.from(`--${BOUNDARY}--\r\n`),
  ]);
}

export const CLASSIFY = `mutation Classify($upload: Upload!, $model: String, $page: Int, $explain: Boolean, $device: DeviceChoice) {
  classifyGel(upload: $upload, model: $model, page: $page, explain: $explain, device: $device) {
    id createdAt filename label probability
    probabilities { label probability logit }
    model { id number name digest }
    modelDigest
    picture { format sizeBytes sha256 rasterSha256 width height pageCount page bitDepth channels orientation saturatedFraction meanGrey polarityGuess }
    warnings { code message }
    timing { decodeMs queueMs inferMs batchSize engine device }
    explanation { label grid overlay }
  }
}`;

export interface ClassifiedGel {
  id: string;
  createdAt: string;
  filename: string;
  label: string;
  probability: number;
  probabilities: { label: string; probability: number; logit: number }[];
  model: { id: string; number: number; name: string; digest: string };
  modelDigest: string;
  picture: Record<string, unknown> & { format: string; width: number; height: number; page: number };
  warnings: { code: string; message: string }[];
  timing: Record<string, unknown> & { batchSize: number };
  explanation: { label: string; grid: number[][]; overlay: string } | null;
}

export interface Classified {
  classifyGel: ClassifiedGel;
}

/** A classification as any client of the multipart specification sends it. */
export function classification(file: SentFile, variables: Record<string, unknown> = {}): MultipartParts {
  return {
    operations: { query: CLASSIFY, variables: { upload: null, ...variables } },
    map: { file: ['variables.upload'] },
    files: { file },
  };
}

/** Sends over a connection of `agent` and reads the whole answer. */
export async function post<Data>(
  url: string,
  parts: MultipartParts,
  options: { agent?: Agent; headers?: Record<string, string> } = {},
): Promise<Answer<Data>> {
  const request = startPost(url, options);
  request.end(multipartBody(parts));
  return answerOf<Data>(request);
}

/** An open multipart request whose body the caller writes. */
export function startPost(
  url: string,
  { agent, headers }: { agent?: Agent; headers?: Record<string, string> } = {},
): ClientRequest {
  return sendRequest(url, {
    method: 'POST',
    // Its own connection unless the test says otherwise: an idle one may be closed by the server in the same moment.
    agent: agent ?? false,
    headers: {
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      accept: 'application/json',
      'x-graphql-yoga-csrf': 'test',
      ...headers,
    },
  });
}

export async function answerOf<Data>(request: ClientRequest): Promise<Answer<Data>> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return readAnswer<Data>({
    status: response.statusCode ?? 0,
    headers: new Headers(response.headers as Record<string, string>),
    text: async () => Buffer.concat(chunks).toString('utf8'),
  });
}
