import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { runCli, runCliForJson, startCli } from '../support/cli.js';
import { patternNames, writePatterns } from '../support/training-world.js';

interface SweepJson {
  name: string;
  state: string;
  counts: Record<string, number>;
  parts: {
    number: number;
    state: string;
    isReused: boolean;
    error: { code: string } | null;
    model: string | null;
    result: { modelName: string; testCount: number } | null;
  }[];
  best: { part: number; model: string; ties: number[] } | null;
  written: string[];
}

const root = await mkdtemp(join(tmpdir(), 'gelql-sweep-'));
const dataDir = join(root, 'data');
const pictures = join(root, 'patterns');
const output = join(root, 'out');
afterAll(() => rm(root, { recursive: true, force: true }));

const GRID = [
  'sweep',
  '--dataset_dir',
  pictures,
  '--pretrained_models',
  'mobilenet-v3',
  '--opt_algs',
  'adam',
];
const readTable = (directory: string) =>
  parse<Record<string, string>>(readFileSync(join(directory, 'results.csv')), { columns: true });

test('a sweep writes its table, plots and report, and says which parts cannot be run', async () => {
  await writePatterns(pictures, patternNames('', ['bands', 'rings'], 6));
  const grid = [...GRID, '--num_epochs', '2', '--output', output];
  const sweep = (await runCliForJson(dataDir, grid)) as SweepJson;
  expect(sweep).toMatchObject({
    state: 'INCOMPLETE',
    counts: { total: 4, succeeded: 2, refused: 2, reused: 0 },
    parts: [
      { number: 1, state: 'SUCCEEDED', isReused: false, error: null, result: { testCount: 2 } },
      { number: 2, state: 'SUCCEEDED', isReused: false, error: null, result: { testCount: 2 } },
      { number: 3, state: 'REFUSED', model: null, error: { code: 'DEVICE_UNAVAILABLE' }, result: null },
      { number: 4, state: 'REFUSED', model: null, error: { code: 'DEVICE_UNAVAILABLE' }, result: null },
    ],
  });
  expect([1, 2]).toContain(sweep.best?.part);
  expect(readTable(output)).toMatchObject([
    {
      model_id: '1',
      hardware_type: 'cpu',
      pretrained_model: 'mobilenet-v3',
      classifier_head: 'single',
      opt_alg: 'adam',
    },
    {
      model_id: '2',
      hardware_type: 'cpu',
      pretrained_model: 'mobilenet-v3',
      classifier_head: 'multi',
      opt_alg: 'adam',
      trainable: 'head',
    },
  ]);
  expect(readTable(output)[0]?.accuracy).toMatch(/^\d+\.\d\d$/);
  for (const file of sweep.written) expect([file, existsSync(file)]).toEqual([file, true]);
  const kinds = ['results.csv', 'report.html', '.svg', '.png'];
  expect(kinds.filter((end) => !sweep.written.some((file) => file.endsWith(end)))).toEqual([]);
  expect(readFileSync(join(output, 'report.html'), 'utf8')).toContain(sweep.parts[0]?.model);

  const again = await runCli(dataDir, grid);
  expect(again).toMatchObject({ code: 0 });
  expect(again.stderr).toContain('4 parts, 2 with a run that is there already (2 done)');
  expect(again.stdout).toContain(sweep.parts[1]?.model);
  expect(again.stdout).toContain('parts 3-4: DEVICE_UNAVAILABLE: ');
  expect(again.stdout).toMatch(/^best: part [12], /m);

  const gpu = await runCli(dataDir, [...grid, '--hardware_types', 'gpu']);
  expect(gpu).toMatchObject({ code: 1 });
  expect(gpu.stderr).toContain('error DEVICE_UNAVAILABLE');
}, 600_000);

test('a sweep that is interrupted keeps what is done, and goes on when it is called again', async () => {
  const endless = ['--num_epochs', '1,10000', '--batch_sizes', '1', '--classifier_heads', 'single'];
  const grid = [...GRID, '--hardware_types', 'cpu', ...endless, '--name', 'kept', '--output', output];
  const running = startCli(dataDir, grid);
  await running.untilSaid('succeeded, 1 of 2');
  running.kill('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  expect(code).toBe(1);
  expect(stderr).toContain('error CANCELLED');
  expect(stdout).toContain('part 2: CANCELLED');
  expect(readTable(output).map(({ model_id }) => model_id)).toEqual(['1']);

  const resumed = startCli(dataDir, grid);
  await resumed.untilSaid('kept: 2 parts');
  resumed.kill('SIGINT');
  expect(await resumed.ended).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('part 2: CANCELLED'),
  });
}, 600_000);
