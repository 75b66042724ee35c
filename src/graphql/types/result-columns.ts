import type { InputFieldRef } from '@pothos/core';
import type { ResultFilter, ResultRow } from '../../registry/results.js';
import { COLUMN_NAMES, isTextColumn, RESULT_COLUMNS, type ColumnType } from '../../words/result-columns.js';
import type { Builder, SchemaShape } from '../builder.js';
import { present } from '../present.js';
import type { Enums } from './enums.js';

type FieldBuilder = PothosSchemaTypes.ObjectFieldBuilder<SchemaShape, ResultRow>;
type InputBuilder = Parameters<Parameters<Builder['inputType']>[1]['fields']>[0];
type FilterFields = { [Name in keyof ResultFilter]-?: InputFieldRef<SchemaShape, ResultFilter[Name]> };

/** A field of Result for each column. */
export function resultColumns(t: FieldBuilder, enums: Enums) {
  return Object.fromEntries(
    COLUMN_NAMES.map((name) => {
      const { type, description, ...row } = RESULT_COLUMNS[name];
      const options = { type: typeOf(enums, type), description };
      const resolve = (result: ResultRow) => result[name];
      if ('isNullable' in row) return [name, t.field({ ...options, nullable: true, resolve })];
      return [name, t.field({ ...options, resolve: (result) => present(resolve(result)) })];
    }),
  );
}

/** A condition for each column: a list of values, or a range. */
export function columnFilters(t: InputBuilder, enums: Enums, ranges: Ranges): FilterFields {
  const fields = COLUMN_NAMES.map((name) => {
    const { type } = RESULT_COLUMNS[name];
    if (isTextColumn(name)) return [name, t.field({ type: [typeOf(enums, type)] })];
    return [name, t.field({ type: ranges[type as keyof Ranges] })];
  });
  // The table of columns decides about the type of a condition here and in the query.
  return Object.fromEntries(fields) as FilterFields;
}

type Ranges = ReturnType<typeof defineRanges>;

/** Inputs with two ends, by the type of the column. */
export function defineRanges(builder: Builder) {
  const description = 'Both ends are included; an absent end is open.';
  const ends = { min: { description: 'Smallest value.' }, max: { description: 'Largest value.' } };
  return {
    Int: builder.inputType('IntRange', {
      description,
      fields: (t) => ({ min: t.int(ends.min), max: t.int(ends.max) }),
    }),
    Float: builder.inputType('FloatRange', {
      description,
      fields: (t) => ({ min: t.float(ends.min), max: t.float(ends.max) }),
    }),
    DateTime: builder.inputType('DateTimeRange', {
      description,
      fields: (t) => ({
        min: t.field({ type: 'DateTime', ...ends.min }),
        max: t.field({ type: 'DateTime', ...ends.max }),
      }),
    }),
  };
}

function typeOf(enums: Enums, type: ColumnType) {
  if (type === 'String' || type === 'Int' || type === 'Float' || type === 'DateTime') return type;
  return enums[type];
}
