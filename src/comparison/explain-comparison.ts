import type { ModelComparison } from './compare-models.js';
import { LEVEL } from './model-evidence.js';

/** With fewer, even all on one side are no evidence: 2 / 2^5 is above 5 %. */
const LEAST_DISCORDANT = 6;

/** A comparison in a few plain sentences. */
export function explainComparison(comparison: ModelComparison): string {
  return [
    ...describeCounts(comparison),
    describeVerdict(comparison),
    ...describeAreas(comparison),
    ...describeAnswers(comparison),
  ].join(' ');
}

/** Three digits, or that it is less. */
export function spellPValue(pValue: number): string {
  return pValue < 0.001 ? 'p < 0.001' : `p = ${pValue.toFixed(3)}`;
}

function describeCounts({ first, second, ...comparison }: ModelComparison): string[] {
  const { pictureCount, firstAccuracy, secondAccuracy, disagreement } = comparison;
  const { onlyFirst, onlySecond, groupsFirst, groupsSecond } = disagreement;
  const sentences = [
    `Of ${pictures(pictureCount)} that both were tested on, ${first.name} is right on ${firstAccuracy.k}, ${second.name} on ${secondAccuracy.k}; ${first.name} alone on ${onlyFirst}, ${second.name} alone on ${onlySecond}.`,
  ];
  if (groupsFirst + groupsSecond !== onlyFirst + onlySecond) {
    sentences.push(`Near-duplicates counted once, that is ${groupsFirst} against ${groupsSecond}.`);
  }
  return sentences;
}

function describeVerdict({ first, second, disagreement }: ModelComparison): string {
  const { groupsFirst, groupsSecond, pValue } = disagreement;
  const test = `exact McNemar test, ${spellPValue(pValue)}`;
  if (pValue <= LEVEL) {
    const better = groupsFirst > groupsSecond ? first : second;
    return `${better.name} is shown to be better (${test}).`;
  }
  const discordant = groupsFirst + groupsSecond;
  if (discordant === 0) return 'They are right on the same pictures.';
  if (discordant < LEAST_DISCORDANT) {
    return `That is too little to show a difference: at least ${LEAST_DISCORDANT} pictures, all on one side, would be needed (${test}).`;
  }
  return `No difference is shown: chance alone gives such counts (${test}).`;
}

function describeAreas({ areas }: ModelComparison): string[] {
  if (areas === null) return [];
  const { first, second, difference, interval, pValue } = areas;
  const both = `The areas under the ROC curve are ${first.toFixed(4)} and ${second.toFixed(4)}`;
  if (interval === null || pValue === null) return [`${both}.`];
  const range = `95 % interval ${interval.low.toFixed(4)} to ${interval.high.toFixed(4)}`;
  return [`${both}: difference ${difference.toFixed(4)} (${range}, DeLong, ${spellPValue(pValue)}).`];
}

function describeAnswers({ differences }: ModelComparison): string[] {
  if (differences.length === 0) return ['They give every picture the same label.'];
  return [`They label ${pictures(differences.length)} differently.`];
}

const pictures = (count: number): string => (count === 1 ? '1 test picture' : `${count} test pictures`);
