import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../../config.js';
import { createDiskBudget } from '../../disk-budget.js';
import { GelqlError } from '../../errors.js';
import type { BackboneRecord, TensorMap, TunedWeights } from '../../words/architecture.js';
import { expectedShapes } from '../build-graph.js';
import { hashBytes, isFileNotFound } from './file-facts.js';
import { readSafetensors, writeSafetensors } from './safetensors.js';
import { checkTensor } from './select-tensors.js';

/** Bound to the very file of weights that the tensors were moved away from. */
const FORMAT = 'gelql-tuned-weights/1';

type TunedCache = Pick<Config, 'cacheDir' | 'tunedCacheBytes'>;
type TunedBackbone = Pick<BackboneRecord, 'architecture' | 'featurePoint' | 'sha256'>;

/**
 * A safetensors file (float32) of the tensors that a training has moved, under the names and shapes of the backbone, whose
 * digest it names.
 * @param moved at least one tensor
 */
export function encodeTunedWeights(moved: TensorMap, { sha256 }: TunedBackbone): Uint8Array {
  return writeSafetensors(moved, { metadata: { format: FORMAT, backbone: sha256 }, dtype: 'F32' });
}

/** @throws GelqlError WEIGHTS_INVALID where the bytes are not what `encodeTunedWeights` writes for this backbone */
export function decodeTunedWeights(bytes: Uint8Array, backbone: TunedBackbone): TensorMap {
  const { tensors, metadata } = readSafetensors(bytes);
  if (metadata.format !== FORMAT) throw invalid('they are not marked as such');
  if (metadata.backbone !== backbone.sha256) throw invalid('they belong to another backbone');
  const shapes = expectedShapes(backbone.architecture, backbone.featurePoint, { withClassifier: false });
  for (const [name, tensor] of tensors) {
    const shape = shapes.get(name);
    if (shape === undefined) throw invalid(`${backbone.architecture} has no ${name}`);
    checkTensor(name, tensor, shape);
  }
  return tensors;
}

/** @throws GelqlError WEIGHTS_MISSING, WEIGHTS_DIGEST_MISMATCH, WEIGHTS_INVALID */
export async function loadTunedWeights(backbone: TunedBackbone, tuned: TunedWeights): Promise<TensorMap> {
  const bytes = await readTuned(tuned.file);
  if (bytes === null) {
    throw new GelqlError('WEIGHTS_MISSING', `${tuned.file}, weights of a model, is not there.`);
  }
  if (hashBytes(bytes) !== tuned.sha256) {
    throw new GelqlError('WEIGHTS_DIGEST_MISMATCH', `${tuned.file} is not the file that the model names.`, {
      facts: { file: tuned.file, expected: tuned.sha256 },
    });
  }
  return decodeTunedWeights(bytes, backbone);
}

/**
 * Sees to it that tuned weights lie below the cache folder, where the compute threads read them; a file that is damaged is
 * written anew. Those that were used least recently go where the folder outgrows its limit: the database has them still.
 * @param load the bytes of that digest, called where the file is not there
 * @throws GelqlError SETUP_FAILED where the folder cannot be written, and what `load` throws
 */
export async function keepTunedWeights(
  { cacheDir, tunedCacheBytes }: TunedCache,
  sha256: string,
  load: () => Promise<Uint8Array>,
): Promise<TunedWeights> {
  const directory = join(cacheDir, 'tuned');
  const file = join(directory, `${sha256}.safetensors`);
  const present = await readTuned(file);
  if (present !== null && hashBytes(present) === sha256) {
    // The time of the last use; another process may have removed the file meanwhile.
    await utimes(file, new Date(), new Date()).catch(() => undefined);
  } else {
    const bytes = await load();
    await writeTuned(directory, file, bytes);
    await createDiskBudget(directory, tunedCacheBytes).add(bytes.length);
  }
  return { file, sha256 };
}

async function writeTuned(directory: string, file: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await mkdir(directory, { recursive: true });
    await writeFile(temporary, bytes);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GelqlError(
      'SETUP_FAILED',
      `${directory} cannot be written: free space there, or set GELQL_CACHE_DIR to a folder that can (${reason}).`,
      { cause },
    );
  }
}

async function readTuned(file: string): Promise<Uint8Array | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if (isFileNotFound(error)) return null;
    throw error;
  }
}

function invalid(reason: string): GelqlError {
  return new GelqlError('WEIGHTS_INVALID', `The tuned weights cannot be used: ${reason}.`);
}
