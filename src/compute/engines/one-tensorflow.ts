import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { ADDON_NAME } from '../../setup/tensorflow/installation.js';
import { GelqlError } from '../../errors.js';

/** What is mapped into this process, by all of its threads. Only Linux has two builds to mix up. */
const MAPPED_FILES = '/proc/self/maps';

/**
 * Two builds of TensorFlow in one process share global names and end it sooner or later. To be called before an addon is
 * loaded.
 * @throws GelqlError ENGINE_UNAVAILABLE where another addon is loaded already
 */
export function refuseSecondTensorflow(addonPath: string): void {
  if (!existsSync(MAPPED_FILES) || !existsSync(addonPath)) return;
  const own = realpathSync(addonPath);
  const mapped = readFileSync(MAPPED_FILES, 'utf8').matchAll(/^\S+ \S+ \S+ \S+ \S+ +(\/.*)$/gm);
  const paths = [...mapped].map(([, path = '']) => path);
  const other = paths.find((path) => basename(path) === ADDON_NAME && path !== own);
  if (other === undefined) return;
  throw new GelqlError(
    'ENGINE_UNAVAILABLE',
    `This process holds another build of TensorFlow already (${other}): ${own} needs a process of its own.`,
    { facts: { loaded: other, refused: own } },
  );
}
