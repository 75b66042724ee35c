import { selectByIds } from '../../src/db/select-by-ids.js';
import { datasets } from '../../src/db/schema.js';
import { describeDatabase } from '../support/database.js';
import { insertTestDataset } from '../support/registry-rows.js';

describeDatabase('selectByIds', (open) => {
  test('gives each id its row, in the order that was asked for, also twice', async () => {
    const [first, second] = [
      await insertTestDataset(open(), 'first'),
      await insertTestDataset(open(), 'second'),
    ];
    const ids = [second.id, first.id.toUpperCase(), second.id];
    expect(await selectByIds(open(), datasets, ids)).toEqual([second, first, second]);
  });

  test('finds the others where one is missing or is no id at all', async () => {
    const row = await insertTestDataset(open(), 'third');
    const ids = ['018e0000-0000-7000-8000-000000000000', row.id, 'no id'];
    const found = await selectByIds(open(), datasets, ids);
    expect(found[1]).toEqual(row);
    const missing = expect.objectContaining({ code: 'NOT_FOUND' }) as unknown;
    expect(found).toEqual([missing, row, missing]);
    expect(await selectByIds(open(), datasets, [])).toEqual([]);
  });
});
