import { constants, readFileSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Logger } from '../logger.js';

/**
 * An empty database to copy: creating one takes PGlite 5 s of computing, copying its 1000 files a tenth of that. The first
 * that is created on a machine is kept in the cache, under the version of PGlite.
 */
export interface DatabaseTemplate {
  /** @returns whether there is one; then `directory` holds a copy, not yet flushed */
  copyTo(directory: string): Promise<boolean>;
  /** Keeps a copy of an empty database that nobody has open. A cache that cannot be written costs time later, no more. */
  keep(directory: string): Promise<void>;
}

export function createDatabaseTemplate(cacheDir: string, logger: Logger): DatabaseTemplate {
  const template = join(cacheDir, 'databases', `empty-pglite-${pgliteVersion()}`);
  // Files are shared with the copy where the file system can do so.
  const copy = (from: string, to: string) =>
    cp(from, to, { recursive: true, errorOnExist: true, mode: constants.COPYFILE_FICLONE });
  return {
    async copyTo(directory) {
      try {
        await copy(template, directory);
        return true;
      } catch (error) {
        logger.debug({ err: error, template }, 'no template of an empty database');
        await rm(directory, { recursive: true, force: true });
        return false;
      }
    },
    async keep(directory) {
      const aside = `${template}.${process.pid}.tmp`;
      try {
        await mkdir(dirname(template), { recursive: true });
        await copy(directory, aside);
        await rename(aside, template);
      } catch (error) {
        logger.debug({ err: error, template }, 'the empty database was not kept as a template');
        await rm(aside, { recursive: true, force: true }).catch(() => undefined);
      }
    },
  };
}

/** What an empty database consists of changes with it. */
function pgliteVersion(): string {
  const main = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const description = readFileSync(join(dirname(main), '..', 'package.json'), 'utf8');
  return (JSON.parse(description) as { version: string }).version;
}
