/** What a column of the results holds: text, a number, a moment, or one of a closed list (the name of its GraphQL enum). */
export type ColumnType =
  | 'String'
  | 'Int'
  | 'Float'
  | 'DateTime'
  | 'Architecture'
  | 'DeviceKind'
  | 'Engine'
  | 'Head'
  | 'Optimizer'
  | 'ResultKind'
  | 'Trainable';

interface ResultColumnRow {
  type: ColumnType;
  /** Null where the test does not allow the value. */
  isNullable?: true;
  description: string;
}

/**
 * One row per column of the results: the fields of the GraphQL type, its filter and its order, and the conditions of the
 * query are made from it.
 */
export const RESULT_COLUMNS = {
  modelNumber: { type: 'Int', description: 'Column model_id.' },
  modelName: { type: 'String', description: 'Name of the model.' },
  hardwareType: { type: 'DeviceKind', description: 'What it was trained on.' },
  pretrainedModel: { type: 'Architecture', description: 'Network of its backbone.' },
  classifierHead: { type: 'Head', description: 'Shape of its head.' },
  optAlg: { type: 'Optimizer', description: 'What trained the head.' },
  trainable: { type: 'Trainable', description: 'What its training moved.' },
  trainingTimeMins: {
    type: 'Float',
    description: 'Minutes from the start of the run to the scored test pictures.',
  },
  inferenceTimeSecs: {
    type: 'Float',
    description: 'Seconds for one picture alone, network input to probabilities.',
  },
  accuracy: { type: 'Float', description: 'Share of the test pictures, 0 to 1.' },
  accuracyLow: { type: 'Float', description: 'Lower end of its Wilson 95 % interval.' },
  accuracyHigh: { type: 'Float', description: 'Upper end of its Wilson 95 % interval.' },
  precision: { type: 'Float', description: 'Mean over the classes, weighted by their support, 0 to 1.' },
  recall: { type: 'Float', description: 'Weighted like precision, hence equal to the accuracy.' },
  f1: { type: 'Float', description: 'Weighted like precision, 0 to 1.' },
  rocAuc: {
    type: 'Float',
    isNullable: true,
    description: 'Area under the ROC curve, from scores; null where the test pictures lack a class.',
  },
  rocAucHard: {
    type: 'Float',
    isNullable: true,
    description: 'The same from predicted labels, as the published table has it.',
  },
  logLoss: { type: 'Float', description: 'Mean cross-entropy of the probabilities, natural logarithm.' },
  brier: { type: 'Float', description: 'Mean squared error of the probabilities.' },
  testCount: { type: 'Int', description: 'Test pictures.' },
  epochs: { type: 'Int', description: 'Epochs that it was trained for.' },
  learningRate: { type: 'Float', description: 'Of the optimizer.' },
  batchSize: { type: 'Int', description: 'Pictures per training step.' },
  seed: { type: 'Int', description: 'Of the run.' },
  engine: { type: 'Engine', description: 'What trained the head.' },
  datasetName: { type: 'String', description: 'Data set of the test pictures.' },
  datasetDigest: { type: 'String', description: 'Its digest.' },
  testDescription: { type: 'String', description: 'Which of its pictures were the test.' },
  kind: { type: 'ResultKind', description: 'Held-out pictures, or folds.' },
  testDigest: {
    type: 'String',
    description: 'SHA-256 over the test pictures: equal where two models were tested on the same ones.',
  },
  createdAt: { type: 'DateTime', description: 'When it was stored.' },
} as const satisfies Record<string, ResultColumnRow>;

type Columns = typeof RESULT_COLUMNS;
export type ResultColumn = keyof Columns;
type ColumnsOf<Type extends ColumnType> = {
  [Name in ResultColumn]: Columns[Name]['type'] extends Type ? Name : never;
}[ResultColumn];
/** Filtered by a range. */
export type NumericColumn = ColumnsOf<'Int' | 'Float'>;
export type DateColumn = ColumnsOf<'DateTime'>;
/** Filtered by the values that they may have. */
export type TextColumn = Exclude<ResultColumn, NumericColumn | DateColumn>;

export const COLUMN_NAMES = Object.keys(RESULT_COLUMNS) as ResultColumn[];

export function isTextColumn(name: ResultColumn): name is TextColumn {
  const { type } = RESULT_COLUMNS[name];
  return type !== 'Int' && type !== 'Float' && type !== 'DateTime';
}

export const TEXT_COLUMNS = COLUMN_NAMES.filter(isTextColumn);
export const RANGE_COLUMNS = COLUMN_NAMES.filter(
  (name): name is NumericColumn | DateColumn => !isTextColumn(name),
);
