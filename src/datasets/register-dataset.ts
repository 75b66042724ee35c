import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Database } from '../db/client.js';
import { GelqlError, type ErrorCode } from '../errors.js';
import type { PictureFacts } from '../images/picture.js';
import { storeArtifact } from '../db/artifacts.js';
import { violatedUniqueIndex } from '../db/sql-error.js';
import { datasetDigest } from './dataset-digest.js';
import { findDataset, findDatasetByDigest, insertDataset, type DatasetRow } from './datasets.js';
import { groupPictures, type DuplicateSet } from './group-pictures.js';
import type { ScannedPicture } from './scan-folder.js';

/** Pictures that are decoded at once: so many files are in memory. */
const CONCURRENCY = 4;
/** What is wrong with a picture, not with the machine that reads it: only such a picture is left out. */
const PICTURE_FAULTS: readonly ErrorCode[] = [
  'FILE_TOO_LARGE',
  'UNSUPPORTED_FORMAT',
  'UNSUPPORTED_SAMPLE_TYPE',
  'UNREADABLE_OR_TRUNCATED',
  'TOO_MANY_PIXELS',
  'TOO_SMALL',
  'BLANK_IMAGE',
  'PAGE_OUT_OF_RANGE',
  'WORKER_CRASHED',
];

export interface ImportReport {
  pictures: number;
  perClass: { name: string; imageCount: number }[];
  /** Files that are no readable pictures; they are left out. */
  skipped: { name: string; code: ErrorCode; message: string }[];
  duplicates: DuplicateSet[];
  /** Training pictures left out because the same picture is a test picture. */
  droppedFromTraining: string[];
}

export interface ImportOutcome {
  dataset: DatasetRow;
  report: ImportReport;
  /** False where the same content was registered before, then under that name. */
  isNew: boolean;
}

interface ReadPicture extends ScannedPicture {
  facts: PictureFacts;
  source: string | null;
}

/**
 * Registers pictures as a data set: decoded once for their facts, stored with their bytes, never changed afterwards.
 * An unreadable picture is skipped and reported. A picture that is in both subsets stays in TEST only: a test picture
 * that was trained on measures nothing. The same content under any name gives the data set that is there already.
 * @param options.groups source of a picture by its name; pictures of one source never straddle a split
 * @param options.readFacts decodes a picture @throws GelqlError for what is no readable picture
 * @throws GelqlError DATASET_INVALID, CONFLICT where the name belongs to another data set, and what `readFacts` throws
 * about the machine instead of the picture: nothing is registered then
 */
export async function registerDataset(
  database: Database,
  options: {
    name: string;
    source: string;
    pictures: readonly ScannedPicture[];
    groups?: ReadonlyMap<string, string> | undefined;
    readFacts: (bytes: Uint8Array) => Promise<PictureFacts>;
    onProgress?: (done: number, total: number) => void;
  },
): Promise<ImportOutcome> {
  const { readable, skipped } = await readAll(options);
  const kept = withoutTestPictures(readable);
  const classes = classesOf(options.pictures);
  refuseMissingClasses(options.source, classes, kept, skipped);
  const { groupKeys } = groupPictures(kept.map(toGrouped));
  const images = kept.map((picture, position) => ({
    position,
    name: picture.name,
    sha256: picture.facts.sha256,
    label: classes.indexOf(picture.className),
    subset: picture.subset,
    groupKey: groupKeys[position] ?? picture.name,
    facts: picture.facts,
  }));
  const report: ImportReport = {
    pictures: kept.length,
    perClass: classes.map((name, label) => ({
      name,
      imageCount: images.filter((image) => image.label === label).length,
    })),
    skipped,
    duplicates: groupPictures(readable.map(toGrouped)).duplicates,
    droppedFromTraining: readable.filter((picture) => !kept.includes(picture)).map(({ name }) => name),
  };
  const digest = datasetDigest(classes, images);
  const known = await findDatasetByDigest(database, digest);
  if (known !== null) return { dataset: known, report, isNew: false };
  if ((await findDataset(database, options.name)) !== null) throw nameTaken(options.name);
  const store = database.transaction(async (scope) => {
    for (const { path, facts } of kept)
      await storeArtifact(scope, 'picture', await readUnchanged(path, facts));
    return insertDataset(scope, { name: options.name, classes, digest, source: options.source, images });
  });
  const dataset = await store.catch((error: unknown) => {
    // Another process was faster.
    throw violatedUniqueIndex(error) === 'datasets_name' ? nameTaken(options.name) : error;
  });
  return { dataset, report, isNew: true };
}

