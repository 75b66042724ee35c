import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import {
  appendResultsCsv,
  checkResultsCsv,
  PUBLISHED_COLUMNS,
  RESULTS_CSV_COLUMNS,
  resultsCsv,
  resultsCsvRow,
  type TabulatedResult,
} from '../../src/reports/results-csv.js';

const result: TabulatedResult = {
  modelNumber: 16,
  hardwareType: 'GPU',
  pretrainedModel: 'mobilenet_v3_large',
  classifierHead: 'MULTI',
  optAlg: 'SGD',
  trainable: 'STEM_AND_HEAD',
  trainingTimeMins: 0.00123456789,
  inferenceTimeSecs: 12.5,
  accuracy: 21 / 22,
  precision: 0.9583333333333333,
  recall: 21 / 22,
  rocAuc: null,
  evaluation: {
    confusion: [
      [11, 0],
      [1, 10],
    ],
  },
  modelName: 'mobilenet, second try',
  datasetName: 'gels',
  kind: 'HOLDOUT',
  testCount: 22,
  seed: 3,
  epochs: 20,
  learningRate: 0.001,
  batchSize: 23,
};
/** What the published file has no columns for. */
const OWN = ['stem_and_head', 'mobilenet, second try', 'gels', 'holdout', '22', '3', '20', '0.001', '23'];
const header = RESULTS_CSV_COLUMNS.join();

describe('a row of the results table', () => {
  it('is spelled as the published file spells it', () => {
    expect(resultsCsvRow(result, { percent: true })).toEqual([
      '16',
      'gpu',
      'mobilenet-v3',
      'multi',
      'sgd',
      '0.00123457',
      '12.5',
      '95.45',
      '95.83',
      '95.45',
      '[[11, 0], [1, 10]]',
      '',
      ...OWN,
    ]);
  });

  it('keeps every digit of a share that is not in percent', () => {
    const row = resultsCsvRow({ ...result, rocAuc: 0.5 }, { percent: false });
    expect(row.slice(7)).toEqual([
      String(21 / 22),
      '0.9583333333333333',
      String(21 / 22),
      '[[11, 0], [1, 10]]',
      '0.5',
      ...OWN,
    ]);
  });

  it('writes times of any size without an exponent', () => {
    const times = [0, 2.7412345, 1e-6, 12345.678].map(
      (value) => resultsCsvRow({ ...result, trainingTimeMins: value }, { percent: true })[5],
    );
    expect(times).toEqual(['0', '2.74123', '0.000001', '12345.7']);
  });

  it('says what was trained behind the published columns, where that is a head too', () => {
    const [header, row] = parse(resultsCsv([{ ...result, trainable: 'HEAD' }], { percent: true }));
    expect(header?.slice(0, 13)).toEqual([...PUBLISHED_COLUMNS, 'trainable']);
    expect(row?.[12]).toBe('head');
  });

  it('reads back from the whole table under its columns', () => {
    const rows: Record<string, string>[] = parse(resultsCsv([result, result], { percent: true }), {
      columns: true,
    });
    expect(rows).toHaveLength(2);
    expect(Object.keys(rows[0] ?? {})).toEqual([...RESULTS_CSV_COLUMNS]);
    expect(rows[0]?.['conf_mat']).toBe('[[11, 0], [1, 10]]');
  });
});

describe('appending to a results file', () => {
  let folder: string;
  let file: string;
  const content = () => readFile(file, 'utf8');

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gelql-'));
    file = join(folder, 'results.csv');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('writes the header once', async () => {
    await appendResultsCsv(file, result);
    await appendResultsCsv(file, result);
    const lines = (await content()).split('\n');
    expect(lines).toEqual([header, lines[1], lines[1], '']);
  });

  it('loses and mixes nothing when many append at once', async () => {
    await Promise.all(
      Array.from({ length: 40 }, (_, index) => appendResultsCsv(file, { ...result, modelNumber: index })),
    );
    const [first, ...rows]: string[][] = parse(await content());
    expect(first).toEqual([...RESULTS_CSV_COLUMNS]);
    const numbers = rows.map(([number]) => Number(number)).sort((left, right) => left - right);
    expect(numbers).toEqual(Array.from({ length: 40 }, (_, index) => index));
    expect(await readdir(folder)).toEqual(['results.csv']);
  });

  it('starts a new line where an editor left none at the end', async () => {
    await writeFile(
      file,
      `\uFEFF${header}\r\n${resultsCsvRow(result, { percent: true })
        .map((value) => JSON.stringify(value))
        .join()}`,
    );
    await appendResultsCsv(file, result);
    const rows: string[][] = parse(await content(), { bom: true });
    expect(rows).toHaveLength(3);
    expect(rows[2]).toEqual(rows[1]);
  });

  it('leaves a file of the published columns with them', async () => {
    const head = { ...result, trainable: 'HEAD' } as const;
    const published = `${PUBLISHED_COLUMNS.join()}\n`;
    await writeFile(file, published);
    await checkResultsCsv(file, head);
    await appendResultsCsv(file, head);
    const [first, row]: string[][] = parse(await content());
    expect(first).toEqual([...PUBLISHED_COLUMNS]);
    expect(row).toEqual(resultsCsvRow(head, { percent: true }).slice(0, PUBLISHED_COLUMNS.length));
  });

  it('leaves a file with fewer of its own columns with them', async () => {
    await writeFile(file, `${RESULTS_CSV_COLUMNS.slice(0, 13).join()}\n`);
    await appendResultsCsv(file, result);
    const [, row]: string[][] = parse(await content());
    expect(row).toEqual(resultsCsvRow(result, { percent: true }).slice(0, 13));
  });

  it('leaves out the matrix of so many classes that no spreadsheet would hold it', () => {
    const matrixOf = (count: number) => {
      const confusion = Array.from({ length: count }, () => new Array<number>(count).fill(0));
      return resultsCsvRow({ ...result, evaluation: { confusion } }, { percent: true })[10];
    };
    expect(matrixOf(100)?.length).toBeLessThan(32_767);
    expect(matrixOf(101)).toBe('');
  });

  it('refuses such a file for what it has no column for, before anything is trained', async () => {
    const published = `${PUBLISHED_COLUMNS.join()}\n`;
    await writeFile(file, published);
    const refusal = { code: 'CONFLICT', message: expect.stringContaining('STEM_AND_HEAD') };
    await expect(checkResultsCsv(file, result)).rejects.toMatchObject(refusal);
    await expect(appendResultsCsv(file, result)).rejects.toMatchObject(refusal);
    expect(await content()).toBe(published);
  });

  it('may begin where there is no file, of which nothing is made before', async () => {
    await checkResultsCsv(file, result);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each(['name,value\n1,2\n', '', `${header},more\n`])(
    'refuses a file that begins with %j',
    async (text) => {
      await writeFile(file, text);
      await expect(checkResultsCsv(file, result)).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(appendResultsCsv(file, result)).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(await content()).toBe(text);
    },
  );
});
