import type { DuplicateReport, NearDuplicate } from '../../words/duplicate-report.js';
import { describeRelation } from '../../datasets/report-duplicates.js';

/**
 * What was found, a line each.
 * @param most lines of one kind; the rest is counted
 */
export function formatDuplicates(report: DuplicateReport, most = Infinity): string[] {
  const { exact, near, suspected, suspectedCount, chains, excluded, featureless } = report;
  return [
    ...section(`the same picture twice or more: ${exact.length}`, exact.length, most, exact.map(formatSet)),
    ...section(
      `near-duplicates, kept together in every split: ${count(near.length, 'pair')}`,
      near.length,
      most,
      near.map(formatPair),
    ),
    ...section(
      `similar, but not joined; worth a look: ${count(suspectedCount, 'pair')}`,
      suspectedCount,
      most,
      suspected.map(formatPair),
    ),
    ...section(
      `sets of three and more that belong together: ${chains.length}`,
      chains.length,
      most,
      chains.map((names) => names.join(' ~ ')),
    ),
    ...section(
      `grouped with test pictures, so never trained on: ${excluded.length}`,
      excluded.length,
      most,
      excluded,
    ),
    ...section(
      `too little structure to compare: ${featureless.length}`,
      featureless.length,
      most,
      featureless,
    ),
  ];
}

function section(title: string, total: number, most: number, lines: readonly string[]): string[] {
  if (total === 0) return [];
  const shown = lines.slice(0, most).map((line) => `  ${line}`);
  return [title, ...shown, ...(shown.length < total ? [`  ... and ${total - shown.length} more`] : [])];
}

function formatSet({ names, ...spread }: DuplicateReport['exact'][number]): string {
  return `${names.join(' = ')}${formatSpread(spread)}`;
}

function formatPair({ first, second, similarity, distance, ...pair }: NearDuplicate): string {
  const measured = `similarity ${similarity.toFixed(2)}, ${distance} of 63 bits`;
  return `${first} ~ ${second}: ${describeRelation(pair)}; ${measured}${formatSpread(pair)}`;
}

function formatSpread({ acrossSplits, acrossClasses }: { acrossSplits: boolean; acrossClasses: boolean }) {
  const marks = [acrossSplits ? 'in training and test' : '', acrossClasses ? 'IN DIFFERENT CLASSES' : ''];
  const text = marks.filter(Boolean).join(', ');
  return text === '' ? '' : ` [${text}]`;
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}
