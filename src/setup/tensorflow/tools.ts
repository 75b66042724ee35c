import { GelqlError } from '../../errors.js';
import { runCommand } from './run-command.js';

/** Programs that the set-up calls, each as program and leading arguments. */
export interface Tools {
  python: string;
  /** Looked up only where it is needed. */
  pip: readonly [string, ...string[]];
  compiler: string;
  /** First line of what the compiler says about itself. */
  compilerVersion: string;
}

const INSTALL = {
  python: 'python3 (apt install python3, dnf install python3, brew install python)',
  pip: 'pip (apt install python3-pip, dnf install python3-pip, brew install python)',
  compiler: 'a C++ compiler (apt install g++, dnf install gcc-c++, xcode-select --install)',
} as const;

/**
 * Looks the programs up on the PATH by calling each once.
 * @throws GelqlError SETUP_FAILED with one line that names all that is missing and how to install it
 */
export async function findTools(needs: { pip: boolean; signal?: AbortSignal | undefined }): Promise<Tools> {
  const [python, compiler] = await Promise.all([
    findFirst([['python3'], ['python']], 'import zipfile', needs.signal),
    findFirst([['g++'], ['c++'], ['clang++']], null, needs.signal),
  ]);
  const ownPip = [python?.command[0] ?? 'python3', '-m', 'pip'] as const;
  const pip = needs.pip ? await findFirst([ownPip, ['pip3'], ['pip']], null, needs.signal) : null;
  const missing = [
    ...(python === null ? [INSTALL.python] : []),
    ...(needs.pip && pip === null ? [INSTALL.pip] : []),
    ...(compiler === null ? [INSTALL.compiler] : []),
  ];
  if (python === null || compiler === null || missing.length > 0) {
    throw new GelqlError(
      'SETUP_FAILED',
      `native TensorFlow needs ${missing.join(' and ')}; without it the other engines go on working`,
      { facts: { missing } },
    );
  }
  return {
    python: python.command[0],
    pip: pip?.command ?? ownPip,
    compiler: compiler.command[0],
    compilerVersion: compiler.version,
  };
}

/**
 * Python with a pip of its own, for what needs no compiler.
 * @throws GelqlError SETUP_FAILED with how to install them
 */
export async function findPython(signal?: AbortSignal): Promise<Pick<Tools, 'python' | 'pip'>> {
  const python = await findFirst([['python3'], ['python']], 'import zipfile, pip', signal);
  if (python === null) {
    const message = `it takes ${INSTALL.python} and ${INSTALL.pip}`;
    throw new GelqlError('SETUP_FAILED', message, { facts: { missing: [INSTALL.python, INSTALL.pip] } });
  }
  const [program] = python.command;
  return { python: program, pip: [program, '-m', 'pip'] };
}

interface FoundTool {
  command: readonly [string, ...string[]];
  version: string;
}

async function findFirst(
  candidates: ReadonlyArray<readonly [string, ...string[]]>,
  pythonCheck: string | null,
  signal: AbortSignal | undefined,
): Promise<FoundTool | null> {
  for (const command of candidates) {
    const [program, ...leading] = command;
    const check = pythonCheck === null ? ['--version'] : ['-c', pythonCheck];
    const outcome = await runCommand(program, [...leading, ...check], { signal });
    if (outcome.code === 0) return { command, version: outcome.stdout.split('\n', 1)[0]?.trim() ?? '' };
  }
  return null;
}
