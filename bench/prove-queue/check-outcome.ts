/** A run as the database has it at the end. */
export interface EndedRun {
  /** Its place among the runs of the proof, from 0. */
  number: number;
  state: string;
  attempt: number;
  /** Events that say that it has ended. */
  ends: number;
  models: number;
  results: number;
  headSha256: string | null;
  lastSequence: number;
  events: number;
}

export interface Outcome {
  /** In the order of `number`. */
  runs: EndedRun[];
  /** Models that were registered before a kill and are not there any more. */
  lostModels: number;
  /** From a worker's death until its run was queued again; Infinity where one never was. */
  longestWaitMs: number;
}

const LONGEST_WAIT_MS = 30_000;

/** @returns what is wrong, one sentence each; empty where everything holds */
export function checkOutcome(undisturbed: Outcome, { runs, lostModels, longestWaitMs }: Outcome): string[] {
  const problems: string[] = [];
  if (runs.length !== undisturbed.runs.length) problems.push(`${runs.length} runs are there`);
  for (const run of runs) {
    const name = `run ${run.number}`;
    if (run.state !== 'SUCCEEDED') problems.push(`${name} ended ${run.state}`);
    if (run.ends !== 1) problems.push(`${name} ended ${run.ends} times`);
    if (run.models !== 1 || run.results !== 1)
      problems.push(`${name} has ${run.models} models and ${run.results} results`);
    if (run.events !== run.lastSequence)
      problems.push(`${name} has ${run.events} events, the last is number ${run.lastSequence}`);
    if (run.headSha256 === null || run.headSha256 !== undisturbed.runs[run.number]?.headSha256)
      problems.push(`${name} has another head than undisturbed`);
  }
  if (lostModels > 0) problems.push(`${lostModels} registered models are lost`);
  if (!(longestWaitMs <= LONGEST_WAIT_MS))
    problems.push(`a run waited ${longestWaitMs} ms for its next worker`);
  return problems;
}
