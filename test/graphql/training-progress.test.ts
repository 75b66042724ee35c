import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { appendRunEvents, listRunEvents } from '../../src/runs/run-events.js';
import { insertRun } from '../../src/runs/training-runs.js';
import { openStream, readStream, type Streamed } from '../support/event-stream.js';
import { askData, openGraphQLApp, type AnsweredError, type GraphQLApp } from '../support/graphql-app.js';
import { serve, type TestServer } from '../support/graphql-server.js';
import { configuration } from '../support/registry-rows.js';
import { importDemo } from '../support/trained-app.js';
import { waitFor } from '../support/wait-for.js';

const FOLLOW = `subscription Follow($run: ID!, $after: Int) {
  trainingProgress(run: $run, afterSequence: $after) {
    sequence attempt kind state stage stageProgress secondsLeft createdAt
    epoch { number trainLoss trainAccuracy validationLoss validationAccuracy }
    error { code message advice }
  }
}`;

interface Progress {
  sequence: number;
  kind: string;
  state: string;
  createdAt: string;
  epoch: { number: number } | null;
}

interface Message {
  data?: { trainingProgress: Progress } | null;
  errors?: AnsweredError[];
}

let opened: GraphQLApp;
let server: TestServer;
let datasetId: string;

beforeAll(async () => {
  opened = await openGraphQLApp();
  server = await serve(opened.yoga);
  datasetId = await importDemo(opened.app);
}, 600_000);
afterAll(async () => {
  await server?.close();
  await opened?.close();
});

const until = async (isReached: () => boolean) => {
  await waitFor(() => isReached());
};

/** The messages of one connection until the server ends it, or until `limit` of them have come. */
async function follow(run: string, after: number, limit = Infinity): Promise<Message[]> {
  const leaving = new AbortController();
  const response = await openStream(
    server.url,
    { query: FOLLOW, variables: { run, after } },
    { signal: leaving.signal },
  );
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const messages: Message[] = [];
  if (limit === 0) leaving.abort();
  else
    for await (const { event, data } of readStream(response)) {
      if (event === 'next') messages.push(JSON.parse(data) as Message);
      if (event === 'complete' || messages.length === limit) break;
    }
  leaving.abort();
  return messages;
}

const progressOf = (messages: readonly Message[]): Progress[] =>
  messages.map(({ data, errors }) => {
    if (data == null) throw new Error(JSON.stringify(errors));
    return data.trainingProgress;
  });

/** A run that no worker takes, so that the test says what happens to it. */
const addRun = () => insertRun(opened.app.database, { fingerprint: 'made up', datasetId, configuration });
const progress = { kind: 'PROGRESS', stage: 'DECODING', stageProgress: 0.5 } as const;

