import { at } from '../../at.js';
import { distinctLabels } from './shorten-text.js';

/** What tells two results of one model apart. */
interface Labelled {
  modelName: string;
  datasetName: string;
  kind: string;
}

const LABEL_PIXELS = 320;

/** Adds a label that no other row has: the name of the model, with its test where the model has several. */
export function labelRows<Row extends Labelled>(
  rows: readonly Row[],
  { fontSize }: { fontSize: number },
): (Row & { label: string })[] {
  const names = rows.map((row) =>
    rows.some((other) => other !== row && other.modelName === row.modelName) ? nameTest(row) : row.modelName,
  );
  const labels = distinctLabels(names, { pixels: LABEL_PIXELS, fontSize });
  return rows.map((row, index) => ({ ...row, label: at(labels, index) }));
}

function nameTest({ modelName, datasetName, kind }: Labelled): string {
  return `${modelName} on ${datasetName}${kind === 'HOLDOUT' ? '' : ', cross-validated'}`;
}
