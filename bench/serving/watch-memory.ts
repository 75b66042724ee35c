import type { ServerProcess } from './server-process.js';

const INTERVAL_MS = 200;

export interface MemoryWatch {
  /** @returns MiB as cells: before, highest, after */
  stop(): Promise<string[]>;
}

/** Samples the resident memory of a server until it is stopped. */
export function watchMemory(server: ServerProcess): MemoryWatch {
  const samples: Promise<number>[] = [server.residentMebibytes()];
  const timer = setInterval(() => samples.push(server.residentMebibytes()), INTERVAL_MS);
  return {
    async stop() {
      clearInterval(timer);
      samples.push(server.residentMebibytes());
      const values = await Promise.all(samples);
      const [before = Number.NaN, after = Number.NaN] = [values[0], values.at(-1)];
      return [before, Math.max(...values), after].map((value) => value.toFixed(0));
    },
  };
}
