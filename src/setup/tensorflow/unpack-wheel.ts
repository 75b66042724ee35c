import { GelqlError } from '../../errors.js';
import { runCommand, summariseFailure } from './run-command.js';

/**
 * Python's zipfile checks the CRC of every entry, writes links as plain files and drops `..`; names that hold one are
 * refused all the same, because an honest wheel has none.
 */
const UNPACK = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    wanted = ('tensorflow/libtensorflow', 'tensorflow/include/', 'tensorflow/THIRD_PARTY_NOTICES')
    names = [name for name in wheel.namelist() if name.startswith(wanted)]
    if any('..' in name.split('/') for name in names):
        sys.exit('error: the wheel holds a path that leads out of it')
    wheel.extractall(sys.argv[2], names)
`;

/**
 * Unpacks TensorFlow's libraries, headers and licences into `directory`/tensorflow, and nothing else of the wheel.
 * @throws GelqlError SETUP_FAILED where the file is damaged or holds a path that leads out of the folder
 */
export async function unpackWheel(
  wheelPath: string,
  directory: string,
  python: string,
  signal?: AbortSignal,
): Promise<void> {
  const outcome = await runCommand(python, ['-c', UNPACK, wheelPath, directory], { signal });
  if (outcome.code !== 0) {
    throw new GelqlError('SETUP_FAILED', `the wheel could not be unpacked: ${summariseFailure(outcome)}`);
  }
}
