import cliProgress from 'cli-progress';
import { formatBytes } from '../../networks/weights/file-facts.js';
import { formatDuration, printNote } from './output.js';

export interface Progress {
  /**
   * @param label what is being done now
   * @param done, total in the same unit
   */
  update(label: string, done: number, total: number, known?: KnownPace): void;
  stop(): void;
}

/** What somebody knows better than the pace of a step tells. */
export interface KnownPace {
  /** null: nobody knows. */
  secondsLeft: number | null;
  /** For example `9.4 pictures/s`. */
  pace?: string | undefined;
}

/** What is counted; `share` has no unit of its own and shows as a percentage only. */
export type ProgressUnit = 'share' | 'pictures' | 'bytes';

/** How bars look. */
export const BAR_OPTIONS = {
  barCompleteChar: '\u2588',
  barIncompleteChar: '\u2591',
  barsize: 24,
  hideCursor: true,
  clearOnComplete: true,
  stream: process.stderr,
} as const;

/** Elsewhere than on a terminal, a step that takes longer says so this often. */
export const LINE_EVERY_MS = 10_000;
/** No estimate before so much of a step is behind: the first pictures pay for the start of the threads. */
const ESTIMATE_AFTER_MS = 1_000;

/** A bar with the time left on a terminal; elsewhere a line for each step, and more for the long ones. */
export function createProgress(title: string, unit: ProgressUnit = 'share'): Progress {
  return process.stderr.isTTY ? createBar(title, unit) : createLines(title);
}

function createBar(title: string, unit: ProgressUnit): Progress {
  const bar = new cliProgress.SingleBar({
    ...BAR_OPTIONS,
    format: `${title}  {label} {bar} {percentage} %{amount}{left}`,
  });
  let step: Step | null = null;
  return {
    update(label, done, total, known) {
      if (step?.label !== label) {
        if (step !== null) bar.stop();
        step = beginStep(label, done);
        bar.start(total, done, { label, amount: '', left: '' });
      }
      const left = leftText(known, step, done, total);
      bar.setTotal(total);
      bar.update(done, {
        label,
        amount: formatAmount(unit, done, total),
        left,
      });
    },
    stop() {
      if (step !== null) bar.stop();
      step = null;
    },
  };
}

function createLines(title: string): Progress {
  let step: Step | null = null;
  let printedAtMs = 0;
  return {
    update(label, done, total, known) {
      const isNew = step?.label !== label;
      if (step === null || isNew) step = beginStep(label, done);
      if (!isNew && performance.now() - printedAtMs < LINE_EVERY_MS) return;
      printedAtMs = performance.now();
      const state = isNew ? '' : ` ${Math.floor((100 * done) / total)} %`;
      printNote(`${title}: ${label}${state}${leftText(known, step, done, total)}`);
    },
    stop: () => undefined,
  };
}

interface Step {
  label: string;
  startedAtMs: number;
  /** What was there already, like pictures in the cache. */
  startedWith: number;
}

function beginStep(label: string, done: number): Step {
  return { label, startedAtMs: performance.now(), startedWith: done };
}

function leftText(known: KnownPace | undefined, step: Step, done: number, total: number): string {
  if (known === undefined) return formatTimeLeft(estimateSecondsLeft(step, done, total));
  const pace = known.pace === undefined ? '' : `, ${known.pace}`;
  return `${pace}${formatTimeLeft(known.secondsLeft)}`;
}

/** `, 12 s left`; nothing where nobody knows, and at the end. */
export function formatTimeLeft(seconds: number | null): string {
  return seconds === null || seconds === 0 ? '' : `, ${formatDuration(1000 * seconds)} left`;
}

function estimateSecondsLeft({ startedAtMs, startedWith }: Step, done: number, total: number): number | null {
  const elapsedMs = performance.now() - startedAtMs;
  if (elapsedMs < ESTIMATE_AFTER_MS || done <= startedWith || done >= total) return null;
  return (elapsedMs * (total - done)) / (done - startedWith) / 1000;
}

function formatAmount(unit: ProgressUnit, done: number, total: number): string {
  switch (unit) {
    case 'share':
      return '';
    case 'pictures':
      return `, ${done} of ${total}`;
    case 'bytes':
      return `, ${formatBytes(done)} of ${formatBytes(total)}`;
  }
}
