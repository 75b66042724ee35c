import { randomUUID } from 'node:crypto';
import { lstatSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { findSelectedInstallation } from './installation.js';
import { isSystemError } from './system-error.js';
import { readTfjsNodePackage, type TfjsNodePackage } from './tfjs-node-package.js';

export type LinkOutcome =
  /** `changed` says whether this call had to make or move the link. */
  { linked: true; version: string; changed: boolean } | { linked: false; reason: string };

/** Reported as the version where tfjs-node holds an addon that gelql did not build. */
export const FOREIGN_BUILD = 'built outside gelql';

/**
 * Points the path where tfjs-node looks for its addon to the one in the cache. Call it before tfjs-node is imported.
 * Cheap (some stats) where the link is right already. Any number of processes and threads may call it at once: each
 * renames a finished link into place. An addon that somebody built there by hand is left as it is.
 */
export function linkTensorflow(cacheDir: string, tfjs: TfjsNodePackage = readTfjsNodePackage()): LinkOutcome {
  try {
    return linkSelected(cacheDir, tfjs);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return { linked: false, reason: `the addon cannot be put in its place: ${error.message}` };
  }
}

function linkSelected(cacheDir: string, tfjs: TfjsNodePackage): LinkOutcome {
  const present = lstatSync(tfjs.addonPath, { throwIfNoEntry: false });
  if (present?.isFile() === true) return { linked: true, version: FOREIGN_BUILD, changed: false };
  const installation = findSelectedInstallation(cacheDir, tfjs);
  if (installation === null) return { linked: false, reason: 'not installed: run `gelql setup tensorflow`' };
  const isRight =
    present?.isSymbolicLink() === true && readlinkSync(tfjs.addonPath) === installation.addonPath;
  if (!isRight) replaceLink(tfjs.addonPath, installation.addonPath);
  return { linked: true, version: installation.manifest.tensorflow, changed: !isRight };
}

function replaceLink(path: string, target: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}`;
  symlinkSync(target, temporary);
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
