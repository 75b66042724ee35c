/**
 * Makes a fresh clone ready to run, and a ready one in no time: Node version -> packages -> build -> native TensorFlow.
 * Plain Node without any package, because it runs before there are any.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mendPostgres } from './mend-postgres.mjs';
import { runForeground } from './run-foreground.mjs';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const MINIMUM_NODE = [20, 9];
const BUILD_STAMP = join(ROOT, 'dist', '.build-stamp');
const BUILD_INPUTS = ['src', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

/** A step of the preparation that failed; the message is one line for the user. */
export class PreparationError extends Error {}

/**
 * @param {{ setup: boolean }} options `setup: false` leaves native TensorFlow alone
 * @throws {PreparationError}
 */
export async function prepare({ setup }) {
  checkNode(process.versions.node);
  if (!hasInstalledPackages()) await installPackages();
  mendPostgres();
  await buildIfStale();
  if (setup) await setUpTensorflow();
}

/** Prints a PreparationError as one line, sets the exit code, and lets everything else through. */
export function reportFailure(error) {
  if (!(error instanceof PreparationError)) throw error;
  console.error(`gelql: ${error.message}`);
  process.exitCode = 1;
}

function checkNode(version) {
  const [major, minor] = version.split('.').map(Number);
  const [needMajor, needMinor] = MINIMUM_NODE;
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return;
  throw new PreparationError(
    `needs Node.js ${MINIMUM_NODE.join('.')} or later, this is ${version}: install a current one from nodejs.org`,
  );
}

/**
 * Whether node_modules holds what the lock file asks for. Versions are compared and not times, which a checkout or a
 * copy changes; packages for other platforms may be absent.
 */
function hasInstalledPackages() {
  const installedLock = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(installedLock)) return false;
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedLock, 'utf8')).packages;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const present = installed[path];
    return present === undefined
      ? entry.optional === true || entry.devOptional === true
      : present.version === entry.version && present.integrity === entry.integrity;
  });
}

async function installPackages() {
  console.error('installing the packages of package-lock.json');
  await runNpm(['ci', '--include=dev'], 'npm ci failed: see above');
}

async function buildIfStale() {
  const digest = digestInputs();
  if (readBuildStamp() === digest) return;
  console.error('building dist/');
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  await runNpm(['run', '--silent', 'build'], 'the build failed: see above');
  writeFileSync(BUILD_STAMP, digest);
}

/** Whether dist/ was built, by `prepare`, from the sources as they are. */
export function isBuildCurrent() {
  return readBuildStamp() === digestInputs();
}

function readBuildStamp() {
  return existsSync(BUILD_STAMP) ? readFileSync(BUILD_STAMP, 'utf8') : null;
}

function digestInputs() {
  const hash = createHash('sha256');
  for (const path of BUILD_INPUTS.flatMap(listFiles)) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(ROOT, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

function listFiles(path) {
  if (path.includes('.')) return [path];
  return readdirSync(join(ROOT, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(ROOT.length + 1))
    .sort();
}

async function setUpTensorflow() {
  const code = await runForeground(
    process.execPath,
    [join(ROOT, 'bin', 'gelql.mjs'), 'setup', 'tensorflow'],
    // Its result line would stand among the results of the command that this prepares.
    { cwd: ROOT, stdio: ['inherit', process.stderr, 'inherit'] },
  );
  if (code > 128) process.exit(code);
  if (code !== 0) console.error('continuing without the tensorflow engine: the line above says why');
}

/** The npm that runs this script, else the one on the PATH. */
async function runNpm(args, failure) {
  const running = process.env.npm_execpath;
  const [command, leading] = running?.endsWith('.js') ? [process.execPath, [running]] : ['npm', []];
  const code = await runForeground(command, [...leading, ...args], { cwd: ROOT });
  if (code !== 0) throw new PreparationError(failure);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await prepare({ setup: !process.argv.includes('--no-setup') }).catch(reportFailure);
}
