import { Option, type Command } from 'commander';
import type { Config } from '../../config.js';
import { METRICS } from '../../evaluation/metric.js';
import { GelqlError } from '../../errors.js';
import { findBestModel, type BestModel, type TiedModel } from '../../comparison/best-model.js';
import { spellValue } from '../../comparison/explain-best-model.js';
import { formatTable, printJson, printResult } from '../terminal/output.js';
import { withDatabase } from '../with-database.js';

interface Flags {
  metric: string;
  dataset?: string;
  json?: boolean;
}

const METRIC_FLAGS = METRICS.map((metric) => metric.toLowerCase().replaceAll('_', '-'));

export function registerBestModelCommand(models: Command, getConfig: () => Config): void {
  models
    .command('best')
    .description('the best model, those tied with it, and what decided')
    .addOption(
      new Option('--metric <metric>', 'what to rank by').choices(METRIC_FLAGS).default(METRIC_FLAGS[0]),
    )
    .option('--dataset <name>', 'only results on the pictures of this data set, by name or digest')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  gelql models best\n  gelql models best --metric log-loss --dataset pictures',
    )
    .action(async ({ metric, dataset, json }: Flags) => {
      const question = { metric: METRICS[METRIC_FLAGS.indexOf(metric)], dataset };
      const best = await withDatabase(getConfig(), (database) => findBestModel(database, question));
      if (best === null) throw new GelqlError('NO_MODEL', 'No model is registered yet.');
      if (json === true) printJson(toJson(best));
      else printResult([best.explanation, ...formatTies(best)].join('\n\n'));
    });
}

function formatTies({ ties, metric }: BestModel): string[] {
  if (ties.length === 0) return [];
  const header = ['id', 'not shown to be worse', metric.toLowerCase().replaceAll('_', ' '), 'n', 'evidence'];
  const rows = ties.map(({ model, result, value, evidence }) => [
    String(model.number),
    model.name,
    spellValue(metric, value),
    String(result.testCount),
    spellEvidence(evidence),
  ]);
  return [formatTable(header, rows)];
}

function spellEvidence({ paired }: TiedModel['evidence']): string {
  if (paired === null) return 'not compared picture by picture: intervals overlap';
  return `right alone on ${paired.onlySecond}, the best on ${paired.onlyFirst}; adjusted p ${paired.adjustedPValue.toFixed(3)}`;
}

/** Names and figures; the whole rows are what `models list` and `results` print. */
function toJson({ model, result, ties, ...best }: BestModel) {
  const named = ({ number, name, id }: BestModel['model']) => ({ number, name, id });
  return {
    model: named(model),
    ...best,
    testCount: result.testCount,
    testDigest: result.testDigest,
    dataset: result.datasetName,
    ties: ties.map((tie) => ({
      model: named(tie.model),
      value: tie.value,
      testCount: tie.result.testCount,
      ...tie.evidence.paired,
      isPaired: tie.evidence.paired !== null,
    })),
  };
}
