import { insertClassifications, pageClassifications } from '../../src/receipts/classifications.js';
import { describeDatabase } from '../support/database.js';
import { newAnswer } from '../support/new-answer.js';
import { registerTestModel } from '../support/registry-rows.js';

describeDatabase('classifications', (open) => {
  test('are stored as they were answered, listed newest first, and never changed', async () => {
    const model = await registerTestModel(open(), { name: 'answering' });
    const answer = newAnswer({
      modelId: model.id,
      modelDigest: model.digest,
      warnings: ['LOW_CONTRAST'],
      probability: 0.1 + 0.2,
      scores: [
        { label: 'gel', probability: 0.1 + 0.2, logit: -1.5e-7 },
        { label: 'not_gel', probability: 0.7, logit: 12 },
      ],
    });
    const stored = await insertClassifications(
      open(),
      ['one.tif', 'zwei – Gel.png', ''].map((filename) => ({ ...answer, filename })),
    );
    expect(stored[1]).toMatchObject({ ...answer, filename: 'zwei – Gel.png' });
    const page = await pageClassifications(open(), { first: 2 });
    expect(page.rows).toEqual([stored[2], stored[1]]);
    expect(page.hasNextPage).toBe(true);
    const rest = await pageClassifications(open(), { first: 2, after: page.cursors[1] });
    expect(rest.rows).toEqual([stored[0]]);
    for (const change of ["update classifications set label = 'not_gel'", 'delete from classifications']) {
      await expect(open().executeSql(change)).rejects.toThrow('written once');
    }
  });
});
