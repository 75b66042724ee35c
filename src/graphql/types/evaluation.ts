import type { Baseline, ClassMetrics, Evaluation, Proportion } from '../../evaluation/evaluation.js';
import type { Builder } from '../builder.js';

/** What an evaluation is made of; `Result` in result.ts holds them. */
export function defineEvaluation(builder: Builder) {
  const ProportionRef = builder.objectRef<Proportion>('Proportion').implement({
    description: 'A share k of n with its Wilson 95 % interval.',
    fields: (t) => ({
      value: t.exposeFloat('value', { nullable: true, description: 'k / n; null where n is 0.' }),
      k: t.exposeInt('k', { description: 'Pictures that count.' }),
      n: t.exposeInt('n', { description: 'Pictures in all.' }),
      low: t.exposeFloat('low', { nullable: true, description: 'Lower end; null where n is 0.' }),
      high: t.exposeFloat('high', { nullable: true, description: 'Upper end; null where n is 0.' }),
    }),
  });
  const Interval = builder.objectRef<NonNullable<Evaluation['rocAucInterval']>>('Interval').implement({
    description: 'Where a value lies with 95 % confidence.',
    fields: (t) => ({
      low: t.exposeFloat('low', { description: 'Lower end.' }),
      high: t.exposeFloat('high', { description: 'Upper end.' }),
    }),
  });
  const ClassMetricsRef = builder.objectRef<ClassMetrics>('ClassMetrics').implement({
    description: 'How well one class is told from the others.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'The class.' }),
      support: t.exposeInt('support', { description: 'Test pictures of this class.' }),
      precision: t.field({
        type: ProportionRef,
        description: 'Of the pictures that were called this class, those that are.',
        resolve: ({ precision }) => precision,
      }),
      recall: t.field({
        type: ProportionRef,
        description: 'Of the pictures of this class, those that were called so.',
        resolve: ({ recall }) => recall,
      }),
      f1: t.exposeFloat('f1', { description: 'Harmonic mean of precision and recall, 0 to 1.' }),
    }),
  });
  const BaselineRef = builder.objectRef<Baseline>('Baseline').implement({
    description: 'A rule that looks at something other than the content of the picture, for comparison.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'What it looks at: metadata-only or brightness-only.' }),
      accuracy: t.field({
        type: ProportionRef,
        description: 'On the same test pictures.',
        resolve: ({ accuracy }) => accuracy,
      }),
    }),
  });
  return { ProportionRef, Interval, ClassMetricsRef, BaselineRef };
}
