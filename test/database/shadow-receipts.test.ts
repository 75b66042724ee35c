import { createAnswerStore } from '../../src/receipts/answer-store.js';
import { insertShadowScores, type NewShadowScore } from '../../src/classification/shadow-scores.js';
import { verifyReceipts } from '../../src/receipts/verify-receipts.js';
import { describeDatabase } from '../support/database.js';
import { newAnswer } from '../support/new-answer.js';
import { registerTestModel } from '../support/registry-rows.js';

describeDatabase('the scores of a challenger', (open) => {
  let scores: NewShadowScore[];
  beforeAll(async () => {
    const champion = await registerTestModel(open(), { name: 'champion' });
    const challenger = await registerTestModel(open(), { name: 'challenger' });
    const answers = ['a.png', 'b.png', 'c.png'].map((filename) =>
      newAnswer({ modelId: champion.id, filename }),
    );
    const rows = await createAnswerStore(open()).store(answers);
    scores = rows.map(({ id, label }) => ({
      classificationId: id,
      championId: champion.id,
      challengerId: challenger.id,
      championLabel: label,
      label,
      probability: 0.75,
      scores: [{ label, probability: 0.75, logit: 1.1 }],
      isAgreed: true,
      isSharedPass: true,
      engine: 'wasm',
    }));
    await insertShadowScores(open(), scores);
  });

  test('have their places in the chain of receipts', async () => {
    expect(await verifyReceipts(open())).toMatchObject({ intactCount: 6, problem: null });
  });

  test('leave no gap in it where a pair is stored a second time', async () => {
    await expect(insertShadowScores(open(), scores.slice(0, 1))).rejects.toThrow();
    expect(await verifyReceipts(open())).toMatchObject({ intactCount: 6, problem: null });
  });

  class Undone extends Error {}

  test.each([
    ['ALTERED', 'update shadow_scores set probability = 0.5'],
    ['REMOVED', 'delete from shadow_scores'],
  ])('are found to be %s', async (kind, statement) => {
    const tampered = open().transaction(async (scope) => {
      await scope.executeSql('alter table shadow_scores disable trigger user');
      await scope.executeSql(`${statement} where sequence = 5`);
      expect((await verifyReceipts(scope)).problem).toMatchObject({ kind, sequence: 5 });
      throw new Undone();
    });
    await expect(tampered).rejects.toThrow(Undone);
  });
});
