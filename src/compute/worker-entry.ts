import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { GelqlError } from '../errors.js';

/** A module that a thread or a child process starts with. */
export interface Entry {
  /** Absolute path. */
  file: string;
  /** Node's flags that make the file loadable; null inherits this process's own flags. */
  execArgv: string[] | null;
}

/**
 * How a file is started: compiled as it is; a source through tsx, which is named by its address, so that any working
 * directory will do.
 * @param file absolute path of a `.js` or `.ts` file
 * @throws GelqlError SETUP_FAILED where a source is to be run and tsx is not installed
 */
export function entryOf(file: string): Entry {
  return { file, execArgv: file.endsWith('.ts') ? ['--import', createTypeScriptLoader()] : null };
}

/**
 * A start-up module that registers tsx. Neither `--import tsx` nor `tsx/esm` registers anything for `import` inside a
 * worker thread; the call does.
 */
function createTypeScriptLoader(): string {
  try {
    const api = createRequire(import.meta.url)
      .resolve('tsx/esm/api')
      .replace(/\.cjs$/, '.mjs');
    const code = `import { register } from ${JSON.stringify(pathToFileURL(api).href)}; register();`;
    return `data:text/javascript,${encodeURIComponent(code)}`;
  } catch (error) {
    throw new GelqlError('SETUP_FAILED', 'Running from the sources needs the development package tsx.', {
      cause: error,
    });
  }
}
