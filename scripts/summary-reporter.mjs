import { writeFileSync } from 'node:fs';

/** What jest says of a test file whose process a signal ended, before any of its tests could fail. */
const KILLED = /worker process .* was terminated by another process: signal=/;

/**
 * Jest reporter: one closing line `N passed, N failed, N skipped`. A file that cannot run at all counts as a failure.
 * Where nothing failed but files whose process was killed, their paths go as JSON to the file that the
 * environment's GELQL_KILLED_LIST names.
 */
export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    const killedList = process.env.GELQL_KILLED_LIST;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const killed = results.testResults
      .filter(({ testExecError, failureMessage }) =>
        KILLED.test(testExecError?.message ?? failureMessage ?? ''),
      )
      .map(({ testFilePath }) => testFilePath);
    if (killedList !== undefined && killed.length > 0 && killed.length === failed) {
      writeFileSync(killedList, JSON.stringify(killed));
    }
    process.stdout.write(`${results.numPassedTests} passed, ${failed} failed, ${skipped} skipped\n`);
  }
}
