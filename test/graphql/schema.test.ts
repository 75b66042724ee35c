import { readFileSync } from 'node:fs';
import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  printSchema,
} from 'graphql';
import { ERRORS } from '../../src/errors.js';
import { buildSchema } from '../../src/graphql/schema.js';
import { COLUMN_NAMES } from '../../src/words/result-columns.js';

const schema = buildSchema();
const types = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);

interface Described {
  path: string;
  description: string | null | undefined;
}

function describedParts(): Described[] {
  return types.flatMap((type): Described[] => {
    const self = { path: type.name, description: type.description };
    if (isEnumType(type)) {
      return [
        self,
        ...type.getValues().map(({ name, description }) => ({ path: `${type.name}.${name}`, description })),
      ];
    }
    if (isInputObjectType(type)) {
      const fields = Object.values(type.getFields());
      return [
        self,
        ...fields.map(({ name, description }) => ({ path: `${type.name}.${name}`, description })),
      ];
    }
    if (!isObjectType(type) && !isInterfaceType(type)) return [self];
    return [
      self,
      ...Object.values(type.getFields()).flatMap((field) => [
        { path: `${type.name}.${field.name}`, description: field.description },
        ...field.args.map(({ name, description }) => ({
          path: `${type.name}.${field.name}(${name})`,
          description,
        })),
      ]),
    ];
  });
}

describe('the schema', () => {
  it('is what schema.graphql says (else: npm run schema:print)', () => {
    expect(readFileSync('schema.graphql', 'utf8')).toBe(`${printSchema(schema)}\n`);
  });

  it('describes every type, field, argument and value', () => {
    // The filter has one field for each column; its own description says what they are.
    const isColumn = (path: string) => /^(ResultFilter|ResultOrderField)\./.test(path);
    const bare = describedParts().filter(({ path, description }) => !isColumn(path) && !description);
    expect(bare.map(({ path }) => path)).toEqual([]);
  });

  it('filters and orders the results by every column that they are stored with', () => {
    const columns = [...COLUMN_NAMES].sort();
    const filter = schema.getType('ResultFilter');
    const order = schema.getType('ResultOrderField');
    const result = schema.getType('Result');
    if (!isInputObjectType(filter) || !isEnumType(order) || !isObjectType(result)) throw new Error('missing');
    expect(Object.keys(filter.getFields()).sort()).toEqual(columns);
    expect(
      order
        .getValues()
        .map(({ value }) => value as string)
        .sort(),
    ).toEqual(columns);
    expect(Object.keys(result.getFields())).toEqual(expect.arrayContaining(columns));
  });

  it('lists the error codes', () => {
    const codes = schema.getType('ErrorCode');
    if (!isEnumType(codes)) throw new Error('missing');
    expect(
      codes
        .getValues()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(Object.keys(ERRORS).sort());
  });

  it('pages every list of objects in the same way', () => {
    const connections = Object.values(schema.getQueryType()!.getFields()).filter(({ type }) =>
      String(type).endsWith('Connection!'),
    );
    expect(connections.map(({ name, type }) => `${name}: ${String(type)}`)).toEqual([
      'classifications: ClassificationConnection!',
      'datasets: DatasetConnection!',
      'models: ModelConnection!',
      'results: ResultConnection!',
      'sweeps: SweepConnection!',
      'trainingRuns: TrainingRunConnection!',
    ]);
    for (const { args } of connections) {
      expect(args.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['first', 'after', 'last', 'before']),
      );
    }
  });
});
