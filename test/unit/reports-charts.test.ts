import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import type { TopLevelSpec } from 'vega-lite';
import { entryOf } from '../../src/compute/worker-entry.js';
import type { EpochProgress } from '../../src/words/run-event.js';
import { rocBand } from '../../src/evaluation/roc-band.js';
import {
  accuracyBarsChart,
  calibrationChart,
  CHART_THEMES,
  confusionMatrixChart,
  galleryChart,
  lossAndAccuracyChart,
  metricsHeatMap,
  precisionRecallChart,
  renderPng,
  renderSvg,
  rocChart,
  scoreClasses,
  trainingTimeChart,
} from '../../src/reports/charts.js';
import { distinctLabels, shortenText } from '../../src/reports/charts/shorten-text.js';
import { measureTextWidth } from '../../src/reports/charts/text-width.js';
import { chooseGallery } from '../../src/reports/gallery.js';
import { evaluateAnswers, makeAnswers, makeResults } from '../support/chart-rows.js';

const TWO = ['gel', 'not_gel'];
const TEN = [...'abcdefghij'].map((letter) => `class ${letter} of a rather long name`);
/** A PNG of one grey pixel. */
const PIXEL =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==';

const epochs: EpochProgress[] = [1, 2, 3].map((number) => ({
  number,
  trainLoss: 1 / number,
  trainAccuracy: 0.5 + number / 10,
  validationLoss: 1.2 / number,
  validationAccuracy: 0.5,
}));

/** Every chart of one result. */
function chartsOf(classes: readonly string[], count: number, present?: number): Record<string, TopLevelSpec> {
  const answers = makeAnswers(classes, count, present);
  const evaluation = evaluateAnswers(classes, answers);
  const curves = scoreClasses(classes, answers);
  const [first] = curves;
  const groups = answers.map(({ name }) => name);
  const title = `${classes.length} classes, ${count} pictures`;
  return {
    'confusion matrix': confusionMatrixChart(evaluation, { title }),
    ROC: rocChart(curves, {
      title,
      stated: { area: evaluation.rocAuc, interval: evaluation.rocAucInterval },
      band: first === undefined ? null : rocBand(first.scores, first.isPositive, groups, 1),
    }),
    'precision and recall': precisionRecallChart(curves, { title, average: evaluation.averagePrecision }),
    calibration: calibrationChart(answers, { title, ...evaluation, calibrationError: null }),
    gallery: galleryChart(chooseGallery(classes, answers, 7), new Map([[answers[0]?.sha256 ?? '', PIXEL]]), {
      title,
    }),
  };
}

function chartsOfTable(count: number): Record<string, TopLevelSpec> {
  const results = makeResults(count);
  return {
    'accuracy bars': accuracyBarsChart(results, {
      title: 'accuracy',
      references: [{ name: 'largest class', share: 0.5 }],
    }),
    'heat map': metricsHeatMap(results, { title: 'metrics' }),
    'training time': trainingTimeChart(results, { title: 'time' }),
  };
}

const textsOf = (svg: string): string[] =>
  [...svg.matchAll(/>([^<>]+)<\/(?:text|tspan)/g)].map((match) => match[1] ?? '');
