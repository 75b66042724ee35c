import { jest } from '@jest/globals';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { withFeatureLock } from '../../src/features/feature-lock.js';
import { startLineProcess, type LineProcess } from '../support/line-process.js';
import { patternNames, writePatterns } from '../support/training-world.js';
import { waitFor } from '../support/wait-for.js';

// The processes load an engine and, from the sources, their own code; a busy machine takes its time.
jest.setTimeout(120_000);

interface Outcome {
  decoded: number;
  calls: number;
  digest: string;
}

const COUNT = 40;
/** Pictures in a call of ONNX Runtime. */
const CALL = 8;
let root: string;
const started: LineProcess[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'gelql-once-'));
  await writePatterns(root, patternNames('pictures/', ['bands'], COUNT));
});
afterEach(() => Promise.all(started.splice(0).map((extractor) => extractor.kill())));
afterAll(() => rm(root, { recursive: true, force: true }));

async function startExtractor(cache: string): Promise<LineProcess> {
  const extractor = startLineProcess(
    'feature-extractor.ts',
    join(root, cache),
    join(root, 'pictures', 'bands'),
  );
  started.push(extractor);
  expect(await extractor.nextLine()).toBe('ready');
  return extractor;
}

/** Reads up to the line that is wanted. */
async function reach(extractor: LineProcess, wanted: string): Promise<string> {
  for (;;) {
    const line = await extractor.nextLine();
    if (line.startsWith(wanted)) return line;
  }
}
const outcomeOf = async (extractor: LineProcess) => JSON.parse(await reach(extractor, '{')) as Outcome;

test('three processes that begin together compute the features of a picture once', async () => {
  const extractors = await Promise.all([1, 2, 3].map(() => startExtractor('together')));
  for (const extractor of extractors) extractor.say('go');
  const outcomes = await Promise.all(extractors.map(outcomeOf));
  expect(outcomes.reduce((sum, { decoded }) => sum + decoded, 0)).toBe(COUNT);
  expect(outcomes.reduce((sum, { calls }) => sum + calls, 0)).toBe(COUNT / CALL);
  expect(new Set(outcomes.map(({ digest }) => digest)).size).toBe(1);
});

test('a process that is killed leaves its place to the next, which goes on where it was', async () => {
  const [first, second] = [await startExtractor('killed'), await startExtractor('killed')];
  first.say('go');
  await reach(first, 'EXTRACTING_FEATURES');
  second.say('go');
  await first.kill();
  const { decoded, digest } = await outcomeOf(second);
  expect(decoded).toBeLessThan(COUNT);
  const alone = await startExtractor('alone');
  alone.say('go');
  expect(await outcomeOf(alone)).toEqual({ decoded: COUNT, calls: COUNT / CALL, digest });
});

test('waiting ends when the run is cancelled, and the work of one process is done one at a time', async () => {
  const directory = join(root, 'lock');
  const { signal } = new AbortController();
  const order: string[] = [];
  const holding = withFeatureLock(directory, signal, async () => {
    order.push('first begins');
    await delay(300);
    order.push('first ends');
  });
  await waitFor(async () => (await readdir(directory).catch(() => [])).length > 0);
  const waiter = new AbortController();
  const waiting = withFeatureLock(directory, waiter.signal, async () => void order.push('never'));
  const next = withFeatureLock(directory, signal, async () => void order.push('second'));
  setTimeout(() => waiter.abort(), 20);
  await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
  await Promise.all([holding, next]);
  expect(order).toEqual(['first begins', 'first ends', 'second']);
});

test('work that fails gives the lock back, and a folder that cannot be used keeps nobody from working', async () => {
  const { signal } = new AbortController();
  const directory = join(root, 'failing');
  const failing = withFeatureLock(directory, signal, () => Promise.reject(new Error('no luck')));
  await expect(failing).rejects.toThrow('no luck');
  expect(await withFeatureLock(directory, signal, async () => 'done')).toBe('done');
  const belowFile = join(root, 'pictures', 'bands', '0.png', 'lock');
  expect(await withFeatureLock(belowFile, signal, async () => 'done')).toBe('done');
});
