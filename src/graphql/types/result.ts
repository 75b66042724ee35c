import { selectByIds } from '../../db/select-by-ids.js';
import { results } from '../../db/schema.js';
import {
  countResults,
  findScoresOfResults,
  pageResults,
  type ResultFilter,
  type ResultOrder,
  type TestScoreRow,
} from '../../registry/results.js';
import type { Builder } from '../builder.js';
import type { GraphQLContext } from '../context.js';
import { connectionOf } from '../connection.js';
import type { Enums } from './enums.js';
import { defineEvaluation } from './evaluation.js';
import { defineResultInputs } from './result-filter.js';

const DEFAULT_ORDER: readonly ResultOrder[] = [
  { field: 'accuracyLow', direction: 'desc' },
  { field: 'logLoss', direction: 'asc' },
];

function defineTestScore(builder: Builder) {
  return builder.objectRef<TestScoreRow>('TestScore').implement({
    description: 'What a model said of one test picture.',
    fields: (t) => ({
      name: t.exposeString('name'),
      sha256: t.exposeString('sha256'),
      label: t.exposeInt('label', { description: 'Index of the true class.' }),
      predicted: t.exposeInt('predicted', { description: 'Index of the predicted class.' }),
      probabilities: t.exposeFloatList('probabilities'),
    }),
  });
}

/** The node alone: models refer to their results, and the results' own fields are added by `defineResult`. */
export function createResultNode(builder: Builder) {
  return builder.loadableNodeRef('Result', {
    id: { resolve: ({ id }) => id },
    load: async (ids: string[], { app }: GraphQLContext) => selectByIds(app.database, results, ids),
  });
}

export type ResultNode = ReturnType<typeof createResultNode>;

export function defineResult(builder: Builder, enums: Enums, Result: ResultNode): void {
  const { ProportionRef, ClassMetricsRef, BaselineRef } = defineEvaluation(builder);
  const TestScore = defineTestScore(builder);
  Result.implement({
    description: "One evaluation of one model: the published experiment's twelve columns and what makes them honest.",
    fields: (t) => ({
      modelNumber: t.exposeInt('modelNumber', { description: 'model_id' }),
      modelName: t.exposeString('modelName'),
      hardwareType: t.expose('hardwareType', { type: enums.DeviceKind }),
      pretrainedModel: t.expose('pretrainedModel', { type: enums.Architecture }),
      classifierHead: t.expose('classifierHead', { type: enums.Head }),
      optAlg: t.expose('optAlg', { type: enums.Optimizer }),
      trainingTimeMins: t.exposeFloat('trainingTimeMins'),
      inferenceTimeSecs: t.exposeFloat('inferenceTimeSecs', {
        description: 'Seconds for one picture alone, network input to probabilities.',
      }),
      accuracy: t.exposeFloat('accuracy', { description: '0 to 1, like all shares.' }),
      accuracyLow: t.exposeFloat('accuracyLow', { description: 'Lower end of its Wilson 95 % interval.' }),
      accuracyHigh: t.exposeFloat('accuracyHigh'),
      precision: t.exposeFloat('precision', { description: 'Mean over the classes, weighted by their support.' }),
      recall: t.exposeFloat('recall', { description: 'Weighted like precision, hence equal to the accuracy.' }),
      f1: t.exposeFloat('f1'),
      confusionMatrix: t.field({
        type: t.listRef(t.listRef('Int')),
        description: 'Rows are actual, columns predicted classes.',
        resolve: ({ evaluation }) => evaluation.confusion,
      }),
      rocAuc: t.exposeFloat('rocAuc', { nullable: true, description: 'From scores.' }),
      rocAucHard: t.exposeFloat('rocAucHard', {
        nullable: true,
        description: 'From predicted labels, as the published table has it.',
      }),
      rocAucInterval: t.field({
        type: t.listRef('Float'),
        nullable: true,
        description: 'Cluster bootstrap 95 % interval of rocAuc: low, high.',
        resolve: ({ evaluation: { rocAucInterval } }) =>
          rocAucInterval === null ? null : [rocAucInterval.low, rocAucInterval.high],
      }),
      averagePrecision: t.float({ nullable: true, resolve: ({ evaluation }) => evaluation.averagePrecision }),
      matthewsCorrelation: t.float({ description: '-1 to 1.', resolve: ({ evaluation }) => evaluation.mcc }),
      logLoss: t.exposeFloat('logLoss'),
      brier: t.exposeFloat('brier'),
      testCount: t.exposeInt('testCount'),
      epochs: t.exposeInt('epochs'),
      learningRate: t.exposeFloat('learningRate'),
      batchSize: t.exposeInt('batchSize'),
      seed: t.exposeInt('seed'),
      engine: t.expose('engine', { type: enums.Engine }),
      datasetName: t.exposeString('datasetName'),
      datasetDigest: t.exposeString('datasetDigest'),
      testDescription: t.exposeString('testDescription'),
      createdAt: t.expose('createdAt', { type: 'DateTime' }),
      classes: t.stringList({ resolve: ({ evaluation }) => evaluation.classes }),
      accuracyInterval: t.field({ type: ProportionRef, resolve: ({ evaluation }) => evaluation.accuracy }),
      balancedAccuracy: t.float({ resolve: ({ evaluation }) => evaluation.balancedAccuracy }),
      perClass: t.field({ type: [ClassMetricsRef], resolve: ({ evaluation }) => evaluation.perClass }),
      baselines: t.field({ type: [BaselineRef], resolve: ({ evaluation }) => evaluation.baselines }),
      scores: t.loadableList({
        type: TestScore,
        load: (ids: string[], { app }) => findScoresOfResults(app.database, ids),
        resolve: ({ id }) => id,
      }),
    }),
  });

  const { ResultFilter: Filter, ResultOrder: Order } = defineResultInputs(builder, enums);
  builder.queryField('results', (t) =>
    t.connection(
      {
        type: Result,
        description: 'The results table; best first where no order is given.',
        args: {
          filter: t.arg({ type: Filter }),
          orderBy: t.arg({ type: [Order], description: 'First term first; ties go by age.' }),
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
        fields: (tc) => ({
          totalCount: tc.int({
            description: 'Results that the filter lets through.',
            resolve: (connection, _args, { app }) =>
              countResults(app.database, (connection as unknown as { filter: ResultFilter }).filter),
          }),
        }),
      },
    ),
  );
}
