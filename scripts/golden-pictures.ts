/**
 * Gives the shipped models their golden pictures: pictures of dataset/ with the logits that the model gives for them on the
 * engine that it was trained with. Nothing else of a record changes. Usage: node --import tsx scripts/golden-pictures.ts
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { createCompute } from '../src/compute/create-compute.js';
import { PACKAGE_DIR, readConfig } from '../src/config.js';
import { createLogger } from '../src/logger.js';
import { applyHead } from '../src/networks/heads.js';
import { findBackbone } from '../src/networks/weights/backbones.js';
import { readSafetensors } from '../src/networks/weights/safetensors.js';
import { readModelFolder, RECORD_FILE, type StoredModel } from '../src/registry/model-folder.js';

const PICTURES = ['gel/gel_003.jpg', 'gel/gel_009.png', 'not_gel/not_gel_010.png', 'not_gel/not_gel_019.jpg'];

const config = readConfig();
const compute = createCompute(config, createLogger('warn'));

async function logitsOf({ record, headBytes }: StoredModel, bytes: Uint8Array): Promise<number[]> {
  const backbone = await findBackbone(record.backbone.id, config);
  const { inputs } = await compute.prepareImage(
    { bytes, page: null, recipe: record.recipe, views: 1, maxPixels: config.maxPixels },
    { lane: 'training' },
  );
  const { features } = await compute.extractFeatures(
    { engine: record.training.featureEngine, backbone, inputs, count: 1, lastMaps: false },
    { lane: 'training' },
  );
  return [...applyHead(readSafetensors(headBytes).tensors, features, 1)];
}

try {
  for (const folder of ['resnet18', 'mobilenet_v3_large']) {
    const directory = join(PACKAGE_DIR, 'models', 'gelql-base', folder);
    const stored = await readModelFolder(directory);
    const answers = [];
    await mkdir(join(directory, 'golden'), { recursive: true });
    for (const [position, name] of PICTURES.entries()) {
      const bytes = await readFile(join(PACKAGE_DIR, 'dataset', 'test', name));
      const file = `golden/${position + 1}${extname(name)}`;
      await writeFile(join(directory, file), bytes);
      answers.push({
        name: basename(name),
        file,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        logits: await logitsOf(stored, bytes),
      });
    }
    const golden = { engine: stored.record.training.featureEngine, answers };
    const recordFile = join(directory, RECORD_FILE);
    const record = JSON.parse(await readFile(recordFile, 'utf8')) as object;
    await writeFile(recordFile, `${JSON.stringify({ ...record, golden }, null, 1)}\n`);
    // Also proves that the digest still holds.
    await readModelFolder(directory);
  }
} finally {
  await compute.close();
}
