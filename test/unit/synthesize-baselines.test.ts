import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { predictFromBrightness, predictFromMetadata } from '../../src/evaluation/baselines.js';
import { RandomDraws } from '../../tools/synthesize/random-draws.js';
import { crossValidate, readFacts } from '../support/baseline-accuracy.js';
import { inventFacts } from '../support/invent-facts.js';

const SEED_DATASET = resolve('../shared/seed-dataset');

describe('predictFromMetadata', () => {
  it('finds a file type that gives the class away', () => {
    const rows = inventLabelled(80, (label) => ({ format: label === 0 ? 'png' : 'jpeg' }));
    expect(crossValidate(predictFromMetadata, rows)).toBe(1);
  });

  it('finds a file size between two bounds', () => {
    const random = RandomDraws.of('sizes');
    const rows = inventLabelled(200, (label) => ({
      sizeBytes: label === 0 ? random.integer(20_000, 30_000) : random.pick([5_000, 60_000]),
    }));
    expect(crossValidate(predictFromMetadata, rows)).toBeGreaterThan(0.95);
  });

  it('stays near chance where the facts say nothing', () => {
    const rows = inventLabelled(400, () => ({}));
    expect(Math.abs(crossValidate(predictFromMetadata, rows) - 0.5)).toBeLessThan(0.1);
  });

  it('tells three classes apart', () => {
    const rows = Array.from({ length: 90 }, (_, index) => ({
      facts: inventFacts(RandomDraws.of('three', index), { channels: [1, 3, 4][index % 3] ?? 1 }),
      label: index % 3,
    }));
    const answers = predictFromMetadata(
      rows,
      [rows[0], rows[1], rows[2]].flatMap((row) => row?.facts ?? []),
      3,
    );
    expect(answers).toEqual([0, 1, 2]);
  });

  it('answers the most frequent class, the lower where tied, when it has nothing to go by', () => {
    const facts = inventFacts(RandomDraws.of('one'), {});
    const train = [1, 1, 0].map((label) => ({ facts, label }));
    expect(predictFromMetadata(train, [facts], 2)).toEqual([1]);
    expect(predictFromMetadata([...train, { facts, label: 0 }], [facts], 2)).toEqual([0]);
    expect(predictFromMetadata([], [facts, facts], 2)).toEqual([0, 0]);
  });
});

describe('predictFromBrightness', () => {
  it('finds a class that is flatter than the other', () => {
    const random = RandomDraws.of('flat');
    const rows = inventLabelled(120, (label) => ({
      standardDeviationGrey: label === 0 ? random.uniform(6, 30) : random.uniform(35, 80),
    }));
    expect(crossValidate(predictFromBrightness, rows)).toBeGreaterThan(0.97);
  });

  it('does not look at the file', () => {
    const rows = inventLabelled(400, (label) => ({ channels: label === 0 ? 1 : 3 }));
    expect(Math.abs(crossValidate(predictFromBrightness, rows) - 0.5)).toBeLessThan(0.1);
  });
});

(existsSync(SEED_DATASET) ? describe : describe.skip)(
  'the seed data set (needs ../shared/seed-dataset)',
  () => {
    it('is given away by its file types, and to a large part by its contrast', async () => {
      const rows = [];
      for (const [label, name] of ['gel', 'not_gel'].entries()) {
        for (const file of readdirSync(join(SEED_DATASET, name)).sort()) {
          rows.push({ facts: await readFacts(readFileSync(join(SEED_DATASET, name, file))), label });
        }
      }
      expect(rows).toHaveLength(92);
      expect(crossValidate(predictFromMetadata, rows)).toBeGreaterThan(0.9);
      expect(crossValidate(predictFromBrightness, rows)).toBeGreaterThan(0.8);
    });
  },
);

function inventLabelled(count: number, change: (label: number) => Parameters<typeof inventFacts>[1]) {
  return Array.from({ length: count }, (_, index) => {
    const random = RandomDraws.of('facts', index);
    const label = random.integer(0, 1);
    return { facts: inventFacts(random, change(label)), label };
  });
}
