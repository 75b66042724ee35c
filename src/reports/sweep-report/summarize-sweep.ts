import { listNames } from '../../list-names.js';
import { countBy } from './count-by.js';
import { describeProportion, formatPercent } from '../charts/describe-proportion.js';
import { decideSweep, isTrained, type SweepDecision } from './decide-sweep.js';
import type { ReportedPart, SweepReport } from './sweep-report.js';

const NAMED_TIES = 5;
const NAMED_CLASSES = 20;

export interface SweepSummary {
  /** Sentences in the order in which a reader wants to know them. */
  sentences: string[];
  /** What the reader must know before using a number. */
  warnings: string[];
  decision: SweepDecision | null;
}

/** What a sweep found, in plain words that follow from its numbers alone. */
export function summarizeSweep(report: SweepReport): SweepSummary {
  const decision = decideSweep(report.parts);
  return {
    decision,
    sentences: [
      describeParts(report),
      ...(decision === null ? [] : [`Best: ${decision.explanation}`, ...describeTies(decision)]),
      ...describeRules(decision),
      ...describeFolds(report.parts),
      describeDuplicates(report),
    ],
    warnings: [...describeSelection(report.parts, decision), ...describeDoubts(decision)],
  };
}

function describeParts({ parts, dataset, classes }: SweepReport): string {
  const ends = countBy(parts.map(endOf));
  const listed = [...ends].map(([end, count]) => `${count} ${end}`).join(', ');
  const pictures = listNames(
    classes.map(({ name, pictureCount }) => `${pictureCount} ${name}`),
    NAMED_CLASSES,
  );
  const configurations = parts.length === 1 ? '1 configuration' : `${parts.length} configurations`;
  return `${configurations} on the data set ${dataset.name} (${dataset.pictureCount} pictures: ${pictures}): ${listed}.`;
}

/** How far a part has come, as a participle. */
export function endOf(part: ReportedPart): string {
  if (part.part.refusal !== null) return 'refused';
  if (isTrained(part)) return 'trained';
  switch (part.run?.state) {
    case 'FAILED':
      return 'failed';
    case 'CANCELLED':
      return 'cancelled';
    case 'RUNNING':
      return 'still running';
    default:
      return 'still waiting';
  }
}

/** Who is tied with the best; in a long list the table says it of the rest. */
function describeTies({ ties }: SweepDecision): string[] {
  if (ties.length === 0) return [];
  const named = ties.slice(0, NAMED_TIES).map(({ model }) => model.name);
  const rest = ties.length > named.length ? ` and ${ties.length - named.length} more` : '';
  return [`Tied with it: ${named.join(', ')}${rest}.`];
}

/** What rules reach that never look at a picture, on the winner's test pictures. */
function describeRules(decision: SweepDecision | null): string[] {
  if (decision === null) return [];
  const { baselines } = decision.winner.holdout.result.evaluation;
  const rules = baselines.flatMap(({ name, accuracy: { value, k, n } }) =>
    value === null ? [] : [`${name} ${formatPercent(value)} (${k} of ${n})`],
  );
  if (rules.length === 0) return [];
  return [`Rules that never look at a picture reach, on the same test pictures: ${rules.join(', ')}.`];
}

function describeFolds(parts: readonly ReportedPart[]): string[] {
  return parts.flatMap(({ model, crossValidation }) => {
    if (model === null || crossValidation === null) return [];
    const { accuracy } = crossValidation.result.evaluation;
    return [`${model.name}, cross-validated: ${describeProportion('accuracy', accuracy)}.`];
  });
}

function describeDuplicates({ dataset: { duplicateReport } }: SweepReport): string {
  const { exact, near, suspected } = duplicateReport;
  const found = [
    countOf(exact.length, 'set of identical pictures', 'sets of identical pictures'),
    countOf(near.length, 'pair of near-duplicates', 'pairs of near-duplicates'),
  ];
  const rest =
    suspected.length === 0
      ? ''
      : ` ${countOf(suspected.length, 'more pair', 'more pairs')} should be looked at.`;
  return `The import found ${found.join(' and ')}; they never stand on both sides of a split.${rest}`;
}

/** The best of many on one test looks better than it is. */
function describeSelection(parts: readonly ReportedPart[], decision: SweepDecision | null): string[] {
  const count = parts.filter(isTrained).length;
  if (decision === null || count < 2) return [];
  return [
    `The best of ${count} models was chosen on the pictures that its accuracy is measured on: expect less on new pictures. Test it once on pictures that no model has seen before it is relied on.`,
  ];
}

/** Where a rule without pictures is as good, and what the evaluation itself warns of. */
function describeDoubts(decision: SweepDecision | null): string[] {
  if (decision === null) return [];
  const { evaluation, accuracyLow } = decision.winner.holdout.result;
  const rivals = evaluation.baselines.filter(({ accuracy }) => (accuracy.value ?? 0) >= accuracyLow);
  return [
    ...rivals.map(
      ({ name, accuracy }) =>
        `The best model is not shown to be better than the ${name} rule (${formatPercent(accuracy.value ?? 0)}): the test may say more about files than about pictures.`,
    ),
    ...evaluation.warnings.map(({ message }) => message),
  ];
}

const countOf = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;
