import { spawn } from 'node:child_process';

export interface CommandOutcome {
  /** Exit code; null where the program is missing or was ended by a signal. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  /** Added to the inherited environment. */
  environment?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** After which the program is ended and counts as failing. */
  timeoutMs?: number;
}

/**
 * Runs a program to its end and collects what it prints; never throws for a failing or missing program.
 * Variables go through env(1), so that the environment itself is read in one place of the product only.
 * @throws what the signal was aborted with
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandOutcome> {
  options.signal?.throwIfAborted();
  const variables = Object.entries(options.environment ?? {}).map(([name, value]) => `${name}=${value}`);
  const [file, ...rest] = variables.length > 0 ? ['env', ...variables, program, ...args] : [program, ...args];
  const timeout = options.timeoutMs === undefined ? undefined : AbortSignal.timeout(options.timeoutMs);
  const outcome = await collect(file, rest, anySignal(options.signal, timeout));
  options.signal?.throwIfAborted();
  return timeout?.aborted === true ? { ...outcome, ...describeTimeout(options.timeoutMs ?? 0) } : outcome;
}

function anySignal(...signals: (AbortSignal | undefined)[]): AbortSignal | undefined {
  const given = signals.filter((signal) => signal !== undefined);
  return given.length > 1 ? AbortSignal.any(given) : given[0];
}

function describeTimeout(timeoutMs: number): Pick<CommandOutcome, 'code' | 'stderr'> {
  return { code: null, stderr: `error: no end within ${timeoutMs / 1000} s` };
}

function collect(
  file: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', (error) => {
      // An aborted child still lives for a moment and may write: only its `close` ends the wait.
      if (child.pid === undefined) resolve({ code: null, stdout, stderr: error.message });
    });
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/**
 * The line of a program's complaints that says most: its last `error` line, else its last line. The compiler driver's
 * own closing line only says that there was one above it.
 */
export function summariseFailure(outcome: CommandOutcome): string {
  const lines = outcome.stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('collect2:'));
  const summary = lines.findLast((line) => /\berror\b/i.test(line)) ?? lines.at(-1);
  return summary ?? `exit code ${outcome.code ?? 'none'}`;
}
