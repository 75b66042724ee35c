import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entryOf, type Entry } from './worker-entry.js';

/**
 * The entry in the folder of a module: the compiled `dist/**.js` where that module is compiled, the source `src/**.ts` where
 * it runs from source.
 * @param moduleUrl `import.meta.url` of the module
 * @param name file name without extension, for example `worker`
 * @throws GelqlError SETUP_FAILED as entryOf
 */
export function entryBeside(moduleUrl: string, name: string): Entry {
  const path = fileURLToPath(moduleUrl);
  return entryOf(join(dirname(path), `${name}${extname(path)}`));
}
