import type { BestModel, TiedModel } from '../../comparison/best-model.js';
import type { Builder } from '../builder.js';
import type { Nodes } from '../nodes.js';
import type { Enums } from './enums.js';
import type { EvaluationRefs } from './evaluation.js';

function defineTiedModel(builder: Builder, { Model, Result }: Nodes) {
  return builder.objectRef<TiedModel>('TiedModel').implement({
    description: 'A model not shown to be worse than the best one, with the evidence.',
    fields: (t) => ({
      model: t.field({ type: Model, description: 'The model.', resolve: ({ model }) => model }),
      result: t.field({
        type: Result,
        description: 'The evaluation that is compared.',
        resolve: ({ result }) => result,
      }),
      value: t.exposeFloat('value', { description: 'Of the metric.' }),
      isPaired: t.boolean({
        description:
          'Whether both were compared picture by picture. False: they were not tested on the same pictures, or what they answered is not known; their intervals overlap.',
        resolve: ({ evidence }) => evidence.paired !== null,
      }),
      onlyBestRight: t.int({
        nullable: true,
        description: 'Test pictures on which the best model is right and this one wrong.',
        resolve: ({ evidence }) => evidence.paired?.onlyFirst,
      }),
      onlyThisRight: t.int({
        nullable: true,
        description: 'Test pictures on which this model is right and the best one wrong.',
        resolve: ({ evidence }) => evidence.paired?.onlySecond,
      }),
      pValue: t.float({
        nullable: true,
        description:
          "Two-sided, of the difference in the metric, near-duplicates counted once; adjusted by Holm for the best model's comparisons with all others.",
        resolve: ({ evidence }) => evidence.paired?.adjustedPValue,
      }),
      unadjustedPValue: t.float({
        nullable: true,
        description: 'The same of this comparison alone.',
        resolve: ({ evidence }) => evidence.paired?.pValue,
      }),
    }),
  });
}

export function defineBestModel(
  builder: Builder,
  enums: Enums,
  nodes: Nodes,
  { Interval }: EvaluationRefs,
): void {
  const { Model, Result } = nodes;
  const TiedModelRef = defineTiedModel(builder, nodes);
  const BestModelRef = builder.objectRef<BestModel>('BestModel').implement({
    description:
      'The best of the models tested on the same pictures, the models tied with it, and what decided between them.',
    fields: (t) => ({
      model: t.field({ type: Model, description: 'The winner.', resolve: ({ model }) => model }),
      result: t.field({
        type: Result,
        description: 'The evaluation that it won with.',
        resolve: ({ result }) => result,
      }),
      metric: t.expose('metric', { type: enums.Metric, description: 'What was asked for.' }),
      value: t.exposeFloat('value', { description: 'Of the metric.' }),
      interval: t.field({
        type: Interval,
        nullable: true,
        description: 'Of the value, 95 %: Wilson for the accuracy, else by bootstrap over near-duplicates.',
        resolve: ({ interval }) => interval,
      }),
      decidedBy: t.expose('decidedBy', {
        type: enums.DecisionRule,
        description: 'The rule that left one model.',
      }),
      explanation: t.exposeString('explanation', { description: 'The decision in plain words.' }),
      comparedCount: t.exposeInt('comparedCount', {
        description: "Models with a result on the winner's test pictures, including the winner.",
      }),
      tiedWith: t.field({
        type: [TiedModelRef],
        description:
          'Models not shown to be worse: best value first, models tested on other pictures last. At most 100 and 50.',
        resolve: ({ ties }) => ties,
      }),
    }),
  });
  builder.queryField('bestModel', (t) =>
    t.field({
      type: BestModelRef,
      nullable: true,
      description:
        'The best registered model; by accuracy on whatever test pictures it is the one that answers where none is named. The test pictures are those of the result with the highest lower bound of its accuracy interval. Null where none is registered.',
      args: {
        metric: t.arg({ type: enums.Metric, defaultValue: 'ACCURACY', description: 'What to rank by.' }),
        dataset: t.arg.string({
          description: 'Name or digest of a data set: only results on its pictures count.',
        }),
        testDigest: t.arg.string({
          description: 'Only results on exactly these test pictures count (`Result.testDigest`).',
        }),
      },
      resolve: (_root, question, { app }) => app.bestModels.find(question),
    }),
  );
}
