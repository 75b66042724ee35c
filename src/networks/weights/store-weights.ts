import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../../config.js';
import type { BackboneRecord, TensorMap } from '../../words/architecture.js';
import type { BackboneDescription, PinnedFile } from './catalog.js';
import { safetensorsParts } from './safetensors.js';
import { manifestPathOf, storedFileName, weightsDirOf, type StoredManifest } from './stored-manifest.js';

/**
 * Writes `<cacheDir>/weights/<id>.safetensors` (float32) and then its manifest, each under a temporary name first: what
 * is interrupted leaves nothing that would be taken for weights. The same tensors give the same bytes on every machine.
 */
export async function storeWeights(
  description: BackboneDescription,
  tensors: TensorMap,
  source: StoredManifest['source'],
  places: Pick<Config, 'cacheDir'>,
): Promise<BackboneRecord> {
  const file = join(weightsDirOf(places), storedFileName(description.id));
  await mkdir(weightsDirOf(places), { recursive: true });
  const stored = await writeTensors(description, tensors, source, file);
  const { id, architecture, featurePoint, featureSize, mean, standardDeviation } = description;
  const bound = { id, architecture, featurePoint, featureSize, mean, standardDeviation };
  const manifest: StoredManifest = {
    ...bound,
    mean: [...mean],
    standardDeviation: [...standardDeviation],
    stored,
    source,
  };
  await replaceFile(manifestPathOf(id, places), (path) =>
    writeFile(path, `${JSON.stringify(manifest, null, 2)}\n`),
  );
  return { ...bound, file, sha256: stored.sha256 };
}

async function writeTensors(
  { id, architecture }: BackboneDescription,
  tensors: TensorMap,
  source: PinnedFile,
  file: string,
): Promise<PinnedFile> {
  const metadata = { name: id, architecture, source: source.sha256 };
  const hash = createHash('sha256');
  let sizeBytes = 0;
  await replaceFile(file, async (path) => {
    await using handle = await open(path, 'w');
    for (const part of safetensorsParts(tensors, { metadata, dtype: 'F32' })) {
      hash.update(part);
      sizeBytes += part.byteLength;
      await handle.writeFile(part);
    }
    await handle.sync();
  });
  return { fileName: storedFileName(id), sizeBytes, sha256: hash.digest('hex') };
}

/** Lets `write` fill a temporary file and puts it in place in one step. */
export async function replaceFile(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await write(temporary);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}
