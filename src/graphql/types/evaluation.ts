import type { Baseline, ClassMetrics, Proportion } from '../../evaluation/evaluation.js';
import type { Builder } from '../builder.js';

export function defineEvaluation(builder: Builder) {
  const ProportionRef = builder.objectRef<Proportion>('Proportion').implement({
    description: 'A share k of n with its Wilson 95 % interval.',
    fields: (t) => ({
      value: t.exposeFloat('value', { nullable: true, description: 'Null where n is 0.' }),
      k: t.exposeInt('k'),
      n: t.exposeInt('n'),
      low: t.exposeFloat('low', { nullable: true }),
      high: t.exposeFloat('high', { nullable: true }),
    }),
  });
  const ClassMetricsRef = builder.objectRef<ClassMetrics>('ClassMetrics').implement({
    fields: (t) => ({
      name: t.exposeString('name'),
      support: t.exposeInt('support', { description: 'Test pictures of this class.' }),
      precision: t.field({ type: ProportionRef, resolve: ({ precision }) => precision }),
      recall: t.field({ type: ProportionRef, resolve: ({ recall }) => recall }),
      f1: t.exposeFloat('f1'),
    }),
  });
  const BaselineRef = builder.objectRef<Baseline>('Baseline').implement({
    description: 'A rule that looks at something other than the content of the picture, for comparison.',
    fields: (t) => ({
      name: t.exposeString('name'),
      accuracy: t.field({ type: ProportionRef, resolve: ({ accuracy }) => accuracy }),
    }),
  });
  return { ProportionRef, ClassMetricsRef, BaselineRef };
}

export type EvaluationTypes = ReturnType<typeof defineEvaluation>;
