import type { Compute } from '../compute/protocol.js';
import type { Config } from '../config.js';
import { findDataset, listDatasetPictures, type DatasetPictureRow } from '../datasets/datasets.js';
import { registerDataset, type ImportOutcome } from '../datasets/register-dataset.js';
import type { ScannedPicture } from '../datasets/scan-folder.js';
import { areStored, loadArtifact } from '../db/artifacts.js';
import type { Database } from '../db/client.js';
import { GelqlError } from '../errors.js';
import { listNames } from '../list-names.js';
import { DEFAULT_RECIPE } from '../words/picture.js';
import type { ClassificationRow } from './classifications.js';
import { listReviewed } from './reviews.js';

/** Classifications and classes that an error names. */
const MAX_NAMED = 20;

export interface ReviewedDataset {
  name: string;
  /** Id or name of the data set that is continued; null for one of reviewed pictures alone. */
  base: string | null;
  /** Ids of reviewed classifications; null takes all that were ever reviewed. */
  classificationIds: readonly string[] | null;
  onProgress?: ((step: 'reading' | 'comparing', done: number, total: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

interface ReviewServices {
  config: Pick<Config, 'maxPixels'>;
  database: Database;
  compute: Pick<Compute, 'prepareImage'>;
}

/** A picture that a person has looked at, under the class of its newest review. */
interface ReviewedPicture {
  classification: ClassificationRow;
  label: string;
}

/**
 * Registers a new data set: the pictures of `base`, and every reviewed picture under the class of its newest review. A
 * picture that is in `base` already gets that class there and keeps its subset; a new one is for training. Groups of
 * `base` stay together, and near-duplicates join as in any import.
 * @throws GelqlError NOT_FOUND, DATASET_INVALID, PICTURE_NOT_KEPT with facts.classifications, and as registerDataset
 */
export async function createDatasetFromReviews(
  { config, database, compute }: ReviewServices,
  { name, base, classificationIds, onProgress, signal }: ReviewedDataset,
): Promise<ImportOutcome> {
  const reviewed = await findReviewed(database, classificationIds);
  await refuseUnkept(database, reviewed);
  const known = base === null ? null : await loadBase(database, base);
  if (known !== null) refuseForeign(reviewed, known);
  const images = known?.images ?? [];
  const pictures = [
    ...images.map((image) => fromBase(image, known?.classes ?? [], reviewed)),
    ...newPictures(reviewed, images),
  ];
  return registerDataset(database, {
    name,
    source: known === null ? 'reviews' : `${known.name} and reviews`,
    pictures,
    groups: new Map(images.map((image) => [image.name, image.groupKey])),
    read: (sha256, scope) => loadArtifact(scope, String(sha256)),
    decode: (bytes) =>
      compute.prepareImage(
        { bytes, page: null, recipe: DEFAULT_RECIPE, views: 1, maxPixels: config.maxPixels },
        { lane: 'training', signal },
      ),
    ...(onProgress === undefined ? {} : { onProgress }),
    signal,
  });
}

/** By the SHA-256 of the picture: several answers to one picture are one picture. */
async function findReviewed(
  database: Database,
  ids: readonly string[] | null,
): Promise<Map<string, ReviewedPicture>> {
  const rows = await listReviewed(database, ids);
  const reviewedIds = new Set(rows.map(({ classification }) => classification.id));
  const unreviewed = ids?.filter((id) => !reviewedIds.has(id)) ?? [];
  if (unreviewed.length > 0 || rows.length === 0) {
    throw new GelqlError('DATASET_INVALID', 'There are classifications without a review, or none at all.', {
      facts: { classifications: unreviewed.slice(0, MAX_NAMED) },
    });
  }
  const otherPages = rows.filter(({ classification }) => classification.facts.page !== 0);
  if (otherPages.length > 0) {
    throw new GelqlError('DATASET_INVALID', 'Data sets hold first pages only: leave out answers to others.', {
      facts: { classifications: namesOf(otherPages.map(({ classification }) => classification)) },
    });
  }
  return new Map(
    rows.map(({ review, classification }) => [
      classification.pictureSha256,
      { classification, label: review.label },
    ]),
  );
}

async function refuseUnkept(
  database: Database,
  reviewed: ReadonlyMap<string, ReviewedPicture>,
): Promise<void> {
  const stored = await areStored(database, [...reviewed.keys()]);
  const missing = [...reviewed.values()].filter((_, index) => stored[index] !== true);
  if (missing.length === 0) return;
  throw new GelqlError(
    'PICTURE_NOT_KEPT',
    `The bytes of ${missing.length} of ${reviewed.size} reviewed pictures were not kept.`,
    { facts: { classifications: namesOf(missing.map(({ classification }) => classification)) } },
  );
}

function namesOf(classifications: readonly ClassificationRow[]): string[] {
  return classifications.slice(0, MAX_NAMED).map(({ id }) => id);
}

interface BaseDataset {
  name: string;
  classes: readonly string[];
  images: DatasetPictureRow[];
}

async function loadBase(database: Database, reference: string): Promise<BaseDataset> {
  const row = await findDataset(database, reference);
  if (row === null) throw new GelqlError('NOT_FOUND', `There is no data set "${reference}".`);
  return { name: row.name, classes: row.classes, images: await listDatasetPictures(database, row.id) };
}

/** A review of a model with other classes would add a class nobody asked for. */
function refuseForeign(reviewed: ReadonlyMap<string, ReviewedPicture>, { name, classes }: BaseDataset): void {
  const foreign = [...reviewed.values()].filter(({ label }) => !classes.includes(label));
  if (foreign.length === 0) return;
  throw new GelqlError(
    'DATASET_INVALID',
    `${foreign.length} reviewed pictures are of no class of ${name}: it has ${listNames(classes, MAX_NAMED)}.`,
    { facts: { classifications: namesOf(foreign.map(({ classification }) => classification)) } },
  );
}

/** Its bytes lie under their digest. */
function fromBase(
  { name, sha256, label, subset }: DatasetPictureRow,
  classes: readonly string[],
  reviewed: ReadonlyMap<string, ReviewedPicture>,
): ScannedPicture {
  const className = reviewed.get(sha256)?.label ?? classes[label] ?? '';
  return { path: sha256, name, className, subset };
}

function newPictures(
  reviewed: ReadonlyMap<string, ReviewedPicture>,
  images: readonly DatasetPictureRow[],
): ScannedPicture[] {
  const known = new Set(images.map(({ sha256 }) => sha256));
  const subset = images.some((image) => image.subset !== 'UNSPLIT') ? 'TRAIN' : 'UNSPLIT';
  return [...reviewed.entries()]
    .filter(([sha256]) => !known.has(sha256))
    .map(([sha256, { classification, label }]) => ({
      path: sha256,
      name: `reviewed/${sha256.slice(0, 16)}.${classification.facts.format}`,
      className: label,
      subset,
    }));
}
