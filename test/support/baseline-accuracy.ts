import type { LabelledFacts, predictFromMetadata } from '../../src/evaluation/baselines.js';
import { decodeImage } from '../../src/images/reading/decode-image.js';
import type { RasterFacts } from '../../src/words/picture.js';

const FOLDS = 5;

/** Share of right answers over five folds; row i is in fold i modulo 5. Two classes. */
export function crossValidate(predict: typeof predictFromMetadata, rows: readonly LabelledFacts[]): number {
  let right = 0;
  for (let fold = 0; fold < FOLDS; fold += 1) {
    const train = rows.filter((_row, index) => index % FOLDS !== fold);
    const test = rows.filter((_row, index) => index % FOLDS === fold);
    const answers = predict(
      train,
      test.map(({ facts }) => facts),
      2,
    );
    right += test.filter(({ label }, index) => answers[index] === label).length;
  }
  return right / rows.length;
}

export async function readFacts(bytes: Uint8Array): Promise<RasterFacts> {
  return (await decodeImage(bytes, { recipe: 'gel-v1', maxPixels: 10_000_000 })).facts;
}
