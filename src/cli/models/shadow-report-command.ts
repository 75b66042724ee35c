import type { Command } from 'commander';
import { reportShadow, type ShadowReport } from '../../classification/shadow-report.js';
import { pageDisagreements, type ShadowScoreRow } from '../../classification/shadow-scores.js';
import type { ClassificationRow } from '../../receipts/classifications.js';
import type { Config } from '../../config.js';
import { classifications } from '../../db/schema.js';
import { selectByIds } from '../../db/select-by-ids.js';
import { createBestModels } from '../../comparison/best-models.js';
import { collectPages } from '../collect-pages.js';
import { formatTable, printJson, printResult } from '../terminal/output.js';
import { integerBetween } from '../parse/parse-number.js';
import { parseTime } from '../parse/parse-time.js';
import { withDatabase } from '../with-database.js';

interface Flags {
  champion?: string | null;
  challenger?: string | null;
  since?: Date | null;
  limit: number;
  json?: boolean;
}

interface Disagreement {
  score: ShadowScoreRow;
  classification: ClassificationRow;
}

export function registerShadowReportCommand(models: Command, getConfig: () => Config): void {
  models
    .command('shadow-report')
    .option('--champion <model>', 'id, name or number; absent: the model that answers now')
    .option('--challenger <model>', 'id, name or number; absent: the challenger of now')
    .option('--since <time>', 'count scores from this moment on, ISO 8601', parseTime)
    .option('--limit <number>', 'disagreements to list at most', integerBetween(1, 1_000_000), 20)
    .option('--json', 'print JSON')
    .description('where the challenger would have answered otherwise than the champion')
    .addHelpText(
      'after',
      '\nExamples:\n  gelql models shadow-report\n  gelql models shadow-report --champion 3 --challenger 4 --since 2026-01-31T12:00:00Z',
    )
    .action(async ({ champion = null, challenger = null, since = null, limit, json }: Flags) => {
      await withDatabase(getConfig(), async (database) => {
        const query = { champion, challenger, since };
        const report = await reportShadow(database, createBestModels(database), query);
        const scores = await collectPages(limit, (page) => pageDisagreements(database, report.pair, page));
        const ids = scores.map(({ classificationId }) => classificationId);
        const rows = await selectByIds(database, classifications, ids);
        const disagreements = scores.flatMap((score, index) => {
          const row = rows[index];
          return row === undefined || row instanceof Error ? [] : [{ score, classification: row }];
        });
        if (json === true) printJson(toJson(report, disagreements));
        else printResult([describeAgreement(report), ...formatDisagreements(disagreements)].join('\n\n'));
      });
    });
}

function describeAgreement({ champion, challenger, agreement, pictureCount }: ShadowReport): string {
  const { k, n, low, high } = agreement;
  if (n === 0) return `${challenger.name} has not been scored in the shadow of ${champion.name} yet.`;
  const interval = `${percent(low)} to ${percent(high)}`;
  return `${challenger.name} agrees with ${champion.name} on ${k} of ${n} answers to ${pictureCount} different pictures: ${percent(k / n)}, 95 % interval ${interval}.`;
}

function formatDisagreements(disagreements: readonly Disagreement[]): string[] {
  if (disagreements.length === 0) return [];
  const rows = disagreements.map(({ score, classification }) => [
    classification.filename,
    `${score.championLabel} ${classification.probability.toFixed(3)}`,
    `${score.label} ${score.probability.toFixed(3)}`,
    score.createdAt.toISOString(),
    classification.pictureSha256.slice(0, 12),
  ]);
  return [formatTable(['picture', 'champion', 'challenger', 'at', 'sha256'], rows)];
}

function toJson(
  { champion, challenger, pair, ...report }: ShadowReport,
  disagreements: readonly Disagreement[],
) {
  const named = ({ number, name, id }: ShadowReport['champion']) => ({ number, name, id });
  return {
    champion: named(champion),
    challenger: named(challenger),
    since: pair.since,
    ...report,
    disagreements: disagreements.map(({ score, classification }) => ({
      classificationId: score.classificationId,
      filename: classification.filename,
      sha256: classification.pictureSha256,
      champion: { label: score.championLabel, probability: classification.probability },
      challenger: { label: score.label, probability: score.probability },
      createdAt: score.createdAt,
    })),
  };
}

function percent(share: number | null): string {
  return share === null ? '-' : `${(100 * share).toFixed(1)} %`;
}
