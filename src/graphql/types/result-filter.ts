import {
  DATE_COLUMNS,
  INTEGER_COLUMNS,
  NUMBER_COLUMNS,
  TEXT_COLUMNS,
  type ResultColumn,
} from '../../registry/results.js';
import type { Builder } from '../builder.js';
import type { Enums } from './enums.js';

/** modelName -> MODEL_NAME */
const enumName = (column: string): string => column.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

const ALL_COLUMNS: readonly ResultColumn[] = [
  ...TEXT_COLUMNS,
  ...INTEGER_COLUMNS,
  ...NUMBER_COLUMNS,
  ...DATE_COLUMNS,
];

const ends = { min: { description: 'Smallest value.' }, max: { description: 'Largest value.' } };

/** Inputs that filter and order the results by every column; made from the same lists that the query is made from. */
export function defineResultInputs(builder: Builder, enums: Enums) {
  const IntRange = builder.inputType('IntRange', {
    description: 'Both ends are included; an absent end is open.',
    fields: (t) => ({ min: t.int(ends.min), max: t.int(ends.max) }),
  });
  const FloatRange = builder.inputType('FloatRange', {
    description: 'Both ends are included; an absent end is open.',
    fields: (t) => ({ min: t.float(ends.min), max: t.float(ends.max) }),
  });
  const DateTimeRange = builder.inputType('DateTimeRange', {
    description: 'Both ends are included; an absent end is open.',
    fields: (t) => ({
      min: t.field({ type: 'DateTime', ...ends.min }),
      max: t.field({ type: 'DateTime', ...ends.max }),
    }),
  });
  const ResultFilter = builder.inputType('ResultFilter', {
    description:
      'All conditions hold together; an absent one holds always. Lists name the values that a column may have, ranges the smallest and the largest. The columns are the fields of Result.',
    fields: (t) => ({
      modelName: t.stringList(),
      datasetName: t.stringList(),
      datasetDigest: t.stringList(),
      testDescription: t.stringList(),
      kind: t.field({ type: [enums.ResultKind] }),
      testDigest: t.stringList(),
      hardwareType: t.field({ type: [enums.DeviceKind] }),
      pretrainedModel: t.field({ type: [enums.Architecture] }),
      classifierHead: t.field({ type: [enums.Head] }),
      optAlg: t.field({ type: [enums.Optimizer] }),
      trainable: t.field({ type: [enums.Trainable] }),
      engine: t.field({ type: [enums.Engine] }),
      modelNumber: t.field({ type: IntRange }),
      testCount: t.field({ type: IntRange }),
      epochs: t.field({ type: IntRange }),
      batchSize: t.field({ type: IntRange }),
      seed: t.field({ type: IntRange }),
      trainingTimeMins: t.field({ type: FloatRange }),
      inferenceTimeSecs: t.field({ type: FloatRange }),
      accuracy: t.field({ type: FloatRange }),
      accuracyLow: t.field({ type: FloatRange }),
      accuracyHigh: t.field({ type: FloatRange }),
      precision: t.field({ type: FloatRange }),
      recall: t.field({ type: FloatRange }),
      f1: t.field({ type: FloatRange }),
      rocAuc: t.field({ type: FloatRange }),
      rocAucHard: t.field({ type: FloatRange }),
      logLoss: t.field({ type: FloatRange }),
      brier: t.field({ type: FloatRange }),
      learningRate: t.field({ type: FloatRange }),
      createdAt: t.field({ type: DateTimeRange }),
    }),
  });
  const ResultOrderField = builder.enumType('ResultOrderField', {
    description: 'Every column of the results; they are the fields of Result.',
    values: Object.fromEntries(ALL_COLUMNS.map((column) => [enumName(column), { value: column }])),
  });
  const ResultOrder = builder.inputType('ResultOrder', {
    description: 'One term of an order.',
    fields: (t) => ({
      field: t.field({ type: ResultOrderField, required: true, description: 'Column to order by.' }),
      direction: t.field({ type: enums.OrderDirection, required: true, description: 'Up or down.' }),
    }),
  });
  return { ResultFilter, ResultOrder };
}
