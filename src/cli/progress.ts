import cliProgress from 'cli-progress';
import { printNote } from './output.js';

export interface Progress {
  /** @param label what is being done now; @param done @param total in the same unit */
  update(label: string, done: number, total: number): void;
  stop(): void;
}

/** A bar with time left on a terminal, one line per label elsewhere (logs stay readable). */
export function createProgress(title: string): Progress {
  return process.stderr.isTTY ? createBar(title) : createLines(title);
}

function createBar(title: string): Progress {
  const bar = new cliProgress.SingleBar(
    {
      format: `${title} {bar} {percentage}% {label} {value}/{total}, {eta_formatted} left`,
      hideCursor: true,
      clearOnComplete: true,
      stream: process.stderr,
      etaBuffer: 20,
    },
    cliProgress.Presets.shades_classic,
  );
  let current: string | null = null;
  return {
    update(label, done, total) {
      if (label !== current) {
        if (current !== null) bar.stop();
        bar.start(total, done, { label });
        current = label;
      } else {
        bar.setTotal(total);
        bar.update(done, { label });
      }
    },
    stop() {
      if (current !== null) bar.stop();
      current = null;
    },
  };
}

function createLines(title: string): Progress {
  let current: string | null = null;
  return {
    update(label, _done, total) {
      if (label === current) return;
      current = label;
      printNote(`${title}: ${label} (${total})`);
    },
    stop: () => undefined,
  };
}
