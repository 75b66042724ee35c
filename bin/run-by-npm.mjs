import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const PARENT_LOOK_MS = 500;

/**
 * Makes `npm run gelql -- ...` behave as the program itself would: npm moves to the folder of package.json, and puts a
 * shell between itself and the program that passes no signal on.
 */
export function stepOutOfNpm() {
  // Programs that this one starts, or tests, inherit npm's variables; they were not started by npm themselves.
  const isStartedByNpm = /(gelql|demo)\.mjs/.test(process.env.npm_lifecycle_script ?? '');
  delete process.env.npm_lifecycle_script;
  if (!isStartedByNpm) return;
  const { INIT_CWD } = process.env;
  if (INIT_CWD) {
    // Databases are found again from every folder.
    process.env.GELQL_DATA_DIR ||= join(ROOT, '.data');
    process.chdir(INIT_CWD);
  }
  stopWithParent();
}

/**
 * npm ends its shell when it is told to stop, and the shell ends alone. Only who listens is told: whoever stopped already,
 * after Ctrl-C, takes a second signal for impatience.
 */
function stopWithParent() {
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent || process.listenerCount('SIGTERM') === 0) return;
    clearInterval(look);
    process.kill(process.pid, 'SIGTERM');
  }, PARENT_LOOK_MS);
  look.unref();
}