function nameTaken(name: string): GelqlError {
  return new GelqlError('CONFLICT', `There is another data set named "${name}": choose a new name.`);
}

function classesOf(pictures: readonly ScannedPicture[]): string[] {
  return [...new Set(pictures.map(({ className }) => className))].sort();
}

/** Every class of the folder must be left, and learnable where the folder says what is to be learned from. */
function refuseMissingClasses(
  source: string,
  classes: readonly string[],
  kept: readonly ReadPicture[],
  skipped: ImportReport['skipped'],
): void {
  const isSplit = kept.some(({ subset }) => subset === 'TRAIN');
  const present = classesOf(isSplit ? kept.filter(({ subset }) => subset !== 'TEST') : kept);
  const missing = classes.filter((name) => !present.includes(name));
  if (classes.length >= 2 && missing.length === 0) return;
  throw new GelqlError(
    'DATASET_INVALID',
    missing.length === 0
      ? `${source} has pictures of fewer than two classes.`
      : `${source} has no readable ${isSplit ? 'training ' : ''}pictures of ${missing.join(', ')}.`,
    { facts: { classes, missing, skipped: skipped.slice(0, 20) } },
  );
}

async function readAll(options: {
  pictures: readonly ScannedPicture[];
  groups?: ReadonlyMap<string, string> | undefined;
  readFacts: (bytes: Uint8Array) => Promise<PictureFacts>;
  onProgress?: (done: number, total: number) => void;
}): Promise<{ readable: ReadPicture[]; skipped: ImportReport['skipped'] }> {
  const { pictures, groups, readFacts, onProgress } = options;
  const results: (ReadPicture | ImportReport['skipped'][number] | undefined)[] = [];
  let next = 0;
  let done = 0;
  let isBroken = false;
  const work = async () => {
    while (next < pictures.length && !isBroken) {
      const index = next++;
      const picture = pictures[index];
      if (picture === undefined) return;
      try {
        const facts = await readFacts(await readFile(picture.path));
        results[index] = { ...picture, facts, source: groups?.get(picture.name) ?? null };
      } catch (error) {
        if (!(error instanceof GelqlError && PICTURE_FAULTS.includes(error.code))) {
          isBroken = true;
          throw error;
        }
        results[index] = { name: picture.name, code: error.code, message: error.message };
      }
      done += 1;
      onProgress?.(done, pictures.length);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  const found = results.filter((result) => result !== undefined);
  return {
    readable: found.filter((result): result is ReadPicture => 'facts' in result),
    skipped: found.filter((result): result is ImportReport['skipped'][number] => 'code' in result),
  };
}

function withoutTestPictures(pictures: readonly ReadPicture[]): ReadPicture[] {
  const test = pictures.filter(({ subset }) => subset === 'TEST');
  const known = new Set(test.flatMap(({ facts }) => [facts.sha256, facts.rasterSha256]));
  return pictures.filter(
    ({ subset, facts }) => subset === 'TEST' || !(known.has(facts.sha256) || known.has(facts.rasterSha256)),
  );
}

const toGrouped = ({ name, className, subset, facts, source }: ReadPicture) => ({
  name,
  className,
  subset,
  source,
  sha256: facts.sha256,
  rasterSha256: facts.rasterSha256,
});

/** The bytes whose facts were read; a file may change between the two readings. */
async function readUnchanged(path: string, facts: PictureFacts): Promise<Uint8Array> {
  const bytes = await readFile(path);
  if (createHash('sha256').update(bytes).digest('hex') !== facts.sha256) {
    throw new GelqlError('DATASET_INVALID', `${path} changed while it was imported: import again.`);
  }
  return bytes;
}
