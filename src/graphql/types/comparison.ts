import type { CommonPicture } from '../../comparison/common-pictures.js';
import { compareModels, type ModelComparison } from '../../comparison/compare-models.js';
import { explainComparison } from '../../comparison/explain-comparison.js';
import type { TestedPicture } from '../../comparison/tested-pictures.js';
import type { Builder } from '../builder.js';
import type { Nodes } from '../nodes.js';
import { decodeReference } from '../references.js';
import type { EvaluationRefs } from './evaluation.js';

/** One of the two models with what belongs to it. */
interface ComparedModel {
  model: ModelComparison['first'];
  accuracy: ModelComparison['firstAccuracy'];
  rocAuc: number | null;
  onlyRight: number;
}

function definePictureDifference(builder: Builder) {
  const GivenAnswer = builder.objectRef<TestedPicture>('GivenAnswer').implement({
    description: 'What one model said of a picture.',
    fields: (t) => ({
      label: t.exposeString('predicted', { description: 'The class.' }),
      probability: t.float({
        description: 'Of that class, 0 to 1.',
        resolve: ({ probabilities, predicted }) => probabilities.get(predicted) ?? 0,
      }),
    }),
  });
  return builder.objectRef<CommonPicture>('PictureDifference').implement({
    description: 'A test picture that two models label differently.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Path of the picture below the folder of its data set.' }),
      sha256: t.exposeString('sha256', { description: 'Of the bytes of the file.' }),
      label: t.exposeString('label', { description: 'The true class.' }),
      a: t.field({
        type: GivenAnswer,
        description: 'What the first model said.',
        resolve: ({ first }) => first,
      }),
      b: t.field({
        type: GivenAnswer,
        description: 'What the second model said.',
        resolve: ({ second }) => second,
      }),
    }),
  });
}

function defineComparedModel(builder: Builder, { Model }: Nodes, { ProportionRef }: EvaluationRefs) {
  return builder.objectRef<ComparedModel>('ComparedModel').implement({
    description: 'One of two models, on the test pictures that both were tested on.',
    fields: (t) => ({
      model: t.field({ type: Model, description: 'The model.', resolve: ({ model }) => model }),
      accuracy: t.field({
        type: ProportionRef,
        description: 'On these pictures.',
        resolve: ({ accuracy }) => accuracy,
      }),
      rocAuc: t.exposeFloat('rocAuc', {
        nullable: true,
        description:
          'Area under the ROC curve on these pictures; null where classes differ or one has no pictures.',
      }),
      onlyRight: t.exposeInt('onlyRight', { description: 'Pictures that only this model answered right.' }),
    }),
  });
}

export function defineComparison(builder: Builder, nodes: Nodes, evaluation: EvaluationRefs): void {
  const PictureDifference = definePictureDifference(builder);
  const ComparedModelRef = defineComparedModel(builder, nodes, evaluation);
  const Comparison = builder.objectRef<ModelComparison>('ModelComparison').implement({
    description: 'Two models, picture by picture.',
    fields: (t) => ({
      a: t.field({
        type: ComparedModelRef,
        description: 'The first model.',
        resolve: ({ first, firstAccuracy, areas, disagreement }) => ({
          model: first,
          accuracy: firstAccuracy,
          rocAuc: areas?.first ?? null,
          onlyRight: disagreement.onlyFirst,
        }),
      }),
      b: t.field({
        type: ComparedModelRef,
        description: 'The second model.',
        resolve: ({ second, secondAccuracy, areas, disagreement }) => ({
          model: second,
          accuracy: secondAccuracy,
          rocAuc: areas?.second ?? null,
          onlyRight: disagreement.onlySecond,
        }),
      }),
      pictureCount: t.exposeInt('pictureCount', { description: 'Test pictures that both were tested on.' }),
      groupCount: t.exposeInt('groupCount', {
        description: 'Groups of near-duplicates among them; a picture alone is one.',
      }),
      pValue: t.float({
        description:
          'Exact McNemar test of the accuracies, two-sided, a group of near-duplicates counted once.',
        resolve: ({ disagreement }) => disagreement.pValue,
      }),
      rocAucDifference: t.float({
        nullable: true,
        description:
          'Area of the first minus that of the second; null where their classes differ or one has no pictures.',
        resolve: ({ areas }) => areas?.difference,
      }),
      rocAucDifferenceInterval: t.field({
        type: evaluation.Interval,
        nullable: true,
        description:
          'Of the difference, 95 % (DeLong, near-duplicates taken together); null where its spread cannot be estimated, as between two models without an error.',
        resolve: ({ areas }) => areas?.interval,
      }),
      rocAucPValue: t.float({
        nullable: true,
        description: 'Two-sided, of the difference (DeLong); null where the interval is.',
        resolve: ({ areas }) => areas?.pValue,
      }),
      differences: t.field({
        type: [PictureDifference],
        description: 'The pictures that they label differently, by name.',
        resolve: ({ differences }) => differences,
      }),
      explanation: t.string({ description: 'In plain words.', resolve: explainComparison }),
    }),
  });
  builder.queryField('compareModels', (t) =>
    t.field({
      type: Comparison,
      description:
        'Two models on the test pictures that both were tested on; NOT_COMPARABLE where there are none.',
      args: {
        a: t.arg.string({ required: true, description: 'Id, name or number of the first model.' }),
        b: t.arg.string({ required: true, description: 'Id, name or number of the second model.' }),
      },
      resolve: (_root, { a, b }, { app }) =>
        compareModels(app.database, decodeReference('Model', a), decodeReference('Model', b)),
    }),
  );
}
