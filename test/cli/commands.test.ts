import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { readModelFolder } from '../../src/registry/model-folder.js';
import { RESULTS_CSV_COLUMNS } from '../../src/reports/results-csv.js';
import { readTorchCheckpoint } from '../../src/networks/weights/torch/torch-checkpoint.js';
import { readSafetensors } from '../../src/networks/weights/safetensors.js';
import { runCli, runCliForJson } from '../support/cli.js';
import { COPIES, readCopied } from '../support/planted-copies.js';
import { drawPattern, patternNames, writePatterns } from '../support/training-world.js';

const root = await mkdtemp(join(tmpdir(), 'gelql-cli-'));
const dataDir = join(root, 'data');
const at = (...names: string[]) => join(root, ...names);
afterAll(() => rm(root, { recursive: true, force: true }));

interface ImportReport {
  dataset: { name: string; pictureCount: number; classes: string[] };
  report: {
    perClass: { name: string; pictureCount: number }[];
    skipped: { name: string; code: string }[];
    duplicates: {
      exact: { names: string[]; acrossSplits: boolean; acrossClasses: boolean }[];
      near: { first: string; second: string; isMirrored: boolean }[];
    };
    droppedFromTraining: string[];
  };
  isNew: boolean;
}

test('import, train, classify, list, export: each command hands on to the next', async () => {
  await writePatterns(at('lab-a'), [...patternNames('', ['bands', 'rings'], 8), 'other/checks/1']);
  await writePatterns(at('lab-b'), patternNames('', ['bands', 'rings'], 4, 40));
  // The same picture in training and test, under another name; and a file that is no picture.
  await writeFile(at('lab-a', 'bands', 'again.png'), await drawPattern('bands', 40));
  await writeFile(at('lab-a', 'rings', 'broken.png'), 'no picture');
  const rings = await readCopied(await drawPattern('rings', 1));
  await writeFile(at('lab-a', 'rings', 'mirrored.png'), (await COPIES.mirrored?.(rings)) ?? '');
  await writeFile(at('groups.csv'), 'file,group\nbands/1.png,plate-1\nbands/2.png,plate-1\n');

  const imported = (await runCliForJson(dataDir, [
    ...['dataset', 'import', '--name', 'labs', '--train', at('lab-a'), '--test', at('lab-b')],
    ...['--classes', 'bands,rings', '--groups', at('groups.csv')],
  ])) as ImportReport;
  expect(imported.isNew).toBe(true);
  expect(imported.dataset).toMatchObject({ name: 'labs', pictureCount: 25, classes: ['bands', 'rings'] });
  expect(imported.report.skipped).toMatchObject([
    { name: 'lab-a/rings/broken.png', code: 'UNSUPPORTED_FORMAT' },
  ]);
  expect(imported.report.duplicates.exact).toEqual([
    { names: ['lab-a/bands/again.png', 'lab-b/bands/40.png'], acrossSplits: true, acrossClasses: false },
  ]);
  expect(imported.report.droppedFromTraining).toEqual(['lab-a/bands/again.png']);
  expect(imported.report.duplicates.near).toMatchObject([
    { first: 'lab-a/rings/1.png', second: 'lab-a/rings/mirrored.png', isMirrored: true },
  ]);

  const sheet = at('duplicates.html');
  const shown = await runCli(dataDir, ['dataset', 'duplicates', 'labs', '--sheet', sheet]);
  expect(shown.code).toBe(0);
  expect(shown.stdout).toBe(`the same picture twice or more: 1
  lab-a/bands/again.png = lab-b/bands/40.png [in training and test]
near-duplicates, kept together in every split: 1 pair
  lab-a/rings/1.png ~ lab-a/rings/mirrored.png: mirrored; similarity 1.00, 0 of 63 bits
`);
  const page = await readFile(sheet, 'utf8');
  expect(page).toContain('lab-a/bands/again.png was left out');
  expect(page.match(/<img src="data:image\/jpeg;base64,/g)).toHaveLength(3);

  const trained = await runCli(dataDir, [
    ...['train', '--dataset', 'labs', '--model_id', '7', '--hardware_type', 'cpu'],
    ...['--pretrained_model', 'mobilenet-v3', '--classifier_head', 'multi', '--opt_alg', 'adam'],
    ...['--learning_rate', '0.01', '--batch_size', '8', '--num_epochs', '3', '--name', 'first'],
    ...['--model_path', at('out', 'head.pth'), '--plots_path', at('out', 'plots')],
    ...['--results_file', at('out', 'results.csv'), '--json'],
  ]);
  expect(trained.code).toBe(0);
  const { model, result } = JSON.parse(trained.stdout) as {
    model: { headSha256: string; configuration: object };
    result: { accuracy: number; testCount: number };
  };
  expect(model.configuration).toMatchObject({ learningRate: 0.01, batchSize: 8, epochs: 3, seed: 1 });
  expect(result.testCount).toBe(8);
  expect(trained.stderr).toMatch(/^first: training the head(, .* left)?$/m);
  const tensors = readTorchCheckpoint(await readFile(at('out', 'head.pth')));
  expect(tensors.get('6.weight')?.shape).toEqual([2, 256]);
  for (const chart of ['loss-accuracy', 'confusion-matrix']) {
    const svg = await readFile(at('out', 'plots', `first-${chart}.svg`), 'utf8');
    expect(svg).toContain('</svg>');
    const png = await readFile(at('out', 'plots', `first-${chart}.png`));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
  }

  const reused = await runCli(dataDir, [
    ...['train', '--dataset', 'labs', '--hardware_type', 'cpu', '--pretrained_model', 'mobilenet-v3'],
    ...['--classifier_head', 'multi', '--learning_rate', '0.01', '--batch_size', '8', '--num_epochs', '3'],
    ...['--model_path', at('reused', 'head.pth'), '--plots_path', at('reused')],
    ...['--results_file', at('reused', 'results.csv')],
  ]);
  expect(reused).toMatchObject({ code: 0, stderr: expect.stringContaining('did the same') as unknown });
  expect(reused.stderr).not.toContain('waiting for a worker');

  // The folder this time; the same pictures and options give the same head. What an earlier model had moved in the
  // backbone does not stay beside a head that does not belong to it.
  await writeFile(at('out', 'head.backbone.safetensors'), 'of an earlier model');
  await writeFile(at('lab-b', 'bands', 'broken.png'), 'no picture');
  const again = await runCli(dataDir, [
    ...['train', '--dataset_dir', at('lab-b'), '--num_epochs', '1', '--pretrained_model', 'mobilenet-v3'],
    ...['--model_path', at('out', 'head.safetensors'), '--plots_path', at('out', 'plots')],
    ...['--results_file', at('out', 'results.csv'), '--folds', '2', '--repeats', '2'],
  ]);
  expect(again.code).toBe(0);
  expect(again.stderr).toMatch(/^skipped bands\/broken\.png: UNSUPPORTED_FORMAT: /m);
  expect(again.stdout).toMatch(/mobilenet-v3 +single +adam +held out /);
  expect(again.stdout).toMatch(/mobilenet-v3 +single +adam +2 folds x 2 /);
  expect(again.stdout).toMatch(/^2 folds x 2: accuracy \d+\.\d% \(\d+ of \d+ in \d groups; 95% interval/m);
  expect(again.stdout).toMatch(/^ {2}without looking: majority .*, metadata-only .*, brightness-only /m);
  expect(again.stdout).toMatch(/^ {2}warning: Class "(bands|rings)" has \d independent groups? of test/m);
  expect(again.stdout).toMatch(/^calibration: temperature [\d.]+ from the folds .* not applied/m);
  expect(readSafetensors(await readFile(at('out', 'head.safetensors'))).tensors.get('0.bias')?.shape).toEqual(
    [2],
  );
  expect(existsSync(at('out', 'head.backbone.safetensors'))).toBe(false);
  const rows: string[][] = parse(await readFile(at('out', 'results.csv')));
  expect(rows[0]).toEqual([...RESULTS_CSV_COLUMNS]);
  expect(rows.slice(1).map((row) => row.slice(0, 5))).toEqual([
    ['7', 'cpu', 'mobilenet-v3', 'multi', 'adam'],
    ['1', 'cpu', 'mobilenet-v3', 'single', 'adam'],
  ]);

  await writeFile(at('picture.png'), await drawPattern('rings', 77));
  const classified = await runCli(dataDir, [
    'classify',
    at('picture.png'),
    at('absent.png'),
    '--model',
    'first',
  ]);
  expect(classified.code).toBe(1);
  expect(classified.stdout).toMatch(
    /picture\.png +(bands|rings) +\d+\.\d\d% +first +(CLASSIFIED|UNDECIDED) +.*FEW_TRAINING/,
  );
  expect(classified.stderr).toContain('absent.png: error NOT_FOUND: There is no file');
  await writePatterns(at('scans'), ['rings/1', 'rings/2']);
  await writeFile(at('scans', 'Thumbs.db'), '');
  const folder = await runCli(dataDir, ['classify', at('scans'), '--model', 'first', '--csv']);
  expect(folder.stderr).toContain('left out 1 hidden or system entry: Thumbs.db');
  const answered: Record<string, string>[] = parse(folder.stdout, { columns: true });
  expect(answered.map(({ picture }) => picture)).toEqual([
    at('scans', 'rings', '1.png'),
    at('scans', 'rings', '2.png'),
  ]);
  for (const { id = '', probability } of answered) {
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(Number(probability)).toBeGreaterThan(0.5);
  }

  const csv = await runCli(dataDir, ['results', '--csv', '--limit', '10']);
  const table: string[][] = parse(csv.stdout);
  expect(table[0]).toEqual([...RESULTS_CSV_COLUMNS]);
  expect(table.filter((row) => row[2] === 'mobilenet-v3').length).toBeGreaterThanOrEqual(2);
  const results = (await runCliForJson(dataDir, ['results'])) as { modelName: string; accuracy: number }[];
  expect(results.find(({ modelName }) => modelName === 'first')?.accuracy).toBe(result.accuracy);
  const sets = (await runCliForJson(dataDir, ['dataset', 'list'])) as { name: string }[];
  expect(sets.map(({ name }) => name)).toEqual(['lab-b', 'labs']);
  const record = (await runCliForJson(dataDir, ['models', 'export', 'first', at('exported')])) as {
    digest: string;
  };
  expect((await readModelFolder(at('exported'))).record.digest).toBe(record.digest);
}, 600_000);

test('a wrong call exits with 2 and says what is expected, a refusal with 1 and its code', async () => {
  await writePatterns(at('full'), ['bands/1']);
  const file = at('full', 'bands', '1.png');
  const calls: [string[], number, string][] = [
    [['train', '--num_epochs', 'many'], 2, 'Give a number.'],
    [['serve', '--port', '70000'], 2, 'Give a whole number from 0 to 65535.'],
    [['receipts', 'verify', '--mark', 'x'], 2, 'A mark is a sequence, a colon and a hash'],
    [['classify'], 2, "missing required argument 'file'"],
    [['frobnicate'], 2, "unknown command 'frobnicate'"],
    [['train', '--model_path', 'head.onnx'], 1, 'BAD_REQUEST'],
    [['train', '--model_path', join(file, 'head.pth')], 1, `cannot be written: ${file} is no folder`],
    [['train', '--results_file', at('full'), '--plots_path', at('plots')], 1, 'it is a folder'],
    [['sweep', '--output', join(file, 'sweep')], 1, `--output ${file}`],
    [['dataset', 'synthesize', at('full')], 1, 'CONFLICT'],
    [['dataset', 'import', at('full')], 1, 'DATASET_INVALID'],
    [['classify', file, '--url', 'http://127.0.0.1:9'], 1, 'No gelql server answers'],
    [['classify', at('full'), '--url', 'http://127.0.0.1:9'], 1, `${file}: error`],
    [['classify', at('absent.png'), '--url', 'http://127.0.0.1:9'], 1, 'NOT_FOUND: There is no file'],
  ];
  for (let start = 0; start < calls.length; start += 2) {
    await Promise.all(
      calls.slice(start, start + 2).map(async ([args, code, words]) => {
        const outcome = await runCli(at('untouched'), args);
        expect(outcome).toMatchObject({ code, stdout: '' });
        expect(outcome.stderr).toContain(words);
      }),
    );
  }
  expect(existsSync(at('untouched'))).toBe(false);
}, 600_000);

test('synthesize says what it drew, and the list of commands needs no configuration', async () => {
  const record = (await runCliForJson(dataDir, [
    ...['dataset', 'synthesize', at('drawn'), '--train', '1', '--test', '1', '--seed', '9'],
  ])) as { pictures: unknown[]; seed: number };
  expect(record).toMatchObject({ seed: 9 });
  expect(record.pictures).toHaveLength(4);
  expect((await runCli(dataDir, ['dataset', 'synthesize', '--help'])).stdout).toMatch(
    /--seed <number>.*\n(.*\n)*Examples:\n {2}gelql dataset synthesize gels\n/,
  );
  const help = await runCli(dataDir, ['--help']);
  expect(help.code).toBe(0);
  for (const command of [
    'demo',
    'serve',
    'train',
    'classify',
    'results',
    'dataset',
    'weights',
    'doctor',
    'migrate',
  ]) {
    expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  }
}, 600_000);
