import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import type { Database } from '../db/client.js';
import { GelqlError } from '../errors.js';
import { readSafetensors } from '../networks/weights/safetensors.js';
import { writeTorchCheckpoint } from '../networks/weights/torch-checkpoint-writer.js';
import { loadArtifact } from '../db/artifacts.js';
import type { ModelRow } from '../registry/models.js';

const FORMATS = ['.pth', '.safetensors'];

/**
 * Writes a model's head: `.pth` is a checkpoint that `torch.load(weights_only=True)` reads, `.safetensors` the stored
 * artifact itself.
 * @returns the files written
 */
export async function saveHead(database: Database, model: ModelRow, file: string): Promise<string[]> {
  const stored = await loadArtifact(database, model.headSha256);
  const bytes = extname(file) === '.pth' ? writeTorchCheckpoint(readSafetensors(stored).tensors) : stored;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
  return [file];
}

/** @throws GelqlError BAD_REQUEST for another file name ending; called before any work is done */
export function checkHeadFile(file: string): void {
  if (FORMATS.includes(extname(file))) return;
  throw new GelqlError('BAD_REQUEST', `${file} must end in ${FORMATS.join(' or ')}.`);
}
