import { COLUMN_NAMES } from '../../words/result-columns.js';
import type { Builder } from '../builder.js';
import type { Enums } from './enums.js';
import { columnFilters, defineRanges } from './result-columns.js';

/** modelName -> MODEL_NAME */
const enumName = (column: string): string => column.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** Inputs that filter and order the results by every column. */
export function defineResultInputs(builder: Builder, enums: Enums) {
  const ranges = defineRanges(builder);
  const ResultFilter = builder.inputType('ResultFilter', {
    description:
      'All conditions hold together; an absent one holds always. Lists name the values that a column may have, ranges the smallest and the largest. The columns are the fields of Result.',
    fields: (t) => columnFilters(t, enums, ranges),
  });
  const ResultOrderField = builder.enumType('ResultOrderField', {
    description: 'Every column of the results; they are the fields of Result.',
    values: Object.fromEntries(COLUMN_NAMES.map((column) => [enumName(column), { value: column }])),
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
