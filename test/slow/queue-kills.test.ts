import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findProblems, LONGEST_WAIT_MS } from '../../bench/queue-proof/find-problems.js';
import type { EndedRun, Outcome } from '../../bench/queue-proof/outcome.js';
import { proofInputs } from '../../bench/queue-proof/proof-runs.js';
import { proveQueue } from '../../bench/queue-proof/prove-queue.js';
import { createEmptyDatabase } from '../support/database.js';
import { patternNames, writePatterns } from '../support/training-world.js';

/** The built program: six restarts from the sources would take most of the time. */
const PROGRAM = resolve('bin/gelql.mjs');
const isBuilt = existsSync(resolve('dist/cli.js'));
const suffix = isBuilt ? '' : ' (skipped: run npm run build)';
const KILLS = 6;
const RUNS = 4;

(isBuilt ? test : test.skip)(
  `runs outlive ${KILLS} kills of their workers and server, each with its own head${suffix}`,
  async () => {
    const pictures = await mkdtemp(join(tmpdir(), 'gelql-kills-'));
    const databases = await Promise.all([1, 2].map(() => createEmptyDatabase()));
    try {
      await writePatterns(pictures, patternNames('', ['bands', 'rings'], 8));
      const report = await proveQueue({
        databaseUrls: { undisturbed: databases[0]?.url ?? '', disturbed: databases[1]?.url ?? '' },
        launch: [PROGRAM],
        pictures,
        inputs: proofInputs(RUNS, { single: 60, multi: 20 }),
        workers: 2,
        kills: KILLS,
        seed: 2,
        note: () => undefined,
      });
      expect(report.problems).toEqual([]);
      expect(report.killed.server + report.killed.worker).toBe(KILLS);
      expect(report.outcome.runs).toHaveLength(RUNS);
    } finally {
      await Promise.all(databases.map(({ drop }) => drop()));
      await rm(pictures, { recursive: true, force: true });
    }
  },
  // 25 s of it are the silence after which a run counts as lost; a busy machine takes several times as long.
  600_000,
);

describe('the proof', () => {
  const run: EndedRun = {
    name: 'proof 1',
    state: 'SUCCEEDED',
    attempt: 1,
    begins: 1,
    ends: 1,
    hasAllEvents: true,
    hasAllEpochs: true,
    engines: 'onnxruntime, wasm',
    heads: ['h1'],
    resultCount: 1,
  };
  const outcomeOf = (changes: Partial<EndedRun>, waitsMs: number[] = []): Outcome => ({
    runs: [{ ...run, ...changes }],
    models: new Map([['m1', 'h1']]),
    waitsMs,
  });

  test('holds where nothing differs', () => {
    const outcome = outcomeOf({ attempt: 5, begins: 5 }, [LONGEST_WAIT_MS]);
    expect(findProblems(outcomeOf({}), outcome, new Map([['m1', 'h1']]))).toEqual([]);
  });

  test.each<[string, Partial<EndedRun>, string]>([
    ['fails', { state: 'FAILED' }, 'ended FAILED'],
    ['ends twice', { ends: 2 }, 'ended 2 times'],
    ['never ends', { ends: 0 }, 'ended 0 times'],
    ['misses an event', { hasAllEvents: false }, 'gaps in its events'],
    ['misses an epoch', { hasAllEpochs: false }, 'every epoch'],
    ['registers two models', { heads: ['h1', 'h1'] }, '2 models'],
    ['registers none', { heads: [] }, '0 models'],
    ['has two results', { resultCount: 2 }, '2 results'],
    ['has another head', { heads: ['h2'] }, 'another head'],
    ['has another name', { name: 'proof 2' }, 'another head'],
  ])('names a run that %s', (_, changes, problem) => {
    const problems = findProblems(outcomeOf({}), outcomeOf(changes), new Map());
    expect(problems).toContainEqual(expect.stringContaining(problem));
  });

  test('names a run too many, a lost model and a wait that was too long', () => {
    const twice = { ...outcomeOf({}), runs: [run, run] };
    expect(findProblems(outcomeOf({}), twice, new Map())).toHaveLength(1);
    expect(findProblems(outcomeOf({}), outcomeOf({}), new Map([['m2', 'h1']]))).toHaveLength(1);
    for (const waitMs of [LONGEST_WAIT_MS + 1, Infinity, Number.NaN]) {
      expect(findProblems(outcomeOf({}), outcomeOf({}, [waitMs]), new Map())).toHaveLength(1);
    }
  });
});
