import type {
  Baseline,
  Calibration,
  ClassMetrics,
  Evaluation,
  EvaluationWarning,
  FoldRepeat,
  FoldSummary,
  Proportion,
} from '../../words/evaluation.js';
import type { Builder } from '../builder.js';
import type { Enums } from './enums.js';

/** The temperature of a model's probabilities. */
export function defineCalibration(builder: Builder, enums: Enums) {
  return builder.objectRef<Calibration>('Calibration').implement({
    description:
      'A temperature that divides the logits before the softmax, fitted on pictures outside the training of the heads. It changes no label.',
    fields: (t) => ({
      temperature: t.exposeFloat('temperature', {
        description: '0.25 to 20; below 1 sharpens, above 1 softens.',
      }),
      fittedOn: t.expose('fittedOn', {
        type: enums.CalibrationSource,
        description: 'Where its pictures came from.',
      }),
      groupCount: t.exposeInt('groupCount', {
        description: 'Independent groups of pictures that it was fitted on.',
      }),
      isApplied: t.exposeBoolean('isApplied', {
        description:
          'Whether probabilities are divided by it; below 50 groups it is unreliable and only shown.',
      }),
      isSeparated: t.boolean({
        description:
          'Whether all of those pictures were told right; smoothed targets then keep the temperature from falling for ever.',
        resolve: ({ isSeparated }) => isSeparated ?? false,
      }),
      logLossBefore: t.exposeFloat('logLossBefore', { description: 'On those pictures, without it.' }),
      logLossAfter: t.exposeFloat('logLossAfter', { description: 'On those pictures, with it.' }),
    }),
  });
}

function defineFolds(builder: Builder) {
  const Repeat = builder.objectRef<FoldRepeat>('FoldRepeat').implement({
    description: 'One way to share the pictures out to folds.',
    fields: (t) => ({
      seed: t.exposeInt('seed', { description: 'Seeds its heads.' }),
      accuracy: t.exposeFloat('accuracy', {
        description:
          'Of its answers, one per picture. The repeats share their pictures: their spread is no standard error.',
      }),
    }),
  });
  return builder.objectRef<FoldSummary>('CrossValidation').implement({
    description: 'What the pooled answers came from.',
    fields: (t) => ({
      folds: t.exposeInt('folds', { description: 'Each picture is in one fold of each repeat.' }),
      repeats: t.field({
        type: [Repeat],
        description: 'In the order in which they were drawn.',
        resolve: ({ repeats }) => repeats,
      }),
    }),
  });
}

function defineWarning(builder: Builder, enums: Enums) {
  return builder.objectRef<EvaluationWarning>('EvaluationWarning').implement({
    description: 'A warning to readers of an evaluation.',
    fields: (t) => ({
      code: t.expose('code', { type: enums.EvaluationWarningCode, description: 'From the closed list.' }),
      message: t.exposeString('message', { description: 'With the counts.' }),
    }),
  });
}

/** What an evaluation is made of; `Result` in result.ts holds them. */
export function defineEvaluation(builder: Builder, enums: Enums) {
  const ProportionRef = builder.objectRef<Proportion>('Proportion').implement({
    description: 'A share k of n with its Wilson 95 % interval.',
    fields: (t) => ({
      value: t.exposeFloat('value', { nullable: true, description: 'k / n; null where n is 0.' }),
      k: t.exposeInt('k', { description: 'Answers that count.' }),
      n: t.exposeInt('n', {
        description: 'Answers in all: pictures, times the repeats of a cross-validation.',
      }),
      groupCount: t.int({
        description: 'Independent groups of pictures among them: what the interval takes as n.',
        resolve: ({ groupCount, n }) => groupCount ?? n,
      }),
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
    description: 'How well the model separates one class from the others.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'The class.' }),
      support: t.exposeInt('support', { description: 'Answers to test pictures of this class.' }),
      precision: t.field({
        type: ProportionRef,
        description: 'Share of the answers with this class that are right.',
        resolve: ({ precision }) => precision,
      }),
      recall: t.field({
        type: ProportionRef,
        description: 'Share of the pictures of this class that were answered right.',
        resolve: ({ recall }) => recall,
      }),
      f1: t.exposeFloat('f1', { description: 'Harmonic mean of precision and recall, 0 to 1.' }),
    }),
  });
  const BaselineRef = builder.objectRef<Baseline>('Baseline').implement({
    description: 'A rule that ignores the content of the picture, for comparison.',
    fields: (t) => ({
      name: t.exposeString('name', {
        description: 'What the rule uses: majority (only the classes), metadata-only or brightness-only.',
      }),
      accuracy: t.field({
        type: ProportionRef,
        description: 'Accuracy on the same test pictures, after learning from the same training pictures.',
        resolve: ({ accuracy }) => accuracy,
      }),
    }),
  });
  return {
    ProportionRef,
    Interval,
    ClassMetricsRef,
    BaselineRef,
    FoldsRef: defineFolds(builder),
    WarningRef: defineWarning(builder, enums),
  };
}

export type EvaluationRefs = ReturnType<typeof defineEvaluation>;
