/**
 * Gives the shipped models the features of the pictures that they were trained on, from the data set of their README, imported
 * again as `gelql-base`. That the pictures are the very ones is proved by the data set's digest in the record: it is that of
 * these pictures where copies and sources alone make groups, as they did when the heads were trained. Nothing else of a record
 * changes. Usage: node --import tsx scripts/training-features.ts CORPUS/SOURCES.csv
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { withDatabase } from '../src/cli/with-database.js';
import { createCompute } from '../src/compute/create-compute.js';
import { PACKAGE_DIR, readConfig } from '../src/config.js';
import { datasetDigest } from '../src/datasets/dataset-digest.js';
import {
  findDataset,
  listDatasetPictures,
  loadMiniatures,
  type DatasetPictureRow,
} from '../src/datasets/datasets.js';
import { createUnion } from '../src/datasets/union.js';
import { loadArtifact } from '../src/db/artifacts.js';
import type { Database } from '../src/db/client.js';
import { createLogger } from '../src/logger.js';
import { findBackbone } from '../src/networks/weights/backbones.js';
import { readModelFolder, writeModelFolder } from '../src/registry/model-folder.js';
import type { ModelRecord } from '../src/registry/model-record.js';
import { extractDatasetFeatures } from '../src/features/dataset-features.js';
import { describeTraining } from '../src/training/describe-training.js';
import { createFeatureCache } from '../src/features/feature-cache.js';

const DATASET = 'gelql-base';
const FILE = 'training-features.safetensors';
/** The folder of the corpus, and of the drawn pictures, in the names of the data set. */
const CORPUS = /^gel-corpus\//;
const DRAWN = /^train\//;

interface SourceRow {
  file: string;
  owner_repo: string;
  path: string;
}

const config = readConfig();
const logger = createLogger('warn');
const compute = createCompute(config, logger);
const [, , sourcesFile] = process.argv;
if (sourcesFile === undefined) throw new Error('Name the SOURCES.csv of the corpus.');
const rows: SourceRow[] = parse(await readFile(sourcesFile), { columns: true, bom: true });
const sources = new Map(rows.map((row) => [row.file, row]));

const sourceOf = ({ name }: DatasetPictureRow) => sources.get(name.replace(CORPUS, ''));

/** Where a picture can be looked at: the repository that it is from and its path there, or how it was drawn. */
function publicName(image: DatasetPictureRow): string {
  const source = sourceOf(image);
  return source === undefined
    ? image.name.replace(DRAWN, 'synthesize --seed 7/')
    : `${source.owner_repo}/${source.path}`;
}

function digestByCopiesAndSources(classes: readonly string[], images: readonly DatasetPictureRow[]): string {
  const union = createUnion(images.length);
  const keysOf = (image: DatasetPictureRow) => {
    const repository = sourceOf(image)?.owner_repo;
    return [image.sha256, image.facts.rasterSha256, ...(repository === undefined ? [] : [repository])];
  };
  const firstWith = new Map<string, number>();
  for (const [position, image] of images.entries()) {
    for (const key of keysOf(image)) {
      const first = firstWith.get(key);
      if (first === undefined) firstWith.set(key, position);
      else union.join(first, position);
    }
  }
  const grouped = images.map((image, position) => {
    const first = images[union.rootOf(position)] ?? image;
    return { ...image, groupKey: sourceOf(first)?.owner_repo ?? first.name };
  });
  return datasetDigest(classes, grouped);
}

async function describe(
  database: Database,
  { images, miniatures }: { images: DatasetPictureRow[]; miniatures: Uint8Array },
  { backbone: { id }, recipe, training: { featureEngine } }: ModelRecord,
): Promise<Uint8Array> {
  const backbone = await findBackbone(id, config);
  const reports = await compute.engines();
  const features = await extractDatasetFeatures(
    compute,
    createFeatureCache({ directory: join(config.cacheDir, 'features'), maxBytes: config.featureCacheBytes }),
    {
      datasetDigest: id,
      pictures: images.map(({ sha256, facts: { rasterSha256 } }) => ({ sha256, rasterSha256 })),
      loadBytes: (sha256) => loadArtifact(database, sha256),
      views: 1,
      augmentation: 'LIGHT',
      recipe,
      backbone,
      engine: featureEngine,
      engineVersion: reports.find(({ engine }) => engine === featureEngine)?.version ?? '',
      maxPixels: config.maxPixels,
    },
    { signal: new AbortController().signal, onProgress: () => undefined },
  );
  const fitted = images.map((_, position) => position);
  const named = images.map((image) => ({ ...image, name: publicName(image) }));
  return describeTraining(
    { images: named, miniatures, backbone, split: { fitted }, featureViews: 1 },
    features,
  );
}

async function completeFolder(database: Database, directory: string): Promise<void> {
  const stored = await readModelFolder(directory);
  const dataset = await findDataset(database, DATASET);
  if (dataset === null) throw new Error(`Import ${DATASET} first, as its README says.`);
  const images = await listDatasetPictures(database, dataset.id);
  const digest = digestByCopiesAndSources(dataset.classes, images);
  if (digest !== stored.record.training.dataset.digest) {
    throw new Error(`These are not the pictures of ${stored.record.name}: their digest is ${digest}.`);
  }
  const trainedOn = images.filter(({ subset }) => subset === 'TRAIN');
  const miniatures = await loadMiniatures(database, dataset);
  const trainingFeatures = await describe(database, { images: trainedOn, miniatures }, stored.record);
  const sha256 = createHash('sha256').update(trainingFeatures).digest('hex');
  const record = { ...stored.record, trainingFeatures: { file: FILE, sha256 } };
  await writeModelFolder(directory, { ...stored, record, trainingFeatures });
  // Also proves that the digest still holds.
  await readModelFolder(directory);
  console.log(`${record.name}: ${trainedOn.length} pictures, ${trainingFeatures.byteLength} bytes`);
}

try {
  await withDatabase(config, async (database) => {
    for (const folder of ['resnet18', 'mobilenet_v3_large']) {
      await completeFolder(database, join(PACKAGE_DIR, 'models', 'gelql-base', folder));
    }
  });
} finally {
  await compute.close();
}
