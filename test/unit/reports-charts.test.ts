import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import type { TopLevelSpec } from 'vega-lite';
import { entryOf } from '../../src/compute/worker-entry.js';
import type { EpochProgress } from '../../src/compute/protocol.js';
import { evaluate } from '../../src/evaluation/metrics.js';
import {
  accuracyBarsChart,
  CHART_THEMES,
  confusionMatrixChart,
  lossAndAccuracyChart,
  renderPng,
  renderSvg,
  rocChart,
} from '../../src/reports/charts.js';
import { measureTextWidth } from '../../src/reports/charts/text-width.js';

const labels = [0, 0, 0, 1, 1, 1];
const probabilities = [0.1, 0.2, 0.7, 0.4, 0.8, 0.9].map((score) => [1 - score, score]);
const evaluation = evaluate({ classes: ['gel', 'not_gel'], labels, probabilities });
const epochs: EpochProgress[] = [1, 2, 3].map((number) => ({
  number,
  trainLoss: 1 / number,
  trainAccuracy: 0.5 + number / 10,
  validationLoss: 1.2 / number,
  validationAccuracy: 0.5,
}));
const curve = {
  scores: probabilities.map((row) => row[1] ?? 0),
  isPositive: labels.map((label) => label === 1),
};
const results = [
  {
    modelName: 'worse',
    pretrainedModel: 'vgg16',
    accuracy: 0.5,
    accuracyLow: 0.3,
    accuracyHigh: 0.7,
    testCount: 22,
  },
  {
    modelName: 'better',
    pretrainedModel: 'resnet18',
    accuracy: 0.9,
    accuracyLow: 0.7,
    accuracyHigh: 0.97,
    testCount: 22,
  },
] as const;

const rocSpec = rocChart([{ name: 'a model', ...curve, interval: evaluation.rocAucInterval }], {
  title: 'ROC',
  positive: 'not_gel',
});

const charts: Record<string, TopLevelSpec> = {
  'loss and accuracy': lossAndAccuracyChart(epochs, { title: 'a <run> & its epochs' }),
  'confusion matrix': confusionMatrixChart(evaluation),
  ROC: rocSpec,
  'accuracy bars': accuracyBarsChart(results, { chance: 0.5 }),
};

const textsOf = (svg: string): string[] => [...svg.matchAll(/>([^<>]+)<\/t/g)].map((match) => match[1] ?? '');
const draw = (spec: TopLevelSpec) => renderSvg(spec, { theme: 'light' });

describe.each(Object.entries(charts))('the %s chart', (_, spec) => {
  it.each(CHART_THEMES)('is drawn in the %s theme without a hole', async (theme) => {
    const svg = await renderSvg(spec, { theme });
    expect(svg).toMatch(/^<svg[^>]+viewBox="0 0 \d+ \d+"/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    expect(svg).toContain(theme === 'light' ? 'fill="#ffffff"' : 'fill="#0f1318"');
  });
});

describe('the loss and accuracy chart', () => {
  it('has whole epochs, shares in percent and both lines', async () => {
    const texts = textsOf(await draw(lossAndAccuracyChart(epochs, { title: 'a <run> & its epochs' })));
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
    const texts = textsOf(await draw(confusionMatrixChart(evaluation)));
    expect(texts).toEqual(
      expect.arrayContaining(['predicted', 'actual', 'gel', 'not_gel', '2', '67%', '1', '33%']),
    );
    expect(texts.join()).toContain('accuracy 66.7% (4 of 6; 95% interval 30.0% to 90.3%)');
  });
});

describe('the ROC chart', () => {
  it('names each curve with its area', async () => {
    expect(textsOf(await draw(rocSpec)).join()).toMatch(/a model: AUC 0\.889 \(\d\.\d{3} to 1\.000\)/);
  });

  it('names a curve that cannot be drawn', async () => {
    const spec = rocChart([{ name: 'one-sided', scores: [1], isPositive: [true] }], {
      title: 'ROC',
      positive: 'gel',
    });
    expect(textsOf(await draw(spec))).toContain('one-sided: AUC undefined');
  });
});

describe('the accuracy chart', () => {
  it('has the best model on top', async () => {
    const texts = textsOf(await draw(accuracyBarsChart(results)));
    expect(texts.filter((text) => ['better', 'worse'].includes(text))).toEqual(['better', 'worse']);
    expect(texts).toEqual(expect.arrayContaining(['90.0%', '50.0%', 'resnet18', 'vgg16']));
  });
});

describe('a rasterised chart', () => {
  it('is a PNG of the wanted scale', async () => {
    const svg = await draw(confusionMatrixChart(evaluation));
    const [, width = 0, height = 0] = (/viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []).map(Number);
    const png = await sharp(await renderPng(svg, { scale: 2 })).metadata();
    expect([png.format, png.width, png.height]).toEqual(['png', 2 * width, 2 * height]);
  });

  it('is lettered in the bundled font, which the process is told before its first chart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gelql-'));
    try {
      const { file, execArgv } = entryOf(resolve('test/support/chart-renderer.ts'));
      const { stdout } = await promisify(execFile)(process.execPath, [...(execArgv ?? []), file, folder], {
        env: { PATH: process.env['PATH'] },
      });
      const [narrow = 0, wide = 0] = JSON.parse(stdout) as number[];
      expect(narrow).toBeGreaterThan(50);
      expect(wide).toBeGreaterThan(2 * narrow);
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
