import { GelqlError } from '../../../errors.js';

const MAX_SHOWN = 120;

export function invalidPickle(reason: string): GelqlError {
  return new GelqlError('WEIGHTS_INVALID', `Not a usable checkpoint: ${reason}.`);
}

/** `what` the pickle asks for. Nothing of it was run. */
export function unsafePickle(what: string): GelqlError {
  return new GelqlError(
    'WEIGHTS_UNSAFE',
    `The checkpoint asks for ${what}. Nothing was run. If it is your own, save \`model.state_dict()\` instead.`,
  );
}

export function unsafeGlobal(name: string): GelqlError {
  const shown = printable(name);
  if (isModuleClass(name)) return unsafePickle(`the class ${shown}: it holds a whole pickled module`);
  if (isBesideWeights(name)) return unsafePickle(`${shown}, for something that it keeps beside its weights`);
  return new GelqlError('WEIGHTS_UNSAFE', `The checkpoint asks for ${shown}. Nothing was run.`, {
    facts: { global: shown },
  });
}

/** Names come from an untrusted file and go to a terminal: control characters are replaced, length is bounded. */
function printable(name: string): string {
  return name.replace(/\p{Cc}/gu, '?').slice(0, MAX_SHOWN);
}

/** What training scripts store with a checkpoint: a score as a NumPy scalar, the options of the command line. */
function isBesideWeights(name: string): boolean {
  return /^(numpy\.|argparse\.|pathlib\.|omegaconf\.|types\.SimpleNamespace$|_codecs\.encode$)/.test(name);
}

function isModuleClass(name: string): boolean {
  return /^(torchvision\.|torch\.nn\.|__main__\.)/.test(name);
}
