import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { entryOf, type Entry } from '../../src/compute/worker-entry.js';

/**
 * Stands for src/compute/entry-beside.ts where dist/ is built from these very sources (jest.config.js): threads and processes
 * start from there, each half a second of computing sooner than through tsx.
 */
export function entryBeside(moduleUrl: string, name: string): Entry {
  const folder = relative(resolve('src'), dirname(fileURLToPath(moduleUrl)));
  return entryOf(join(resolve('dist'), folder, `${name}.js`));
}
