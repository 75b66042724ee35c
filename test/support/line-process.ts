import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { resolve } from 'node:path';

/** A child process that runs a TypeScript file of test/support and talks in lines. */
export interface LineProcess {
  child: ChildProcess;
  /** The next line that it prints. @throws Error where it ends before, with what it said on stderr */
  nextLine(): Promise<string>;
  say(line: string): void;
  /** Ends it at once, as a power cut would; resolves when it is gone. */
  kill(): Promise<void>;
}

export function startLineProcess(file: string, ...args: string[]): LineProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', resolve('test/support', file), ...args]);
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  return {
    child,
    nextLine: async () => {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${file} ended: ${complaints}`);
      return value;
    },
    say: (line) => child.stdin.write(`${line}\n`),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
