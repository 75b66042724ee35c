import { insertClassifications, pageClassifications } from '../../src/classification/classifications.js';
import { RandomDraws } from '../../src/datasets/synthesize/random-draws.js';
import { describeDatabases } from '../support/database.js';
import { inventFacts } from '../support/invent-facts.js';
import { registerTestModel } from '../support/registry-rows.js';

describeDatabases('classifications', (open) => {
  const facts = inventFacts(RandomDraws.of('classifications'), {
    sha256: 'a'.repeat(64),
    rasterSha256: 'b'.repeat(64),
  });

  test('are stored as they were answered, listed newest first, and never changed', async () => {
    const model = await registerTestModel(open(), { name: 'answering' });
    const answer = {
      modelId: model.id,
      modelDigest: model.digest,
      pictureSha256: facts.sha256,
      facts,
      warnings: ['LOW_CONTRAST' as const],
      label: 'gel',
      probability: 0.1 + 0.2,
      scores: [
        { label: 'gel', probability: 0.1 + 0.2, logit: -1.5e-7 },
        { label: 'not_gel', probability: 0.7, logit: 12 },
      ],
      timing: {
        decodeMs: 1.5,
        queueMs: 0,
        inferMs: 20,
        batchSize: 1,
        engine: 'wasm' as const,
        device: 'CPU' as const,
      },
    };
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
