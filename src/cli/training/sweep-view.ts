import cliProgress from 'cli-progress';
import type { PartProgress, SweepProgress } from '../../sweeps/follow-sweep.js';
import { hasEnded } from '../../runs/run-progress.js';
import { printNote } from '../terminal/output.js';
import { BAR_OPTIONS, formatTimeLeft, LINE_EVERY_MS } from '../terminal/progress.js';
import { STAGE_LABELS } from './stage-labels.js';

export interface SweepView {
  show(report: SweepProgress): void;
  stop(): void;
}

/** On a terminal a bar for the whole sweep and one for each part that runs; elsewhere a line for each part that has ended. */
export function createSweepView(): SweepView {
  return process.stderr.isTTY ? createBars() : createLines();
}

function createBars(): SweepView {
  const bars = new cliProgress.MultiBar({ ...BAR_OPTIONS, format: '{title} {bar} {amount}{left}' });
  let whole: cliProgress.SingleBar | null = null;
  const parts = new Map<number, cliProgress.SingleBar>();

  const showPart = ({ number, runName, stage, stageProgress, secondsLeft }: PartProgress): void => {
    const bar = parts.get(number) ?? bars.create(1, 0, { title: '', amount: '', left: '' });
    parts.set(number, bar);
    bar.update(stageProgress, {
      title: `  part ${number} ${runName}  ${STAGE_LABELS[stage]}`,
      amount: `${Math.floor(100 * stageProgress)} %`,
      left: formatTimeLeft(secondsLeft),
    });
  };

  return {
    show(report) {
      const { runnable, ended } = countOf(report);
      const shown = {
        title: report.sweep.name,
        amount: `${ended} of ${runnable}`,
        left: formatTimeLeft(report.secondsLeft),
      };
      whole ??= bars.create(runnable, ended, shown);
      whole.update(ended, shown);
      const running = report.parts.filter(({ state }) => state === 'RUNNING');
      for (const [number, bar] of parts) {
        if (running.some((part) => part.number === number)) continue;
        bars.remove(bar);
        parts.delete(number);
      }
      for (const part of running) showPart(part);
    },
    stop: () => bars.stop(),
  };
}

function createLines(): SweepView {
  /** Those that had ended before are not news. */
  let told: Set<number> | null = null;
  let printedAtMs = performance.now();
  const print = (text: string): void => {
    printedAtMs = performance.now();
    printNote(text);
  };
  return {
    show(report) {
      const { runnable, ended } = countOf(report);
      const over = report.parts.filter(hasEnded);
      told ??= new Set(over.map(({ number }) => number));
      for (const { number, runName, state } of over) {
        if (told.has(number)) continue;
        told.add(number);
        const place = `${ended} of ${runnable}${formatTimeLeft(report.secondsLeft)}`;
        print(`${report.sweep.name}: part ${number} ${runName} ${state.toLowerCase()}, ${place}`);
      }
      if (performance.now() - printedAtMs < LINE_EVERY_MS) return;
      for (const part of report.parts.filter(({ state }) => state === 'RUNNING')) {
        const { number, runName, stage, stageProgress, secondsLeft } = part;
        const state = `${STAGE_LABELS[stage]} ${Math.floor(100 * stageProgress)} %${formatTimeLeft(secondsLeft)}`;
        print(`${report.sweep.name}: part ${number} ${runName}: ${state}`);
      }
    },
    stop: () => undefined,
  };
}

function countOf({ counts, parts }: SweepProgress): { runnable: number; ended: number } {
  return { runnable: counts.total - counts.refused, ended: parts.filter(hasEnded).length };
}
