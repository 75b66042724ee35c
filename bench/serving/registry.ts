import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { formatTable, printResult } from '../../src/cli/terminal/output.js';
import type { BenchContext, Subject } from './bench-context.js';
import { percentileCells } from './figures.js';
import { answered, runLoad, type Target } from './load-client.js';
import type { ServerProcess } from './server-process.js';

const CLIENTS = 4;
/** The moves are spread over this time, and the load goes on a little longer. */
const MOVES_MS = 30_000;
const LOAD_MS = 35_000;
/** More models than a server keeps in memory, asked for in turn: each is loaded anew, and another one released. */
const LOADS = 100;
/** Largest difference of a logit between batches of different size; the two models differ by whole units. */
const TOLERANCE = 1e-2;
const SHARES = [0.5, 0.95, 0.99];

/** Moves the champion to and fro between two models under load, then loads and releases models. */
export async function benchRegistry(bench: BenchContext): Promise<void> {
  const environment = { GELQL_EXPORTS_DIR: join(bench.folder, 'exports') };
  await bench.withServer('real', environment, async (server) => {
    await benchMoves(bench, server);
    await benchLoads(bench, server);
  });
}

async function benchMoves(bench: BenchContext, server: ServerProcess): Promise<void> {
  const moves = bench.isQuick ? 100 : 1000;
  const scale = moves / 1000;
  const target = targetOf(bench, server);
  const rows: string[][] = [];
  const expected = new Map<string, readonly number[]>();
  for (const { model } of bench.subjects) {
    const load = await runLoad(closed({ ...target, model }, 10_000 * scale));
    const [first] = answered(load);
    expected.set(first?.modelDigest ?? '', first?.logits ?? []);
    const times = answered(load).map(({ totalMs }) => totalMs);
    rows.push([`steady, ${model}`, String(times.length), ...percentileCells(times, SHARES)]);
  }
  const [load, moveTimes] = await Promise.all([
    runLoad(closed(target, LOAD_MS * scale)),
    moveChampion(server, bench.subjects, moves, MOVES_MS * scale),
  ]);
  const times = answered(load).map(({ totalMs }) => totalMs);
  const failures = load.outcomes.filter(({ status }) => status !== 200).length;
  const mixed = answered(load).filter(
    ({ modelDigest = '', logits = [] }) => !isSame(expected.get(modelDigest), logits),
  ).length;
  rows.push(['while the champion moves', String(times.length), ...percentileCells(times, SHARES)]);
  rows.push([
    `the ${moves} moves themselves`,
    String(moveTimes.length),
    ...percentileCells(moveTimes, SHARES),
  ]);
  printResult(formatTable(['', 'answers', 'p50 ms', 'p95', 'p99'], rows));
  printResult(`moves ${moveTimes.length}, failures ${failures}, mixed answers ${mixed}`);
}

async function benchLoads(bench: BenchContext, server: ServerProcess): Promise<void> {
  const [subject] = bench.subjects;
  if (subject === undefined) throw new Error('There is no model.');
  await ask(server, 'mutation E($id: ID!) { exportModel(id: $id) { folder } }', { id: subject.model });
  const names = Array.from({ length: LOADS }, (_, index) => `copy ${index + 1}`);
  for (const name of names) {
    await ask(
      server,
      'mutation I($folder: String!, $name: String!) { importModel(folder: $folder, name: $name) { id } }',
      {
        folder: subject.model,
        name,
      },
    );
  }
  const picture = await readFile(bench.smallPictures[0] ?? '');
  const rounds = 3;
  const resident: string[] = [(await server.residentMebibytes()).toFixed(0)];
  for (let round = 0; round < rounds; round += 1) {
    for (const model of names) await classify(server, picture, model);
    resident.push((await server.residentMebibytes()).toFixed(0));
  }
  printResult(`resident MiB before and after each ${LOADS} loads and releases: ${resident.join(', ')}`);
}

/** Moves as many times as asked, spread evenly. @returns how long each took, in milliseconds */
async function moveChampion(
  server: ServerProcess,
  subjects: readonly Subject[],
  moves: number,
  durationMs: number,
): Promise<number[]> {
  const startedAt = performance.now();
  const times: number[] = [];
  let current: string | null = null;
  for (let move = 0; move < moves; move += 1) {
    await delay(Math.max(0, startedAt + (move / moves) * durationMs - performance.now()));
    const next: string = subjects[move % subjects.length]?.model ?? '';
    const movedAt = performance.now();
    await ask(
      server,
      'mutation P($id: ID!, $current: String) { promoteModel(id: $id, alias: "champion", expectedCurrent: $current, reason: "bench") { sequence } }',
      { id: next, current },
    );
    times.push(performance.now() - movedAt);
    current = next;
  }
  return times;
}

/** One picture only, so that two vectors of logits say which model has answered. */
function targetOf({ smallPictures }: BenchContext, { url }: ServerProcess): Target {
  return { url, files: smallPictures.slice(0, 1), model: null, priority: 'INTERACTIVE' };
}

function closed(target: Target, durationMs: number) {
  return { kind: 'closed', target, clients: CLIENTS, warmUp: 10, durationMs, maxRequests: Infinity } as const;
}

function isSame(expected: readonly number[] | undefined, found: readonly number[]): boolean {
  if (expected === undefined || expected.length !== found.length) return false;
  return expected.every((value, index) => Math.abs(value - (found[index] ?? Number.NaN)) < TOLERANCE);
}

async function ask({ url }: ServerProcess, query: string, variables: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  await read(await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query, variables }) }));
}

async function classify({ url }: ServerProcess, picture: Buffer<ArrayBuffer>, model: string): Promise<void> {
  const query =
    'mutation C($upload: Upload!, $model: String) { classifyGel(upload: $upload, model: $model) { label } }';
  const body = new FormData();
  body.append('operations', JSON.stringify({ query, variables: { upload: null, model } }));
  body.append('map', JSON.stringify({ file: ['variables.upload'] }));
  body.append('file', new Blob([picture]), 'gel.png');
  await read(await fetch(url, { method: 'POST', headers: { 'x-graphql-yoga-csrf': 'bench' }, body }));
}

async function read(response: Response): Promise<void> {
  const text = await response.text();
  const { errors } = JSON.parse(text) as { errors?: unknown };
  if (!response.ok || errors !== undefined)
    throw new Error(`A request failed with ${response.status}: ${text}`);
}
