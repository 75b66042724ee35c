import type { App } from '../../app.js';
import type { TrainingConfiguration } from '../../words/training-configuration.js';
import { needsOf, type RunNeeds } from '../../runs/run-needs.js';
import { listWorkersOf } from '../../runs/workers.js';
import { printNote } from '../terminal/output.js';

/** Says which of the configurations nobody takes now, and what to start. @param waiting what waits for it */
export async function noteMissingWorkers(
  { database }: Pick<App, 'database'>,
  configurations: readonly Pick<TrainingConfiguration, 'device' | 'trainable'>[],
  waiting: string,
): Promise<void> {
  const needs = new Map(configurations.map(needsOf).map((need) => [JSON.stringify(need), need]));
  for (const need of needs.values()) {
    if ((await listWorkersOf(database, need)).length > 0) continue;
    printNote(
      `No worker takes ${need.device} runs${need.inside ? ' that train inside networks' : ''} now: ${waiting} waits until one is started (${adviceFor(need)}).`,
    );
  }
}

function adviceFor({ device, inside }: RunNeeds): string {
  const command = device === 'GPU' ? 'gelql worker --device gpu' : 'gelql worker';
  return inside && device === 'CPU' ? `${command}, where gelql setup tensorflow has run` : command;
}
