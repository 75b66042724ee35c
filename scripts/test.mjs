/** `npm test`: prepares the clone, then runs jest with the given arguments. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare, reportFailure, ROOT } from './prepare.mjs';
import { runForeground } from './run-foreground.mjs';

// TensorFlow's C library reads it from the process when a test's worker loads it.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

const isPrepared = await prepare({ setup: true }).then(() => true, reportFailure);
if (isPrepared) {
  const folder = mkdtempSync(join(tmpdir(), 'gelql-test-'));
  const killedList = join(folder, 'killed.json');
  process.exitCode = await runJest(process.argv.slice(2), killedList);
  // The native engines share the test processes, and one was seen to die of a signal (SIGBUS) for no reason found. A
  // file that lost its process says nothing about its tests: it runs once more, alone. A failed test never does.
  if (process.exitCode !== 0 && existsSync(killedList)) {
    const files = JSON.parse(readFileSync(killedList, 'utf8'));
    console.error(`once more, because a signal ended their process: ${files.join(', ')}`);
    process.exitCode = await runJest(
      ['--runInBand', '--runTestsByPath', ...files],
      join(folder, 'again.json'),
    );
  }
  rmSync(folder, { recursive: true, force: true });
}

function runJest(args, killedList) {
  return runForeground(
    process.execPath,
    [
      ...['--experimental-vm-modules', '--no-warnings', join('node_modules', 'jest', 'bin', 'jest.js')],
      ...args,
      // Last, because they would take the names of test files for reporters.
      ...['--reporters=default', `--reporters=${join(ROOT, 'scripts', 'summary-reporter.mjs')}`],
    ],
    { cwd: ROOT, env: { ...process.env, GELQL_KILLED_LIST: killedList } },
  );
}