/** Numbers that are none, and characters that XML has not. */
const holesOf = (svg: string): string[] => svg.match(/NaN|Infinity|="undefined|[^\P{Cc}\t\n\r]/gu) ?? [];
const draw = (spec: TopLevelSpec) => renderSvg(spec, { theme: 'light' });

const charts = {
  ...chartsOf(TWO, 30),
  ...chartsOfTable(24),
  'loss and accuracy': lossAndAccuracyChart(epochs, { title: 'a <run> & its epochs' }),
};

describe.each(Object.entries(charts))('the %s chart', (_, spec) => {
  it.each(CHART_THEMES)('is drawn in the %s theme without a hole', async (theme) => {
    const svg = await renderSvg(spec, { theme });
    expect(svg).toMatch(/^<svg[^>]+viewBox="0 0 \d+ \d+"/);
    expect(holesOf(svg)).toEqual([]);
    expect(svg).toContain(theme === 'light' ? 'fill="#ffffff"' : 'fill="#0f1318"');
  });

  it('says its numbers in words, for those who cannot see it', async () => {
    const [, words = ''] = /<desc>(.*?)<\/desc>/s.exec(await draw(spec)) ?? [];
    expect(words).toMatch(/\d/);
    expect(words.length).toBeGreaterThan(40);
  });
});

describe('odd data', () => {
  const odd: [string, Record<string, TopLevelSpec>][] = [
    ['one picture', chartsOf(TWO, 1)],
    ['a class without pictures', chartsOf(TWO, 20, 1)],
    ['one of three classes without pictures', chartsOf(['gel', 'blot', 'other'], 20, 2)],
    ['ten classes', chartsOf(TEN, 100)],
    [
      '25 classes',
      chartsOf(
        Array.from({ length: 25 }, (_, index) => `c${index}`),
        50,
      ),
    ],
    [
      'names with markup, quotes and control characters',
      chartsOf(['<b>"&\'\u0001', '\u202e`${x}\u0000'], 12),
    ],
    ['an empty table', chartsOfTable(0)],
    ['a table of one', chartsOfTable(1)],
    ['a table of 200', { 'heat map': metricsHeatMap(makeResults(200), { title: 'metrics' }) }],
    ['no epochs', { loss: lossAndAccuracyChart([], { title: 'none' }) }],
    ['one epoch', { loss: lossAndAccuracyChart(epochs.slice(0, 1), { title: 'one' }) }],
    [
      'a training that diverged',
      {
        loss: lossAndAccuracyChart(
          epochs.map((epoch) => ({ ...epoch, trainLoss: Infinity, validationLoss: NaN })),
          { title: 'diverged' },
        ),
      },
    ],
  ];
  const cases = odd.flatMap(([name, specs]) =>
    Object.entries(specs).map(([chart, spec]) => [name, chart, spec] as const),
  );

  it.each(cases)('such as %s gives a %s chart that can be rasterised', async (_name, _chart, spec) => {
    const svg = await draw(spec);
    expect(holesOf(svg)).toEqual([]);
    expect((await sharp(await renderPng(svg, { scale: 0.25 })).metadata()).width).toBeGreaterThan(10);
  });
});

describe('the loss and accuracy chart', () => {
  it('has whole epochs, shares in percent and both lines', async () => {
    const texts = textsOf(await draw(charts['loss and accuracy']));
    expect(texts).toEqual(expect.arrayContaining(['1', '2', '3', '0%', '100%', 'training', 'validation']));
    expect(texts).not.toContain('1.5');
    expect(texts).toContain('a &lt;run&gt; &amp; its epochs');
  });

  it('names no validation where nothing was kept for it', async () => {
    const alone = epochs.map((epoch) => ({ ...epoch, validationLoss: null, validationAccuracy: null }));
    expect(textsOf(await draw(lossAndAccuracyChart(alone, { title: 'alone' })))).not.toContain('validation');
  });
});

describe('the confusion matrix chart', () => {
  it('has rows of actual classes, counts with their share, and the interval', async () => {
    const evaluation = evaluateAnswers(TWO, [
      ...[0.1, 0.2, 0.7].map((score) => answer(0, score)),
      ...[0.4, 0.8, 0.9].map((score) => answer(1, score)),
    ]);
    const spec = confusionMatrixChart(evaluation, { title: 'matrix', subject: 'a model' });
    const texts = textsOf(await draw(spec));
    expect(texts).toEqual(
      expect.arrayContaining(['predicted', 'actual', 'gel', 'not_gel', '2', '67%', '1', '33%']),
    );
    expect(texts.join()).toContain('accuracy 66.7% (4 of 6; 95% interval 30.0% to 90.3%)');
    expect(spec.description).toContain(
      'gel: 2 called gel, 1 called not_gel; not_gel: 1 called gel, 2 called',
    );
  });

  const answer = (label: number, score: number) => ({
    name: String(score),
    sha256: '',
    label,
    predicted: score > 0.5 ? 1 : 0,
    probabilities: [1 - score, score],
  });
});

describe('a thousand classes', () => {
  const classes = Array.from({ length: 1000 }, (_, index) => `class ${index}`);
  const thousand = chartsOf(classes, 200);

  it.each(Object.entries(thousand))('make a %s chart of bounded size', async (_name, spec) => {
    const svg = await draw(spec);
    expect(svg.length).toBeLessThan(2e6);
    const { width = 0, height = 0 } = await sharp(await renderPng(svg, { scale: 1 })).metadata();
    expect(Math.max(width, height)).toBeLessThan(2000);
  });

  it('say how many of them are not drawn, also to those who cannot see', async () => {
    for (const [name, said] of [
      ['confusion matrix', 'the 30 classes with the most wrong answers; 970 are left out'],
      ['ROC', 'the 24 classes with the smallest area; 976 are left out'],
      ['precision and recall', 'the 24 classes with the smallest average precision; 976 are left out'],
    ] as const) {
      const spec = thousand[name]!;
      expect(textsOf(await draw(spec)).join()).toContain(said);
      expect(spec.description).toContain(said);
    }
  });

  it('are chosen by their wrong answers, with shares of all their pictures', async () => {
    const confusion = classes.map((_, actual) => classes.map((_other, called) => Number(actual === called)));
    for (let label = 0; label < 30; label += 1) confusion[label * 2]![999 - label] = 3;
    const matrix = { classes, confusion, accuracy: evaluateAnswers(TWO, makeAnswers(TWO, 4)).accuracy };
    const { data } = confusionMatrixChart(matrix, { title: 'matrix' }) as unknown as {
      data: { values: { actual: string; predicted: string; share: number }[] };
    };
    expect(data.values).toHaveLength(900);
    expect(data.values[0]).toMatchObject({ actual: 'class 0', predicted: 'class 0', share: 0.25 });
    expect(new Set(data.values.map(({ actual }) => actual))).toContain('class 58');
    expect(new Set(data.values.map(({ actual }) => actual))).not.toContain('class 1');
  });
});

describe('the charts of a table', () => {
  it('have the best model on top', async () => {
    const texts = textsOf(await draw(accuracyBarsChart(makeResults(3).reverse(), { title: 'accuracy' })));
    expect(texts.filter((text) => text.startsWith('model-'))).toEqual(['model-1', 'model-2', 'model-3']);
    expect(texts).toEqual(expect.arrayContaining(['100.0%', '83.3%', 'resnet18', 'vgg16']));
  });

  it('say where models were tested on different pictures', async () => {
    const [first, second] = makeResults(2);
    const said = 'tested on 2 different sets of pictures: compare within one';
    const mixed = accuracyBarsChart([first!, { ...second!, testDigest: 'another' }], { title: 'accuracy' });
    expect(textsOf(await draw(mixed))).toContain(said);
    expect(mixed.description).toContain(said);
    const alike = accuracyBarsChart(makeResults(2), { title: 'accuracy' });
    expect(textsOf(await draw(alike)).join()).not.toContain('different sets');
  });

  it('give every result a row of its own, also where a model has several', async () => {
    const [result] = makeResults(1);
    const several = [
      result!,
      { ...result!, kind: 'CROSS_VALIDATION' },
      { ...result!, datasetName: 'others' },
      result!,
    ];
    const texts = textsOf(await draw(metricsHeatMap(several, { title: 'metrics' })));
    expect(texts.filter((text) => text.startsWith('model-'))).toEqual([
      'model-1 on pictures',
      'model-1 on pictures, cross-validated',
      'model-1 on others',
      'model-1 on pictures #2',
    ]);
  });

  it('say where an area under the curve is undefined', async () => {
    expect(textsOf(await draw(metricsHeatMap(makeResults(4), { title: 'metrics' })))).toContain('undefined');
  });
});

describe('the training time chart', () => {
  const PARTS = ['HEAD', 'STEM_AND_HEAD', 'LAST_STAGE', 'ALL'] as const;
  const trained = (count: number, parts: readonly (typeof PARTS)[number][]) =>
    makeResults(count)
      .filter(({ hardwareType }) => hardwareType === 'CPU')
      .map((row, index) => ({ ...row, trainable: parts[index % parts.length]! }));
  const textsWith = async (rows: ReturnType<typeof trained>) =>
    textsOf(await draw(trainingTimeChart(rows, { title: 'time' })));
  /** The outlines of the points of the rows, each once. */
  const shapesOf = (svg: string) =>
    new Set(
      [...svg.matchAll(/<path transform="[^"]+" d="([^"]+)" fill="#0072b2"[^>]*opacity="0\.9"/g)].map(
        ([, outline]) => outline,
      ),
    );

  it('has a row and a shape of its own for each part that was trained, and says which is which', async () => {
    const spec = trainingTimeChart(trained(48, PARTS), { title: 'time' });
    const svg = await draw(spec);
    const rows = PARTS.map((part) => `resnet18 on CPU, ${part.toLowerCase()}`);
    expect(textsOf(svg).filter((text) => text.startsWith('resnet18'))).toEqual(rows);
    const legend = PARTS.map((part) => part.toLowerCase());
    expect(textsOf(svg).filter((text) => legend.includes(text))).toEqual(legend);
    expect(shapesOf(svg).size).toBe(PARTS.length);
    expect(textsOf(svg)).toContain('after the comma, and by the shape of the points: what was trained');
    for (const row of rows) expect(spec.description).toContain(`${row} `);
  });

  it('gives each part a median of its own', async () => {
    const [first, second] = trained(2, ['HEAD']).concat(trained(2, ['STEM_AND_HEAD']));
    const texts = await textsWith([
      { ...first!, trainingTimeMins: 0.02 },
      { ...second!, trainingTimeMins: 3 },
    ]);
    expect(texts).toEqual(expect.arrayContaining(['0.02 (1 model)', '3 (1 model)']));
  });

  it('says it without a legend where one part inside the network was trained', async () => {
    const texts = await textsWith(trained(6, ['LAST_STAGE']));
    expect(texts).toContain('vgg16 on CPU, last_stage');
    expect(texts).not.toContain('last_stage');
  });

  it('says nothing of it where heads alone were trained', async () => {
    const texts = await textsWith(trained(6, ['HEAD']));
    expect(texts).toContain('vgg16 on CPU');
    expect(texts.filter((text) => /head|trained/.test(text))).toEqual([]);
  });

  it.each(CHART_THEMES)('explains the shapes in a colour that the %s theme has', async (theme) => {
    const svg = await renderSvg(trainingTimeChart(trained(48, PARTS), { title: 'time' }), { theme });
    expect(svg).not.toMatch(/(?:fill|stroke)="(?:black|#000)/);
  });
});

describe('a rasterised chart', () => {
  it('is a PNG of the wanted scale', async () => {
    const svg = await draw(charts['loss and accuracy']);
    const [, width = 0, height = 0] = (/viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []).map(Number);
    const png = await sharp(await renderPng(svg, { scale: 2 })).metadata();
    expect([png.format, png.width, png.height]).toEqual(['png', 2 * width, 2 * height]);
  });

  it('is lettered in the bundled font in a process without fonts, also when a thread draws it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gelql-'));
    try {
      const { file, execArgv } = entryOf(resolve('test/support/chart-renderer.ts'));
      const { stdout } = await promisify(execFile)(process.execPath, [...(execArgv ?? []), file, folder], {
        env: { PATH: process.env['PATH'] },
      });
      const { inks, isSameInThread } = JSON.parse(stdout) as {
        inks: Record<string, string>;
        isSameInThread: boolean;
      };
      const { box, ...letters } = inks;
      expect(Object.keys(letters)).toHaveLength(6);
      // Were they boxes, they would all be the one of a character that the font lacks.
      expect(new Set(Object.values(inks)).size).toBe(7);
      expect(box).toBeDefined();
      expect(isSameInThread).toBe(true);
      expect((await readdir(join(folder, 'fonts'))).join()).toMatch(/cache-\d/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('the width of a text', () => {
  it('is what the bundled font takes, within five percent', () => {
    // From the font's table of advance widths.
    const measured: [string, number][] = [
      ['resnet18-single-adam-cpu', 1315.7],
      ['true positive rate (not_gel called not_gel)', 2067.5],
      ['100%', 285.9],
    ];
    for (const [text, width] of measured) {
      expect(Math.abs(measureTextWidth({ fontSize: 100 }, text) / width - 1)).toBeLessThan(0.05);
    }
  });
});

describe('a label', () => {
  const limits = { pixels: 80, fontSize: 12 };

  it('keeps its start and its end where it is too long', () => {
    expect(shortenText('resnet18-single-adam-cpu', limits)).toBe('resne…m-cpu');
    expect(shortenText('short', limits)).toBe('short');
  });

  it('is unlike all others, whatever they are called', () => {
    const labels = distinctLabels(['a', 'a', 'a #2', 'a', ''], limits);
    expect(new Set(labels).size).toBe(5);
    expect(labels.slice(0, 2)).toEqual(['a', 'a #2']);
  });
});
