import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProblems } from './find-problems.js';
import type { Outcome } from './outcome.js';
import { runScene, type SceneOptions, type SceneReport } from './run-scene.js';

export interface ProofOptions extends Omit<SceneOptions, 'databaseUrl' | 'cacheDir'> {
  /** Two empty databases: for the scene without kills and the one with them. */
  databaseUrls: { undisturbed: string; disturbed: string };
}

export interface ProofReport extends SceneReport {
  undisturbed: Outcome;
  /** Empty where the proof holds. */
  problems: string[];
}

/** The same requests without and with kills: every run must end exactly once, with the same head to the last bit. */
export async function proveQueue({ databaseUrls, ...options }: ProofOptions): Promise<ProofReport> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'gelql-proof-'));
  try {
    options.note('without kills');
    const calm = { ...options, kills: 0, databaseUrl: databaseUrls.undisturbed, cacheDir };
    const undisturbed = await runScene(calm);
    // The measurements stay, so that both scenes choose the same engines; features are computed under fire too.
    await rm(join(cacheDir, 'features'), { recursive: true, force: true });
    options.note('with kills');
    const report = await runScene({ ...options, databaseUrl: databaseUrls.disturbed, cacheDir });
    const problems = [
      ...findProblems(undisturbed.outcome, report.outcome, report.seen),
      ...[undisturbed, report].flatMap(({ ownEnds, refusals }) => [...ownEnds, ...refusals]),
    ];
    return { ...report, undisturbed: undisturbed.outcome, problems };
  } finally {
    await rm(cacheDir, { recursive: true, force: true });
  }
}
