import {
  countResults,
  findScoresOfResults,
  pageResults,
  type ResultFilter,
  type ResultOrder,
  type TestScoreRow,
} from '../../registry/results.js';
import type { Builder } from '../builder.js';
import { connectionNames, connectionOf } from '../connection.js';
import { resultPlots } from '../../reports/plots/result-plots.js';
import type { Nodes } from '../nodes.js';
import { scoresLoader } from '../plot-loaders.js';
import type { Enums } from './enums.js';
import type { EvaluationRefs } from './evaluation.js';
import type { PlotRef } from './plot.js';
import { resultColumns } from './result-columns.js';
import { defineResultInputs } from './result-filter.js';

const DEFAULT_ORDER: readonly ResultOrder[] = [
  { field: 'accuracyLow', direction: 'desc' },
  { field: 'logLoss', direction: 'asc' },
];

function defineTestScore(builder: Builder) {
  return builder.objectRef<TestScoreRow>('TestScore').implement({
    description: 'What a model said of one test picture.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Path of the picture below the folder of its data set.' }),
      sha256: t.exposeString('sha256', { description: 'Of the bytes of the file.' }),
      labelIndex: t.exposeInt('label', { description: 'The true class, counted from 0 in `classes`.' }),
      predictedIndex: t.exposeInt('predicted', {
        description: 'The predicted class, counted from 0 in `classes`.',
      }),
      probabilities: t.exposeFloatList('probabilities', { description: 'In the order of `classes`.' }),
    }),
  });
}

export function defineResult(
  builder: Builder,
  enums: Enums,
  { Result, Model }: Nodes,
  refs: EvaluationRefs & { Plot: PlotRef },
): void {
  const { ProportionRef, Interval, ClassMetricsRef, BaselineRef, FoldsRef, WarningRef, Plot } = refs;
  const TestScore = defineTestScore(builder);
  Result.implement({
    description:
      "One evaluation of one model: the published experiment's twelve columns and what makes them honest.",
    fields: (t) => ({
      model: t.field({
        type: Model,
        description: 'What was evaluated.',
        resolve: ({ modelId }) => modelId,
      }),
      ...resultColumns(t, enums),
      confusionMatrix: t.field({
        type: t.listRef(t.listRef('Int')),
        description:
          'Counts of answers: rows are actual, columns predicted classes, both in the order of `classes`.',
        resolve: ({ evaluation }) => evaluation.confusion,
      }),
      rocAucInterval: t.field({
        type: Interval,
        nullable: true,
        description: 'Of rocAuc: bootstrap over groups of near-duplicates, 95 %.',
        resolve: ({ evaluation }) => evaluation.rocAucInterval,
      }),
      averagePrecision: t.float({
        nullable: true,
        description: 'Mean precision over the steps of recall; null where rocAuc is.',
        resolve: ({ evaluation }) => evaluation.averagePrecision,
      }),
      matthewsCorrelation: t.float({
        description: '-1 to 1; 0 is chance.',
        resolve: ({ evaluation }) => evaluation.mcc,
      }),
      ece: t.float({
        nullable: true,
        description:
          'Expected calibration error in 15 bins of equal mass; null below 200 test pictures, where even perfect calibration shows a large one.',
        resolve: ({ evaluation }) => evaluation.calibrationError?.value ?? null,
      }),
      eceNull: t.float({
        nullable: true,
        description:
          'What ece would be on average for a perfectly calibrated model with the same probabilities; null where ece is.',
        resolve: ({ evaluation }) => evaluation.calibrationError?.nullValue ?? null,
      }),
      groupCount: t.int({
        description: 'Independent groups among them, which the intervals take as n.',
        resolve: ({ evaluation }) => evaluation.groupCount,
      }),
      classes: t.stringList({
        description: 'In the order of indices, matrices and probabilities.',
        resolve: ({ evaluation }) => evaluation.classes,
      }),
      accuracyInterval: t.field({
        type: ProportionRef,
        description: 'The accuracy with its counts.',
        resolve: ({ evaluation }) => evaluation.accuracy,
      }),
      balancedAccuracy: t.float({
        description: 'Mean recall of the classes, 0 to 1.',
        resolve: ({ evaluation }) => evaluation.balancedAccuracy,
      }),
      crossValidation: t.field({
        type: FoldsRef,
        nullable: true,
        description: 'Folds and repeats; null where the test pictures were held out.',
        resolve: ({ evaluation }) => evaluation.crossValidation ?? null,
      }),
      warnings: t.field({
        type: [WarningRef],
        description: 'How far the figures can be trusted; empty where nothing stands against them.',
        resolve: ({ evaluation }) => evaluation.warnings,
      }),
      perClass: t.field({
        type: [ClassMetricsRef],
        description: 'In the order of `classes`.',
        resolve: ({ evaluation }) => evaluation.perClass,
      }),
      baselines: t.field({
        type: [BaselineRef],
        description: 'What rules that see no picture reach on the same test pictures.',
        resolve: ({ evaluation }) => evaluation.baselines,
      }),
      scores: t.loadableList({
        type: TestScore,
        description: 'Every test picture, in the order of the data set.',
        load: (ids: string[], { app }) => findScoresOfResults(app.database, ids),
        resolve: ({ id }) => id,
      }),
      plots: t.field({
        type: [Plot],
        description: 'Confusion matrix, ROC, precision and recall, calibration, test pictures.',
        resolve: (result, _args, context) =>
          resultPlots(result, {
            thumbnails: context.app.thumbnails,
            loadScores: () => scoresLoader(context).load(result.id),
          }),
      }),
    }),
  });

  const [resultConnection, resultEdge] = connectionNames('Result');
  const { ResultFilter: Filter, ResultOrder: Order } = defineResultInputs(builder, enums);
  builder.queryField('results', (t) =>
    t.connection(
      {
        type: Result,
        description:
          'The results table: filter and order by every column; best first where no order is given.',
        args: {
          filter: t.arg({ type: Filter, description: 'All where absent.' }),
          orderBy: t.arg({
            type: [Order],
            description: 'First term first; ties go by age, in the direction of the last term.',
          }),
        },
        resolve: async (_root, { filter, orderBy, ...args }, { app }) => {
          const condition: ResultFilter = filter ?? {};
          return {
            ...(await connectionOf(args, (page) =>
              pageResults(app.database, condition, orderBy ?? DEFAULT_ORDER, page),
            )),
            filter: condition,
          };
        },
      },
      {
        ...resultConnection,
        fields: (tc) => ({
          totalCount: tc.int({
            description: 'Results that the filter lets through.',
            resolve: (connection, _args, { app }) =>
              countResults(app.database, (connection as unknown as { filter: ResultFilter }).filter),
          }),
        }),
      },
      resultEdge,
    ),
  );
}
