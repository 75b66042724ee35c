import type { TopLevelSpec } from 'vega-lite';
import { rocBand } from '../../evaluation/roc-band.js';
import type { ResultRow, TestScoreRow } from '../../registry/results.js';
import {
  calibrationChart,
  confusionMatrixChart,
  galleryChart,
  precisionRecallChart,
  rocChart,
  scoreClasses,
} from '../charts.js';
import type { ChartTitle } from '../charts/chart-title.js';
import { chooseGallery, type Gallery } from '../gallery.js';
import type { Thumbnails } from '../thumbnails.js';
import { once } from './once.js';
import { RESULT_PLOT_KINDS, type Plot, type ResultPlotKind } from './plot.js';

/** Pictures in a gallery: as many as a page shows. */
const GALLERY_LIMIT = 48;

/** Where the plots of a result get what is not in its row; each is asked when it is needed. */
export interface ResultSources {
  loadScores(): Promise<readonly TestScoreRow[]>;
  thumbnails: Thumbnails;
}

export function resultPlots(result: ResultRow, sources: ResultSources): Plot[] {
  return RESULT_PLOT_KINDS.map((kind) => resultPlot(kind, result, sources));
}

/** Results and scores never change, so neither do their plots, but a gallery whose pictures may be imported later. */
export function resultPlot(kind: ResultPlotKind, result: ResultRow, sources: ResultSources): Plot {
  const title = resultTitle(kind, result);
  const base = {
    kind,
    title: `${title.title}: ${result.modelName}`,
    path: `/plots/results/${result.id}/${kind}`,
    query: {},
  };
  if (kind !== 'gallery') {
    return {
      ...base,
      isFinal: true,
      version: async () => result.id,
      specify: once(async () => specifyCurve(kind, result, await sources.loadScores())),
    };
  }
  const load = once(async () => {
    const gallery = galleryOf(result, await sources.loadScores(), GALLERY_LIMIT);
    return {
      gallery,
      thumbnails: await sources.thumbnails.load(gallery.pictures.map(({ sha256 }) => sha256)),
    };
  });
  return {
    ...base,
    isFinal: false,
    version: async () => {
      const { gallery, thumbnails } = await load();
      const absent = gallery.pictures.map(({ sha256 }) =>
        thumbnails.get(sha256) === null ? 'absent' : 'there',
      );
      return [result.id, ...absent].join(' ');
    },
    specify: async () => {
      const { gallery, thumbnails } = await load();
      return galleryChart(gallery, thumbnails, title);
    },
  };
}

export function galleryOf(result: ResultRow, scores: readonly TestScoreRow[], limit: number): Gallery {
  return chooseGallery(result.evaluation.classes, scores, limit);
}

/** What a plot of a result shows, and of which model. */
export function resultTitle(
  kind: ResultPlotKind,
  { evaluation, modelName, kind: test }: ResultRow,
): ChartTitle {
  const [, positive = ''] = evaluation.classes;
  const compared = evaluation.classes.length === 2 ? `of ${positive}` : 'of each class';
  const titles: Record<ResultPlotKind, string> = {
    'confusion-matrix': 'Confusion matrix',
    roc: `ROC ${compared}`,
    'precision-recall': `Precision and recall ${compared}`,
    calibration: 'Calibration',
    gallery: 'Test pictures',
  };
  const subject = test === 'HOLDOUT' ? modelName : `${modelName}, cross-validated`;
  return { title: titles[kind], subject };
}

export type CurveKind = Exclude<ResultPlotKind, 'gallery'>;

/** The charts that need no pictures: those that follow from the answers where they are known, else the stored matrix. */
export function drawableCurves(scores: readonly unknown[]): CurveKind[] {
  return scores.length === 0
    ? ['confusion-matrix']
    : RESULT_PLOT_KINDS.filter((kind): kind is CurveKind => kind !== 'gallery');
}

export function specifyCurve(
  kind: CurveKind,
  result: ResultRow,
  scores: readonly TestScoreRow[],
): TopLevelSpec {
  const { evaluation } = result;
  const title = resultTitle(kind, result);
  switch (kind) {
    case 'confusion-matrix':
      return confusionMatrixChart(evaluation, title);
    case 'roc':
      return specifyRoc(result, scores, title);
    case 'precision-recall': {
      const curves = scoreClasses(evaluation.classes, scores);
      return precisionRecallChart(curves, { ...title, average: evaluation.averagePrecision });
    }
    case 'calibration': {
      const { logLoss, brier, calibrationError } = evaluation;
      return calibrationChart(scores, {
        ...title,
        logLoss,
        brier,
        calibrationError,
      });
    }
  }
}

/** The band is drawn around the only curve; several would hide each other. */
function specifyRoc(
  { evaluation, seed }: ResultRow,
  scores: readonly TestScoreRow[],
  title: ChartTitle,
): TopLevelSpec {
  const curves = scoreClasses(evaluation.classes, scores);
  const [curve] = curves;
  const groups = scores.map(({ groupKey, sha256 }) => groupKey ?? sha256);
  const band =
    curve === undefined || curves.length > 1 ? null : rocBand(curve.scores, curve.isPositive, groups, seed);
  return rocChart(curves, {
    ...title,
    stated: { area: evaluation.rocAuc, interval: evaluation.rocAucInterval },
    band,
  });
}
