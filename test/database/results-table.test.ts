import { formatResults } from '../../src/cli/results-table.js';
import type { Database } from '../../src/db/client.js';
import { findResultsOfModels, pageResults, type ResultRow } from '../../src/registry/results.js';
import type { Trainable } from '../../src/words/training-settings.js';
import { describeDatabase } from '../support/database.js';
import { registerTestModel } from '../support/registry-rows.js';

async function trainedResult(database: Database, trainable: Trainable): Promise<ResultRow> {
  const { id } = await registerTestModel(database, {
    name: `trains ${trainable}`,
    configuration: { trainable },
  });
  const [results = []] = await findResultsOfModels(database, [id]);
  return results[0]!;
}

describeDatabase('the results table of the command line', (database) => {
  let head: ResultRow;
  let stem: ResultRow;
  beforeAll(async () => {
    head = await trainedResult(database(), 'HEAD');
    stem = await trainedResult(database(), 'STEM_AND_HEAD');
  });

  it('says what was trained where that is more than a head', () => {
    const [header, , ...rows] = formatResults([head, stem]).split('\n');
    expect(header).toMatch(/ device +network +trained +head +opt /);
    expect(rows).toEqual([
      expect.stringMatching(/trains HEAD +cpu +resnet18 +head +single +adam /),
      expect.stringMatching(/trains STEM_AND_HEAD +cpu +resnet18 +stem_and_head +single +adam /),
    ]);
    expect(formatResults([stem])).toMatch(/ resnet18 +stem_and_head +single /);
  });

  it('has no such column where heads alone were trained, or nothing', () => {
    for (const results of [[head], []]) expect(formatResults(results)).not.toContain('trained');
    expect(formatResults([head])).toMatch(/ resnet18 +single /);
  });

  it('prints a matrix as long as a terminal holds it', () => {
    const ofClasses = (count: number): ResultRow => {
      const confusion = Array.from({ length: count }, () => new Array<number>(count).fill(0));
      return { ...head, evaluation: { ...head.evaluation, confusion } };
    };
    expect(formatResults([ofClasses(2)])).toContain(' [[0,0],[0,0]] ');
    expect(formatResults([ofClasses(1000)])).toContain(' 1000 x 1000 ');
  });

  it('can be asked for what was trained', async () => {
    const page = await pageResults(database(), { trainable: ['STEM_AND_HEAD', 'ALL'] }, [], { first: 10 });
    expect(page.rows.map(({ id }) => id)).toEqual([stem.id]);
  });
});
