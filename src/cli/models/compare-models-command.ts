import type { Command } from 'commander';
import type { Config } from '../../config.js';
import type { CommonPicture } from '../../comparison/common-pictures.js';
import { compareModels, type ModelComparison } from '../../comparison/compare-models.js';
import { explainComparison } from '../../comparison/explain-comparison.js';
import type { TestedPicture } from '../../comparison/tested-pictures.js';
import { formatTable, printJson, printResult } from '../terminal/output.js';
import { withDatabase } from '../with-database.js';

export function registerCompareModelsCommand(models: Command, getConfig: () => Config): void {
  models
    .command('compare')
    .argument('<a>', 'id, name or number')
    .argument('<b>', 'id, name or number')
    .description('two models on the test pictures that both were tested on')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  gelql models compare 3 4\n  gelql models compare 3 4 --json')
    .action(async (first: string, second: string, { json }: { json?: boolean }) => {
      const comparison = await withDatabase(getConfig(), (database) =>
        compareModels(database, first, second),
      );
      if (json === true) printJson(toJson(comparison));
      else printResult([explainComparison(comparison), ...formatDifferences(comparison)].join('\n\n'));
    });
}

function formatDifferences({ first, second, differences }: ModelComparison): string[] {
  if (differences.length === 0) return [];
  const rows = differences.map(({ name, label, sha256, ...answers }) => [
    name,
    label,
    spellAnswer(answers.first),
    spellAnswer(answers.second),
    sha256.slice(0, 12),
  ]);
  return [formatTable(['picture', 'is', first.name, second.name, 'sha256'], rows)];
}

const spellAnswer = (answer: TestedPicture): string => {
  const mark = answer.predicted === answer.label ? '' : ' wrong';
  return `${answer.predicted} ${probabilityOf(answer).toFixed(3)}${mark}`;
};

const probabilityOf = ({ predicted, probabilities }: TestedPicture): number =>
  probabilities.get(predicted) ?? 0;

function toJson({ first, second, differences, ...comparison }: ModelComparison) {
  const named = ({ number, name, id }: ModelComparison['first']) => ({ number, name, id });
  const answerOf = (answer: TestedPicture) => ({
    label: answer.predicted,
    probability: probabilityOf(answer),
  });
  return {
    first: named(first),
    second: named(second),
    ...comparison,
    differences: differences.map(({ name, sha256, label, ...answers }: CommonPicture) => ({
      name,
      sha256,
      label,
      first: answerOf(answers.first),
      second: answerOf(answers.second),
    })),
    explanation: explainComparison({ first, second, differences, ...comparison }),
  };
}
