import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const FORWARDED = ['SIGTERM', 'SIGHUP'];

/**
 * Runs a program on this terminal and waits for its end. SIGINT is not passed on: a terminal sends it to the whole
 * group, so the program has it already.
 * @returns its exit code, 128 + signal number where a signal ended it
 */
export async function runForeground(command, args, options = {}) {
  const child = spawn(command, args, { stdio: 'inherit', ...options });
  const forward = (signal) => child.kill(signal);
  const wait = () => {};
  for (const signal of FORWARDED) process.on(signal, forward);
  process.on('SIGINT', wait);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
    });
  } finally {
    for (const signal of FORWARDED) process.off(signal, forward);
    process.off('SIGINT', wait);
  }
}
