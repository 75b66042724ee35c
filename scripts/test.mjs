/** `npm test`: prepares the clone, then runs jest with the given arguments; `--slow` runs the proofs of test/slow instead. */
import { join } from 'node:path';
import { prepare, reportFailure, ROOT } from './prepare.mjs';
import { runForeground } from './run-foreground.mjs';

// TensorFlow's C library reads it from the process when a test's worker loads it.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

const isSlow = process.argv.includes('--slow');
if (isSlow) process.env.GELQL_TEST_SLOW = '1';
const given = process.argv.slice(2).filter((argument) => argument !== '--slow');

const isPrepared = await prepare({ setup: true }).then(() => true, reportFailure);
if (isPrepared) {
  process.exitCode = await runForeground(
    process.execPath,
    [
      ...['--experimental-vm-modules', '--no-warnings', join('node_modules', 'jest', 'bin', 'jest.js')],
      ...(isSlow && !given.some((argument) => !argument.startsWith('-')) ? ['test/slow'] : []),
      ...given,
      // Last, because they would take the names of test files for reporters.
      ...['--reporters=default', `--reporters=${join(ROOT, 'scripts', 'summary-reporter.mjs')}`],
    ],
    { cwd: ROOT },
  );
}
