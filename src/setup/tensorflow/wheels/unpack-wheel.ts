import { GelqlError } from '../../../errors.js';
import { runCommand, summariseFailure } from '../run-command.js';

/**
 * Python's zipfile checks the CRC of every entry, writes links as plain files and drops `..`; names that hold one are
 * refused all the same, because an honest wheel has none.
 */
const UNPACK = `
import os, re, sys, zipfile
path, directory, wanted = sys.argv[1:]
with zipfile.ZipFile(path) as wheel:
    names = [name for name in wheel.namelist() if re.match(wanted, name)]
    if any('..' in name.split('/') for name in names):
        sys.exit('error: the wheel holds a path that leads out of it')
    wheel.extractall(directory, names)
    for name in names:
        if '/bin/' in name: os.chmod(os.path.join(directory, name), 0o755)
    for name in wheel.namelist():
        if re.fullmatch('[^/]+[.]dist-info/METADATA', name): sys.stdout.write(wheel.read(name).decode())
`;

/** What is taken of a wheel, as Python's regular expressions of names from their beginning. */
export const WANTED = {
  /** TensorFlow's libraries, headers and licences, below `tensorflow/`. */
  tensorflow: 'tensorflow/(libtensorflow|include/|THIRD_PARTY_NOTICES)',
  /** CUDA's libraries and compiler below `nvidia/PART/`, and the licence; no headers, no Python. */
  cuda: '(nvidia/[^/]+/(?!include/)(?!.*[.](py|a)$).*[^/]$|[^/]+[.]dist-info/License[.]txt$)',
} as const;

/**
 * Unpacks what is wanted of a wheel into `directory`, and nothing else.
 * @returns the wheel's METADATA, empty where it has none
 * @throws GelqlError SETUP_FAILED where the file is damaged or holds a path that leads out of the folder
 */
export async function unpackWheel(
  wheelPath: string,
  directory: string,
  wanted: string,
  python: string,
  signal?: AbortSignal,
): Promise<string> {
  const outcome = await runCommand(python, ['-c', UNPACK, wheelPath, directory, wanted], { signal });
  if (outcome.code !== 0) {
    throw new GelqlError('SETUP_FAILED', `the wheel could not be unpacked: ${summariseFailure(outcome)}`);
  }
  return outcome.stdout;
}
