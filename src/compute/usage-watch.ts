import { readFileSync } from 'node:fs';

/** What one task may take of the machine; null is unbounded. */
export interface Limits {
  /** Processor time of its process; where the platform does not tell it (all but Linux), time on the clock. */
  processorSeconds: number | null;
  /** Memory of its process, where the platform tells it. */
  residentBytes: number | null;
  /** Time on the clock. */
  wallSeconds: number | null;
}

/** The limit that was passed, and how far. */
export interface Overrun {
  resource: keyof Limits;
  limit: number;
}

export interface UsageWatch {
  /** From now on processor time counts: what the process took to start is not the task's. */
  restart(): void;
  stop(): void;
}

/** How late an overrun is seen; to look costs some 30 microseconds. */
const LOOK_EVERY_MS = 50;
/** USER_HZ, the unit of processor time in /proc, is 100 on every Linux; a page is 4096 bytes on those of x64 and most of arm64. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/**
 * Looks at a process while it works on a task, and tells once that a limit is passed.
 * @param pid null watches the clock alone
 */
export function watchUsage(
  pid: number | null,
  limits: Limits,
  onOverrun: (overrun: Overrun) => void,
): UsageWatch {
  const startedAt = performance.now();
  const usageNow = () => (pid === null ? null : readUsage(pid));
  let processorAtStart = usageNow()?.processorSeconds ?? 0;
  let clockAtStart = startedAt;

  function look(): void {
    const usage = usageNow();
    const sinceRestart = (performance.now() - clockAtStart) / 1000;
    const used: Limits = {
      processorSeconds: usage === null ? sinceRestart : usage.processorSeconds - processorAtStart,
      residentBytes: usage?.residentBytes ?? null,
      wallSeconds: (performance.now() - startedAt) / 1000,
    };
    for (const resource of ['processorSeconds', 'residentBytes', 'wallSeconds'] as const) {
      const limit = limits[resource];
      const amount = used[resource];
      if (limit === null || amount === null || amount <= limit) continue;
      clearInterval(timer);
      return onOverrun({ resource, limit });
    }
  }

  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    restart() {
      processorAtStart = usageNow()?.processorSeconds ?? 0;
      clockAtStart = performance.now();
    },
    stop: () => clearInterval(timer),
  };
}

/** Processor time, of all its threads, and resident memory of a process; null where the platform does not tell, or it has ended. */
function readUsage(pid: number): { processorSeconds: number; residentBytes: number } | null {
  if (process.platform !== 'linux') return null;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // What follows the name, which may hold spaces, begins with field 3: utime is field 14, stime 15, rss 24.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const processorSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    return { processorSeconds, residentBytes: Number(fields[21]) * PAGE_BYTES };
  } catch {
    return null;
  }
}
