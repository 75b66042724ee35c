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
      modelNumber: t.exposeInt('modelNumber', { description: 'Column model_id.' }),
      modelName: t.exposeString('modelName', { description: 'Name of the model.' }),
      hardwareType: t.expose('hardwareType', {
        type: enums.DeviceKind,
        description: 'What it was trained on.',
      }),
      pretrainedModel: t.expose('pretrainedModel', {
        type: enums.Architecture,
        description: 'Network of its backbone.',
      }),
      classifierHead: t.expose('classifierHead', { type: enums.Head, description: 'Shape of its head.' }),
      optAlg: t.expose('optAlg', { type: enums.Optimizer, description: 'What trained the head.' }),
      trainable: t.expose('trainable', {
        type: enums.Trainable,
        description: 'What its training moved.',
      }),
      trainingTimeMins: t.exposeFloat('trainingTimeMins', {
        description: 'Minutes from the start of the run to the scored test pictures.',
      }),
      inferenceTimeSecs: t.exposeFloat('inferenceTimeSecs', {
        description: 'Seconds for one picture alone, network input to probabilities.',
      }),
      accuracy: t.exposeFloat('accuracy', { description: 'Share of the test pictures, 0 to 1.' }),
      accuracyLow: t.exposeFloat('accuracyLow', { description: 'Lower end of its Wilson 95 % interval.' }),
      accuracyHigh: t.exposeFloat('accuracyHigh', { description: 'Upper end of its Wilson 95 % interval.' }),
      precision: t.exposeFloat('precision', {
        description: 'Mean over the classes, weighted by their support, 0 to 1.',
      }),
      recall: t.exposeFloat('recall', {
        description: 'Weighted like precision, hence equal to the accuracy.',
      }),
      f1: t.exposeFloat('f1', { description: 'Weighted like precision, 0 to 1.' }),
      confusionMatrix: t.field({
        type: t.listRef(t.listRef('Int')),
        description:
          'Counts of answers: rows are actual, columns predicted classes, both in the order of `classes`.',
        resolve: ({ evaluation }) => evaluation.confusion,
      }),
      rocAuc: t.exposeFloat('rocAuc', {
        nullable: true,
        description: 'Area under the ROC curve, from scores; null where the test pictures lack a class.',
      }),
      rocAucHard: t.exposeFloat('rocAucHard', {
        nullable: true,
        description: 'The same from predicted labels, as the published table has it.',
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
      logLoss: t.exposeFloat('logLoss', {
        description: 'Mean cross-entropy of the probabilities, natural logarithm.',
      }),
      brier: t.exposeFloat('brier', { description: 'Mean squared error of the probabilities.' }),
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
      testCount: t.exposeInt('testCount', { description: 'Test pictures.' }),
      groupCount: t.int({
        nullable: true,
        description: 'Independent groups among them, which the intervals take as n; null before it was kept.',
        resolve: ({ evaluation }) => evaluation.groupCount ?? null,
      }),
      epochs: t.exposeInt('epochs', { description: 'Epochs that it was trained for.' }),
      learningRate: t.exposeFloat('learningRate', { description: 'Of the optimizer.' }),
      batchSize: t.exposeInt('batchSize', { description: 'Pictures per training step.' }),
      seed: t.exposeInt('seed', { description: 'Of the run.' }),
      engine: t.expose('engine', { type: enums.Engine, description: 'What trained the head.' }),
      datasetName: t.exposeString('datasetName', { description: 'Data set of the test pictures.' }),
      datasetDigest: t.exposeString('datasetDigest', { description: 'Its digest.' }),
      testDescription: t.exposeString('testDescription', {
        description: 'Which of its pictures were the test.',
      }),
      kind: t.expose('kind', { type: enums.ResultKind, description: 'Held-out pictures, or folds.' }),
      testDigest: t.exposeString('testDigest', {
        nullable: true,
        description: 'SHA-256 over the test pictures: equal where two models were tested on the same ones.',
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was stored.' }),
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
        resolve: ({ evaluation }) => evaluation.warnings ?? [],
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
