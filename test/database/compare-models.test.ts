import { compareModels } from '../../src/comparison/compare-models.js';
import { explainComparison } from '../../src/comparison/explain-comparison.js';
import { registerAnsweredModel, rightBut } from '../support/answered-models.js';
import { describeDatabase } from '../support/database.js';

describeDatabase('two models', (open) => {
  beforeAll(async () => {
    await registerAnsweredModel(open(), { name: 'good', right: rightBut([0]) });
    await registerAnsweredModel(open(), { name: 'bad', right: rightBut([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) });
    await registerAnsweredModel(open(), { name: 'twin', right: rightBut([0], 40, 0.8) });
    await registerAnsweredModel(open(), { name: 'elsewhere', pictures: 'b', right: rightBut([0]) });
  });

  it('are compared on the pictures that they share, with all on which they differ', async () => {
    const comparison = await compareModels(open(), 'good', 'bad');
    expect(comparison).toMatchObject({
      first: { name: 'good' },
      second: { name: 'bad' },
      pictureCount: 40,
      groupCount: 40,
      firstAccuracy: { k: 39, n: 40 },
      secondAccuracy: { k: 30, n: 40 },
      // 2 x (1 + 11) / 2^11
      disagreement: { onlyFirst: 10, onlySecond: 1, groupsFirst: 10, groupsSecond: 1, pValue: 24 / 2048 },
    });
    expect(comparison.differences.map(({ name }) => name)).toEqual(
      [0, 1, 10, 2, 3, 4, 5, 6, 7, 8, 9].map((picture) => `a-${picture}.png`),
    );
    expect(comparison.differences[0]).toMatchObject({
      sha256: 'a-0'.padEnd(64, '.'),
      label: 'gel',
      first: { predicted: 'not_gel' },
      second: { predicted: 'gel' },
    });
    expect(comparison.differences[0]?.first.probabilities.get('not_gel')).toBeCloseTo(0.7, 12);
    expect(explainComparison(comparison)).toMatch(
      /^Of 40 test pictures that both were tested on, good is right on 39, bad on 30; good alone on 10, bad alone on 1\. good is shown to be better \(exact McNemar test, p = 0\.012\)\. The areas under the ROC curve are 1\.0000 and 0\.9375: difference 0\.0625 \(95 % interval .* DeLong, p .*\)\. They label 11 test pictures differently\.$/,
    );
  });

  it('give the mirror image the other way round', async () => {
    const [one, other] = [
      await compareModels(open(), 'good', 'bad'),
      await compareModels(open(), 'bad', 'good'),
    ];
    expect(other.disagreement).toEqual({
      onlyFirst: 1,
      onlySecond: 10,
      groupsFirst: 1,
      groupsSecond: 10,
      pValue: one.disagreement.pValue,
    });
    expect(other.areas?.difference).toBeCloseTo(-one.areas!.difference, 12);
    expect(other.areas?.interval?.low).toBeCloseTo(-one.areas!.interval!.high, 12);
  });

  it('that label alike differ on nothing', async () => {
    const comparison = await compareModels(open(), 'good', 'twin');
    expect(comparison.differences).toEqual([]);
    expect(comparison.disagreement.pValue).toBe(1);
    expect(explainComparison(comparison)).toBe(
      'Of 40 test pictures that both were tested on, good is right on 39, twin on 39; good alone on 0, twin alone on 0. They are right on the same pictures. The areas under the ROC curve are 1.0000 and 1.0000. They give every picture the same label.',
    );
  });

  it('count near-duplicates once, whichever of the two knows of them', async () => {
    const groups = [...Array(40).keys()].map((picture) => (picture < 12 ? 'copies' : `alone ${picture}`));
    await registerAnsweredModel(open(), { name: 'knowing', right: rightBut([...Array(12).keys()]), groups });
    await registerAnsweredModel(open(), {
      name: 'knowing nothing',
      right: rightBut([]),
      groups: Array<null>(40).fill(null),
    });
    for (const names of [
      ['knowing', 'knowing nothing'],
      ['knowing nothing', 'knowing'],
    ] as const) {
      const { groupCount, disagreement } = await compareModels(open(), names[0], names[1]);
      expect(groupCount).toBe(29);
      expect([disagreement.onlyFirst, disagreement.onlySecond].sort()).toEqual([0, 12]);
      expect([disagreement.groupsFirst, disagreement.groupsSecond].sort()).toEqual([0, 1]);
      expect(disagreement.pValue).toBe(1);
    }
    expect(explainComparison(await compareModels(open(), 'knowing', 'knowing nothing'))).toContain(
      'Near-duplicates counted once, that is 0 against 1. That is too little to show a difference: at least 6 pictures, all on one side, would be needed (exact McNemar test, p = 1.000).',
    );
  });

  it('that share no test picture are refused with advice', async () => {
    await expect(compareModels(open(), 'good', 'elsewhere')).rejects.toMatchObject({
      code: 'NOT_COMPARABLE',
      advice: expect.stringContaining('trained on one data set with one split seed') as unknown,
    });
  });

  it('of which one is not there, or both are one, are refused', async () => {
    await expect(compareModels(open(), 'good', 'absent')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(compareModels(open(), 'good', 'good')).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });
});
