import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCompute } from '../../src/compute/create-compute.js';
import { readConfig } from '../../src/config.js';
import { newId } from '../../src/db/new-id.js';
import { createChartRenderer } from '../../src/reports/chart-renderer.js';
import { createThumbnails } from '../../src/reports/thumbnails.js';
import { loadSweepReport } from '../../src/reports/sweep-report/load-sweep-report.js';
import { spreadOverSeeds } from '../../src/reports/sweep-report/spread-over-seeds.js';
import { writeSweepReport } from '../../src/reports/sweep-report/write-sweep-report.js';
import { describeDatabase, silent } from '../support/database.js';
import { insertTestDataset } from '../support/registry-rows.js';
import { insertTestSweep } from '../support/sweep-rows.js';
import { addTrainedRun, HOSTILE, insertHostileSweep } from '../support/sweep-world.js';

const config = readConfig({});
const compute = createCompute(config, silent);
const charts = createChartRenderer({ threads: 1 }, silent);
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gelql-report-'));
});
afterAll(async () => {
  await charts.close();
  await compute.close();
  await rm(directory, { recursive: true });
});

/** The first table of a page, as text. */
function resultsTableOf(page: string): { headings: string[]; rows: string[][] } {
  const [table = ''] = /<table>.*?<\/table>/s.exec(page) ?? [];
  const textOf = (cell: string) => cell.replaceAll(/<[^>]*>/g, '');
  const cellsOf = (row: string, tag: string) =>
    [...row.matchAll(new RegExp(`<${tag} .*?</${tag}>`, 'gs'))].map(([cell]) => textOf(cell));
  const [head = '', body = ''] = table.split('<tbody>');
  return {
    headings: cellsOf(head, 'th'),
    rows: body
      .split('</tr>')
      .slice(0, -1)
      .map((row) => cellsOf(row, 'td')),
  };
}

