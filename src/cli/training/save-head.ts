import { mkdir, rm, writeFile } from 'node:fs/promises';
import { extname, join, parse } from 'node:path';
import type { Database } from '../../db/client.js';
import { GelqlError } from '../../errors.js';
import { readSafetensors } from '../../networks/weights/safetensors.js';
import { writeTorchCheckpoint } from '../../networks/weights/torch/torch-checkpoint-writer.js';
import { loadArtifact } from '../../db/artifacts.js';
import type { ModelRow } from '../../registry/models.js';

const FORMATS = ['.pth', '.safetensors'];

/**
 * Writes a model's head: `.pth` is a checkpoint that `torch.load(weights_only=True)` reads, `.safetensors` the stored
 * artifact itself. What its training has moved in the backbone, if anything, lies beside it as `NAME.backbone.EXTENSION`;
 * such a file of an earlier model goes with the head that it belonged to.
 * @returns the files written
 */
export async function saveHead(database: Database, model: ModelRow, file: string): Promise<string[]> {
  const { dir, name, ext } = parse(file);
  await mkdir(dir === '' ? '.' : dir, { recursive: true });
  const backboneFile = join(dir, `${name}.backbone${ext}`);
  await rm(backboneFile, { force: true });
  await saveTensors(database, model.headSha256, file);
  if (model.tunedSha256 === null) return [file];
  await saveTensors(database, model.tunedSha256, backboneFile);
  return [file, backboneFile];
}

async function saveTensors(database: Database, sha256: string, file: string): Promise<void> {
  const stored = await loadArtifact(database, sha256);
  const isTorch = extname(file) === '.pth';
  await writeFile(file, isTorch ? writeTorchCheckpoint(readSafetensors(stored).tensors) : stored);
}

/** @throws GelqlError BAD_REQUEST for another file name ending; called before any work is done */
export function checkHeadFile(file: string): void {
  if (FORMATS.includes(extname(file))) return;
  throw new GelqlError('BAD_REQUEST', `${file} must end in ${FORMATS.join(' or ')}.`);
}
