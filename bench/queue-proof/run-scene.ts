import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { openDatabase, type Database } from '../../src/db/client.js';
import { createLogger } from '../../src/logger.js';
import { createRandom } from '../../src/random.js';
import { environmentOf, startProcess, type GelqlProcess, type ProcessPlace } from './gelql-process.js';
import { strike, type KillRecord } from './killing.js';
import { countEnded, readOutcome, type Outcome } from './outcome.js';
import { requestRun, type ProofInput } from './proof-runs.js';

export interface SceneOptions extends Omit<ProcessPlace, 'port'> {
  /** Folder of the data set, which is imported as `proof`. */
  pictures: string;
  inputs: readonly ProofInput[];
  workers: number;
  kills: number;
  seed: number;
  note: (text: string) => void;
}

export interface SceneReport extends KillRecord {
  outcome: Outcome;
  refusals: string[];
}

const END_TIMEOUT_MS = 900_000;

/**
 * A server and workers as processes of their own on one database, requests for runs, and kills (SIGKILL) of any of them
 * at random moments; each is started again at once. The requests are spread over the kills, so there is work until the
 * last one, and the server dies under some of them. Ends when every run has ended.
 */
export async function runScene(options: SceneOptions): Promise<SceneReport> {
  const { inputs, kills, note } = options;
  const place: ProcessPlace = { ...options, port: await findFreePort() };
  const database = await openDatabase(
    { databaseUrl: options.databaseUrl, dataDir: '', cacheDir: options.cacheDir, postgres: null },
    createLogger('error'),
  );
  const stopAsking = new AbortController();
  const processes: GelqlProcess[] = [];
  const record: KillRecord = {
    ...{ seen: new Map(), killed: { server: 0, worker: 0 } },
    ...{ running: [], taken: [], ownEnds: [] },
  };
  const refusals: string[] = [];
  try {
    await importPictures(place, options.pictures);
    const startedAt = performance.now();
    processes.push(startProcess('server', place));
    for (let index = 0; index < options.workers; index += 1) processes.push(startProcess('worker', place));
    await Promise.all(processes.map(({ ready }) => ready));
    const rhythm = { startMs: performance.now() - startedAt, random: createRandom(options.seed, 'kills') };
    const askAfter = (kill: number) =>
      inputs
        .filter((_, index) => Math.floor((index * kills) / inputs.length) === kill)
        .map((input) =>
          requestRun(place.port, input, stopAsking.signal).catch((error: unknown) => {
            refusals.push(String(error));
          }),
        );
    const asked = askAfter(0);
    for (let kill = 1; kill <= kills; kill += 1) {
      await strike(database, processes, place, rhythm, record);
      asked.push(...askAfter(kill));
      note(`kill ${kill} of ${kills}; ended: ${await countEnded(database)} of ${inputs.length} runs`);
    }
    await untilEnded(database, inputs.length);
    await Promise.all(asked);
    return {
      ...record,
      outcome: await readOutcome(database, [...record.running, ...record.taken]),
      refusals,
    };
  } finally {
    stopAsking.abort();
    await Promise.all(processes.map((process) => process.kill()));
    await database.close();
  }
}

async function untilEnded(database: Database, count: number): Promise<void> {
  const deadline = performance.now() + END_TIMEOUT_MS;
  while ((await countEnded(database)) < count) {
    if (performance.now() > deadline) throw new Error(`Not all of the ${count} runs have ended.`);
    await delay(200);
  }
}

async function importPictures(place: ProcessPlace, pictures: string): Promise<void> {
  const args = [...place.launch, 'dataset', 'import', pictures, '--name', 'proof'];
  await promisify(execFile)(process.execPath, args, { env: environmentOf(place) });
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
