import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createCompute } from '../../src/compute/create-compute.js';
import { readConfig } from '../../src/config.js';
import { createLogger } from '../../src/logger.js';
import { findBackbone } from '../../src/networks/weights/backbones.js';
import { extractDatasetFeatures } from '../../src/features/dataset-features.js';
import { createFeatureCache } from '../../src/features/feature-cache.js';

/**
 * A process that computes the features of a folder's pictures when it is told to, and prints how many it decoded, how
 * many calls its engine had and what came out. Arguments: the cache's folder, the pictures' folder.
 */
const [directory = '', pictureFolder = ''] = process.argv.slice(2);
const config = readConfig({ ...process.env, GELQL_THREADS: '1' });
const compute = createCompute(config, createLogger('silent'));
const backbone = await findBackbone('mobilenet_v3_large-gelql-1', config);
const names = (await readdir(pictureFolder)).sort();
const counts = { decoded: 0, calls: 0 };

const lines = createInterface({ input: process.stdin });
process.stdout.write('ready\n');
await once(lines, 'line');
const features = await extractDatasetFeatures(
  {
    ...compute,
    prepareImage: (...task) => ((counts.decoded += 1), compute.prepareImage(...task)),
    extractFeatures: (...task) => ((counts.calls += 1), compute.extractFeatures(...task)),
  },
  createFeatureCache({ directory, maxBytes: 1024 * 1024 * 1024 }),
  {
    datasetDigest: 'the folder',
    pictures: names.map((name) => ({ sha256: name, rasterSha256: name })),
    loadBytes: (name) => readFile(join(pictureFolder, name)),
    views: 1,
    augmentation: 'LIGHT',
    recipe: 'gel-v1',
    backbone,
    engine: 'onnxruntime',
    engineVersion: 'test',
    maxPixels: config.maxPixels,
  },
  {
    signal: new AbortController().signal,
    onProgress: ({ stage, done }) => void process.stdout.write(`${stage} ${done}\n`),
  },
);
const digest = createHash('sha256').update(features).digest('hex');
process.stdout.write(`${JSON.stringify({ ...counts, digest })}\n`);
await compute.close();
process.exit();