describeDatabase('a report of a sweep', (database) => {
  const services = () => ({
    database: database(),
    charts,
    thumbnails: createThumbnails({ config, database: database(), compute }),
  });
  let files: string[];
  let page: string;

  beforeAll(async () => {
    files = await writeSweepReport(
      services(),
      await insertHostileSweep(database()),
      join(directory, newId()),
    );
    page = await readFile(files[0]!, 'utf8');
  });

  it('is written with the charts of the sweep and of each model', async () => {
    const names = files.map((file) =>
      file
        .split('/')
        .slice(-2)
        .join('/')
        .replace(/^[0-9a-f-]{36}\//, ''),
    );
    const perModel = ['loss-and-accuracy', 'confusion-matrix', 'roc', 'precision-recall', 'calibration'];
    const expected = [
      ...['accuracy', 'heat-map', 'training-time'],
      ...['01', '02'].flatMap((number) => perModel.map((kind) => `${number}-${kind}`)),
      '01-gallery',
    ].flatMap((name) => [`plots/${name}.svg`, `plots/${name}.png`]);
    expect(names[0]).toBe('report.html');
    expect(names.slice(1).sort()).toEqual(expected.sort());
    await Promise.all(files.map((file) => access(file)));
    const png = await readFile(files.find((file) => file.endsWith('heat-map.png'))!);
    expect(png.subarray(1, 4).toString()).toBe('PNG');
  });

  it('needs nothing but itself', () => {
    const markup = page.replaceAll(/<script>.*?<\/script>|<style>.*?<\/style>/gs, '');
    const references = [
      ...markup.matchAll(/\s(?:src|href|xlink:href|action|data|srcset|poster)="([^"]*)"/g),
    ].map((match) => match[1]!);
    expect(references.length).toBeGreaterThan(3);
    expect(references.filter((reference) => !/^(#|data:image\/jpeg;base64,)/.test(reference))).toEqual([]);
    expect(page).not.toMatch(/@import|url\((?!#)|<link|<iframe|<object|<base/);
    expect([...page.matchAll(/\b(?:https?|ftp|file):\/\/[^\s"'<]*/g)].map(([address]) => address)).toEqual(
      [...page.matchAll(/http:\/\/www\.w3\.org\/(?:2000\/svg|1999\/xlink)/g)].map(([address]) => address),
    );
  });

  it('refers to nothing that is not in it, and has every id once', () => {
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map((match) => match[1]!);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [...page.matchAll(/(?:href="#|url\(#)([^")]*)/g)].map((match) => match[1]!);
    expect(targets.length).toBeGreaterThan(2);
    expect(targets.filter((target) => !ids.includes(target))).toEqual([]);
  });

  it('lists a part of many classes and wrong answers, and says how many it leaves out', async () => {
    const { id: datasetId } = await insertTestDataset(database(), 'many classes');
    const classes = Array.from({ length: 120 }, (_, index) => `class ${index}`);
    const runId = await addTrainedRun(database(), { name: 'many', datasetId, classes, answerCount: 360 });
    const sweep = await insertTestSweep(database(), { name: 'many', datasetId, parts: [{ runId }] });
    const [file = ''] = await writeSweepReport(services(), sweep, join(directory, newId()));
    const text = await readFile(file, 'utf8');
    expect(text).toContain('The 50 classes with the smallest F1; 70 are left out.');
    expect(text).toMatch(/100 of \d{3}; the others are left out\./);
    expect(text).toContain('the 30 classes with the most wrong answers; 90 are left out');
  });

  it('shows the names that users gave as text', () => {
    expect(page.match(/<script>/g)).toHaveLength(1);
    expect(page).not.toContain('<img src=x');
    expect(page).not.toContain('\u0001');
    const escaped = HOSTILE.replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;')
      .replaceAll('\u0001', '\ufffd');
    expect(page).toContain(`<h1>Sweep grid ${escaped}</h1>`);
    expect(page).toContain(`No GPU ${escaped}`);
  });

  it('says in words what was found and what was not', () => {
    expect(page).toMatch(/4 configurations on the data set .*: 2 trained, 1 still waiting, 1 refused\./);
    expect(page).toMatch(/<p>Best: .+: accuracy \d.+ not shown to be worse \(exact McNemar test/);
    expect(page).toMatch(/<p>Tied with it: .+\.<\/p>/);
    expect(page).toContain('gelql sweep --dataset ');
    expect(page).toMatch(/The best of 2 models was chosen on the pictures/);
    expect(page).toContain('Choose another device, or start a worker that has this one');
    expect(page).toMatch(/<li>4: resnet18-test, single, adam, GPU, seed 1<\/li>/);
  });

  it('shows the test pictures with actual and predicted class, and the one that is kept', () => {
    const pictures = [...page.matchAll(/<figure class="picture (wrong|right)".*?<\/figure>/gs)];
    expect(pictures).toHaveLength(12);
    expect(page.match(/<img src="data:image\/jpeg;base64,/g)).toHaveLength(1);
    const wrong = pictures.filter((match) => match[1] === 'wrong').map(([figure]) => figure);
    for (const figure of wrong) expect(figure).toMatch(/wrong: 2 of 2 models, called (not_)?gel/);
  });

  it('tells mean and spread of configurations that were trained with several seeds', async () => {
    expect(page).toContain('<h2>Over the seeds</h2>');
    const { id: datasetId } = await insertTestDataset(database(), 'seeds');
    const parts: { runId: string }[] = [];
    for (const head of ['SINGLE', 'MULTI'] as const) {
      for (const seed of [1, 2, 3]) {
        const changes = { head, seed };
        const runId = await addTrainedRun(database(), { name: `${head} ${seed}`, datasetId, changes });
        parts.push({ runId });
      }
    }
    const alone = { seed: 1, learningRate: 0.1 };
    parts.push({ runId: await addTrainedRun(database(), { name: 'alone', datasetId, changes: alone }) });
    const sweepId = await insertTestSweep(database(), { name: 'seeds', datasetId, parts });
    const report = await loadSweepReport(services(), sweepId);
    const groups = spreadOverSeeds(report.parts);
    expect(groups.map(({ settings }) => settings)).toEqual([[['head', 'single']], [['head', 'multi']]]);
    expect(groups.map((group) => group.parts.map(({ part }) => part.number))).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const accuracies = [0.5, 0.75, 1];
    const spread = spreadOverSeeds(
      report.parts.slice(0, 3).map((part, index) => {
        const { result, scores } = part.holdout!;
        return { ...part, holdout: { result: { ...result, accuracy: accuracies[index]! }, scores } };
      }),
    );
    expect(spread[0]?.accuracy).toEqual({ mean: 0.75, deviation: 0.25, lowest: 0.5, highest: 1 });
    expect(spread[0]?.settings).toEqual([]);
  });

  it('says of each model what was trained, where that is more than heads', async () => {
    const { id: datasetId } = await insertTestDataset(database(), 'parts');
    const changes = { trainable: 'LAST_STAGE', backboneLearningRate: 0.0001 } as const;
    const head = await addTrainedRun(database(), { name: 'head alone', datasetId });
    const stage = await addTrainedRun(database(), { name: 'stage', datasetId, changes });
    const parts = [head, stage].map((runId) => ({ runId }));
    const sweepId = await insertTestSweep(database(), { name: 'parts', datasetId, parts });
    const [file = ''] = await writeSweepReport(services(), sweepId, join(directory, newId()));
    const report = await readFile(file, 'utf8');
    const table = resultsTableOf(report);
    expect(table.headings.slice(2, 5)).toEqual(['backbone', 'trained', 'head']);
    expect(table.rows.map((cells) => cells[3])).toEqual(['head', 'last_stage']);
    expect(report).toContain('>resnet18 on CPU, last_stage<');

    expect(resultsTableOf(page).headings.slice(2, 4)).toEqual(['backbone', 'head']);
    expect(page).toContain('>resnet18 on CPU<');
  });

  it('is there before anything was trained', async () => {
    const { id: datasetId } = await insertTestDataset(database(), 'nothing');
    const refusal = { code: 'WEIGHTS_MISSING' as const, message: 'No weights.', facts: {} };
    const sweepId = await insertTestSweep(database(), { name: 'nothing', datasetId, parts: [{ refusal }] });
    const [file = ''] = await writeSweepReport(services(), sweepId, join(directory, newId()));
    expect(await readFile(file, 'utf8')).toContain('No model has been tested yet.');
  });

  it('is refused where there is no such sweep', async () => {
    await expect(writeSweepReport(services(), newId(), directory)).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});
