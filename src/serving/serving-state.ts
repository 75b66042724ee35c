import type { Database } from '../db/client.js';
import { readAliasTargets } from '../registry/aliases.js';
import { readArchivedIds } from '../registry/archived-models.js';
import { REGISTRY_CHANNEL } from '../registry/registry-channel.js';

/** What decides which model may answer, as it was in the database at one moment. */
export interface ServingFacts {
  /** Ids of models by alias. */
  targets: ReadonlyMap<string, string>;
  /** Ids of archived models. */
  archived: ReadonlySet<string>;
}

export interface ServingState {
  /** At most `maxAgeMs` old, and never older than the last announced change that arrived here. */
  current(): Promise<ServingFacts>;
  /** The next `current` reads again: for whoever has just changed something. */
  forget(): void;
  close(): Promise<void>;
}

/** A change on another server holds here after this time even where its announcement was lost. */
const MAX_AGE_MS = 1_000;

/** @param options.onChange called for each change that is announced, this process's own among them */
export async function createServingState(
  database: Database,
  { onChange, maxAgeMs = MAX_AGE_MS }: { onChange: () => void; maxAgeMs?: number | undefined },
): Promise<ServingState> {
  let known: { facts: Promise<ServingFacts>; until: number } | null = null;
  const forget = () => (known = null);
  const stopListening = await database.listen(REGISTRY_CHANNEL, () => {
    forget();
    onChange();
  });

  return {
    forget,
    async current() {
      if (known !== null && performance.now() < known.until) return known.facts;
      // The age counts from before the reading: what changes meanwhile may not be in it.
      const reading = { facts: readFacts(database), until: performance.now() + maxAgeMs };
      known = reading;
      reading.facts.catch(() => {
        if (known === reading) known = null;
      });
      return reading.facts;
    },
    close: stopListening,
  };
}

async function readFacts(database: Database): Promise<ServingFacts> {
  const [targets, archived] = await Promise.all([readAliasTargets(database), readArchivedIds(database)]);
  return { targets, archived: new Set(archived) };
}
