import { inArray } from 'drizzle-orm';
import type { Database } from '../db/client.js';
import { trainingRuns } from '../db/schema.js';
import { GelqlError } from '../errors.js';
import type { Logger } from '../logger.js';
import { RUN_EVENTS_CHANNEL } from '../words/run-event.js';

/*
 * Tells those who follow runs that there is something new to read, never what: they read the events from the table, each
 * at its own pace, so that nobody who is slow makes anything pile up here.
 *
 *   events are stored, anywhere -- RUN_EVENTS_CHANNEL --> one listener in this process --> every watch on that run
 *   every POLL_MS, for what was announced while the connection was lost:
 *     the rows' last_sequence -- higher than the last one heard of --> every watch on that run
 *
 * The listener starts with the first watch and stays; the poll runs while anybody watches.
 */

const POLL_MS = 3_000;

export interface RunWatch {
  /**
   * Resolves with the runs that have something new since the last call; all of them the first time.
   * @throws GelqlError SHUTTING_DOWN when the announcements are closed
   */
  changed(): Promise<string[]>;
  /** `changed` resolves with no run, now and ever after. */
  close(): void;
}

export interface RunAnnouncements {
  watch(runIds: readonly string[]): Promise<RunWatch>;
  /** Runs that are watched at the moment, each as often as it is. */
  watchCount(): number;
  /** Ends every watch with SHUTTING_DOWN and stops listening. */
  close(): Promise<void>;
}

interface Watcher {
  runIds: readonly string[];
  wake(runId: string): void;
  fail(error: GelqlError): void;
}

export function createRunAnnouncements(
  database: Database,
  logger: Logger,
  { pollMs = POLL_MS }: { pollMs?: number } = {},
): RunAnnouncements {
  const watchers = new Map<string, Set<Watcher>>();
  const heard = new Map<string, number>();
  let listening: Promise<(() => Promise<void>) | null> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let closing: Promise<void> | null = null;

  const announce = (runId: string, sequence: number): void => {
    if (!watchers.has(runId) || sequence <= (heard.get(runId) ?? 0)) return;
    heard.set(runId, sequence);
    for (const watcher of watchers.get(runId) ?? []) watcher.wake(runId);
  };
  const listen = async () => {
    try {
      return await database.listen(RUN_EVENTS_CHANNEL, (payload) => {
        const [runId = '', sequence = ''] = payload.split(' ');
        announce(runId, Number(sequence));
      });
    } catch (error) {
      logger.warn({ err: error }, 'no announcements of run events, they are looked for instead');
      listening = null;
      return null;
    }
  };
  const poll = async (): Promise<void> => {
    try {
      const rows = await database.drizzle
        .select({ id: trainingRuns.id, lastSequence: trainingRuns.lastSequence })
        .from(trainingRuns)
        .where(inArray(trainingRuns.id, [...watchers.keys()]));
      for (const { id, lastSequence } of rows) announce(id, lastSequence);
    } catch (error) {
      logger.warn({ err: error }, 'looking for run events failed');
    }
    schedule();
  };
  const schedule = (): void => {
    timer = closing !== null || watchers.size === 0 ? null : setTimeout(() => void poll(), pollMs).unref();
  };

  const add = (watcher: Watcher): void => {
    for (const runId of watcher.runIds) {
      watchers.set(runId, (watchers.get(runId) ?? new Set()).add(watcher));
    }
    if (timer === null) schedule();
  };
  const remove = (watcher: Watcher): void => {
    for (const runId of watcher.runIds) {
      watchers.get(runId)?.delete(watcher);
      if (watchers.get(runId)?.size !== 0) continue;
      watchers.delete(runId);
      heard.delete(runId);
    }
  };
  const close = async (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    const open = new Set([...watchers.values()].flatMap((set) => [...set]));
    for (const watcher of open) watcher.fail(stopping());
    await (
      await listening
    )?.();
  };

  return {
    async watch(runIds) {
      if (closing !== null) throw stopping();
      const { watcher, watch } = createWatch(runIds, () => remove(watcher));
      add(watcher);
      await (listening ??= listen());
      return watch;
    },
    watchCount: () => [...watchers.values()].reduce((sum, { size }) => sum + size, 0),
    close: () => (closing ??= close()),
  };
}

function createWatch(runIds: readonly string[], onClose: () => void): { watcher: Watcher; watch: RunWatch } {
  const changed = new Set(runIds);
  let isClosed = false;
  let failure: GelqlError | null = null;
  let wakeUp: () => void = () => undefined;
  const close = (): void => {
    isClosed = true;
    onClose();
    wakeUp();
  };
  const watcher: Watcher = {
    runIds,
    wake(runId) {
      changed.add(runId);
      wakeUp();
    },
    fail(error) {
      failure = error;
      close();
    },
  };
  const watch: RunWatch = {
    async changed() {
      while (changed.size === 0 && !isClosed) {
        await new Promise<void>((resolve) => (wakeUp = resolve));
      }
      if (failure !== null) throw failure;
      if (isClosed) return [];
      const taken = [...changed];
      changed.clear();
      return taken;
    },
    close,
  };
  return { watcher, watch };
}

function stopping(): GelqlError {
  return new GelqlError('SHUTTING_DOWN', 'The server is stopping.');
}
