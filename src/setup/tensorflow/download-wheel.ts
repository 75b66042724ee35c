import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { GelqlError } from '../../errors.js';
import { WHEEL_PYTHON, type TensorflowPlatform } from './platforms.js';
import { runCommand, summariseFailure, type CommandOutcome } from './run-command.js';

const PROGRESS_EVERY_MS = 2_000;

export interface DownloadOptions {
  version: string;
  platform: TensorflowPlatform;
  pip: readonly [string, ...string[]];
  /** Empty folder that takes the wheel and pip's own temporary files. */
  directory: string;
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
  const { directory, version, platform } = options;
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
    const wanted = platform.pinned[version]?.fileName ?? `the wheel of ${platform.distribution} ${version}`;
    throw new GelqlError(
      'SETUP_FAILED',
      `pip could not fetch ${platform.distribution} ${version} (${explainFailure(outcome)}); name a mirror in PIP_INDEX_URL, or bring ${wanted} and run \`gelql setup tensorflow --wheel FILE\``,
    );
  }
  return join(destination, fileName);
}

/** pip says "no matching distribution" of an index that it could not reach, too; its warnings tell the two apart. */
function explainFailure(outcome: CommandOutcome): string {
  const isUnreachable = /connection broken by|connection timed out/i.test(outcome.stderr);
  return isUnreachable ? 'the package index cannot be reached' : summariseFailure(outcome);
}

function pipArguments({ platform, version }: DownloadOptions, destination: string): string[] {
  return [
    ...['download', '--no-deps', '--only-binary=:all:', '--dest', destination],
    ...['--implementation', 'cp', '--python-version', WHEEL_PYTHON.version, '--abi', WHEEL_PYTHON.abi],
    ...platform.tags.flatMap((tag) => ['--platform', tag]),
    // One retry: a closed network is told apart in seconds, and a broken connection still gets its second chance.
    ...['--retries', '1', '--progress-bar', 'off', '--no-input', '--disable-pip-version-check'],
    `${platform.distribution}==${version}`,
  ];
}

async function reportGrowth({ directory, version, platform, onProgress }: DownloadOptions): Promise<void> {
  const megabytes = Math.round((await findLargestFile(directory)) / 1e6);
  const expected = platform.pinned[version]?.sizeBytes;
  const total = expected === undefined ? '' : ` of ${Math.round(expected / 1e6)}`;
  onProgress(`downloading ${platform.distribution} ${version}: ${megabytes}${total} MB`);
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
