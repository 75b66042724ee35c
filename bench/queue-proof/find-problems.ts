import type { EndedRun, Outcome } from './outcome.js';

/** The longest that a run may wait after its worker's death. */
export const LONGEST_WAIT_MS = 30_000;

/**
 * What is wrong with the outcome of a scene with kills, one sentence each; empty where everything holds.
 * @param undisturbed of the same requests without kills
 * @param seen models that were registered before some kill, with their heads
 */
export function findProblems(
  undisturbed: Outcome,
  disturbed: Outcome,
  seen: ReadonlyMap<string, string>,
): string[] {
  const problems: string[] = [];
  const expected = new Map(undisturbed.runs.map((run) => [run.name, run]));
  const names = disturbed.runs.map(({ name }) => name);
  if (new Set(names).size !== expected.size || names.length !== expected.size) {
    problems.push(`${expected.size} runs were asked for, these are there: ${names.join(', ')}`);
  }
  for (const run of disturbed.runs) problems.push(...findRunProblems(run, expected.get(run.name)));
  for (const [id, head] of seen) {
    if (disturbed.models.get(id) !== head) problems.push(`the registered model ${id} is lost or changed`);
  }
  for (const waitMs of disturbed.waitsMs) {
    if (!(waitMs <= LONGEST_WAIT_MS)) problems.push(`a run waited ${waitMs} ms after its worker's death`);
  }
  return problems;
}

function findRunProblems(run: EndedRun, undisturbed: EndedRun | undefined): string[] {
  const [head] = run.heads;
  const claims: [boolean, string][] = [
    [run.state === 'SUCCEEDED', `ended ${run.state}`],
    [run.ends === 1, `ended ${run.ends} times`],
    [run.hasAllEvents, 'has gaps in its events'],
    [run.hasAllEpochs, 'has not every epoch once'],
    [run.heads.length === 1, `has ${run.heads.length} models`],
    [run.resultCount === 1, `has ${run.resultCount} results`],
    [
      head !== undefined && head === undisturbed?.heads[0],
      `has another head (${run.engines}) than undisturbed (${undisturbed?.engines})`,
    ],
  ];
  return claims.flatMap(([holds, problem]) => (holds ? [] : [`${run.name} ${problem}`]));
}