describe('trainingProgress', () => {
  it('misses and repeats nothing of a training run when the connection is cut again and again', async () => {
    await opened.app.startTrainingWorker();
    const { trainModel } = await askData<{ trainModel: { id: string } }>(
      opened.yoga,
      'mutation { trainModel(input: { dataset: "demo", weights: "mobilenet_v3_large-gelql-1", epochs: 6, defaults: PUBLISHED }) { id } }',
    );
    const seen: Progress[] = [];
    for (let cut = 0; seen.at(-1)?.state !== 'SUCCEEDED'; cut += 1) {
      seen.push(...progressOf(await follow(trainModel.id, seen.at(-1)?.sequence ?? 0, 1 + (cut % 4))));
      if (seen.at(-1)?.state === 'FAILED') break;
    }
    const uuid = Buffer.from(trainModel.id, 'base64').toString().split(':')[1]!;
    const stored = await listRunEvents(opened.app.database, uuid, { after: 0, limit: 1000 });
    expect(seen.map(({ sequence, kind, createdAt }) => [sequence, kind, createdAt])).toEqual(
      stored.map(({ sequence, kind, createdAt }) => [sequence, kind, createdAt.toISOString()]),
    );
    expect(seen.flatMap(({ epoch }) => epoch?.number ?? [])).toEqual([1, 2, 3, 4, 5, 6]);
    // One who comes late is told the same, and then that there is nothing more.
    expect(progressOf(await follow(trainModel.id, 0))).toEqual(seen);
    expect(await follow(trainModel.id, seen.length)).toEqual([]);
    expect(seen[0]).toMatchObject({ sequence: 1, kind: 'STATE', state: 'QUEUED', attempt: 0, error: null });
  });

  it('holds to the rules of every other request: codes, limits and CSRF', async () => {
    const ask = async (response: Promise<Streamed>) => {
      const answer = await response;
      for await (const { data } of readStream(answer)) {
        const { errors } = JSON.parse(data) as Message;
        return [answer.status, errors?.[0]?.extensions.code];
      }
      return [answer.status];
    };
    const absent = { query: FOLLOW, variables: { run: 'nothing' } };
    expect(await ask(openStream(server.url, absent))).toEqual([404, 'NOT_FOUND']);
    const { id } = await addRun();
    const negative = { query: FOLLOW, variables: { run: id, after: -1 } };
    expect(await ask(openStream(server.url, negative))).toEqual([400, 'BAD_REQUEST']);
    const unknown = { query: 'subscription { trainingProgress(run: "x") { colour } }' };
    expect(await ask(openStream(server.url, unknown))).toEqual([400, 'BAD_REQUEST']);
    const deep = `{ node(id: "x") ${'{ ... on Model { trainingRun { model '.repeat(8)} { id } ${'} } }'.repeat(8)} }`;
    expect(await ask(openStream(server.url, { query: deep }))).toEqual([400, 'BAD_REQUEST']);
    const aliases = Array.from({ length: 31 }, (_, index) => `a${index}: sequence`).join(' ');
    const aliased = { query: `subscription { trainingProgress(run: "${id}") { ${aliases} } }` };
    expect(await ask(openStream(server.url, aliased))).toEqual([400, 'BAD_REQUEST']);

    // What a foreign page's EventSource can send: a GET without headers of its own.
    const address = new URL(server.url);
    address.searchParams.set('query', `subscription { trainingProgress(run: "${id}") { sequence } }`);
    const simple = fetch(address, { headers: { accept: 'text/event-stream' } });
    expect(await ask(simple)).toEqual([403, 'CSRF_HEADER_MISSING']);
    const leaving = new AbortController();
    const proven = await fetch(address, {
      headers: { accept: 'text/event-stream', 'x-graphql-yoga-csrf': 'any' },
      signal: leaving.signal,
    });
    for await (const { data } of readStream(proven)) {
      expect(JSON.parse(data)).toEqual({ data: { trainingProgress: { sequence: 1 } } });
      break;
    }
    leaving.abort();
  });

  it('is freed when the client has gone while nothing happens', async () => {
    const { id } = await addRun();
    await until(() => opened.app.announcements.watchCount() === 0);
    const leaving = new AbortController();
    const response = await openStream(
      server.url,
      { query: FOLLOW, variables: { run: id } },
      { signal: leaving.signal },
    );
    const messages = readStream(response);
    await messages.next();
    expect(opened.app.announcements.watchCount()).toBe(1);
    leaving.abort();
    await until(() => opened.app.announcements.watchCount() === 0);
  });

  it('reads no more than a client takes that has stopped reading', async () => {
    const run = await addRun();
    for (let page = 0; page < 20; page += 1) {
      await appendRunEvents(
        opened.app.database,
        run,
        Array.from({ length: 500 }, () => progress),
      );
    }
    // The system itself takes some megabytes for a socket: long messages fill it sooner.
    const fields = Array.from({ length: 30 }, (_, index) => `a${index}: createdAt`).join(' ');
    const query = `subscription { trainingProgress(run: "${run.id}") { sequence ${fields} } }`;
    const body = JSON.stringify({ query });
    opened.takeStatements();
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.pause();
    socket.write(
      `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: text/event-stream\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await until(() => opened.app.announcements.watchCount() === 1);
    const pagesRead = () =>
      opened.takeStatements().filter((text) => text.includes('from "run_events"')).length;
    let pages = 0;
    for (let quiet = 0; quiet < 5;) {
      await setTimeout(100);
      const more = pagesRead();
      pages += more;
      quiet = more === 0 ? quiet + 1 : 0;
    }
    // 10,001 events are 51 pages; what was read lies in the buffers of the two sockets.
    expect(pages).toBeGreaterThan(0);
    expect(pages).toBeLessThan(45);
    // Reading on brings the rest.
    socket.resume();
    while (pages < 51) {
      await setTimeout(50);
      pages += pagesRead();
    }
    socket.destroy();
    await until(() => opened.app.announcements.watchCount() === 0);
  });

  it('ends with SHUTTING_DOWN when the server stops', async () => {
    const { id } = await addRun();
    const following = follow(id, 0);
    await until(() => opened.app.announcements.watchCount() === 1);
    await opened.app.announcements.close();
    const messages = await following;
    expect(messages.at(-1)?.errors).toMatchObject([
      { extensions: { code: 'SHUTTING_DOWN', retryable: true, facts: { afterSequence: 1 } } },
    ]);
    // An end that is announced is no fault of the server; what the log says of the tests' made-up runs does not count.
    const warnings = opened.takeWarnings().filter(({ msg }) => msg === 'unexpected error in a resolver');
    expect(warnings).toEqual([]);
  });
});
