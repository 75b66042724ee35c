import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { storeArtifact } from '../db/artifacts.js';
import type { Database, DatabaseScope } from '../db/client.js';
import { isId } from '../db/new-id.js';
import { violatedUniqueIndex } from '../db/sql-error.js';
import { GelqlError } from '../errors.js';
import { listNames } from '../list-names.js';
import { MINIATURE_PIXELS } from '../images/facts/miniature.js';
import { isReadableName } from '../words/name.js';
import { datasetDigest } from './dataset-digest.js';
import {
  findDataset,
  findDatasetByDigest,
  insertDataset,
  listDatasetPictures,
  type DatasetPictureRow,
  type DatasetRow,
} from './datasets.js';
import type { FolderRemark } from './folder-remarks.js';
import { groupPictures } from './group-pictures.js';
import { reportImport, type ImportReport } from './import-report.js';
import type { TakeTurn } from './picture-index.js';
import type { FilePath } from './list-folder.js';
import {
  readNamed,
  readPictures,
  type DecodedFacts,
  type ReadPicture,
  type SkippedPicture,
} from './read-pictures.js';
import type { ScannedPicture } from './scan-folder.js';

const MAX_NAME_LENGTH = 200;
/** Between turns of the event loop, so that progress is drawn and signals are heard. */
const TURN_MS = 50;

export interface ImportOutcome {
  dataset: DatasetRow;
  report: ImportReport;
  /** False where the same content was registered before, then under that name. */
  isNew: boolean;
}

export interface ImportOptions {
  name: string;
  source: string;
  pictures: readonly ScannedPicture[];
  /** What the scan of the folder left out; it goes into the report. */
  remarks?: readonly FolderRemark[] | undefined;
  /** Source of a picture by its name; pictures of one source never straddle a split. */
  groups?: ReadonlyMap<string, string> | undefined;
  /** The bytes at a picture's path; of a file where absent. Rows are read in the given scope. */
  read?: ((path: FilePath, scope: DatabaseScope) => Promise<Uint8Array>) | undefined;
  /** @throws GelqlError for what is no readable picture */
  decode: (bytes: Uint8Array) => Promise<DecodedFacts>;
  onProgress?: (step: 'reading' | 'comparing', done: number, total: number) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Registers pictures as a data set: decoded once for their facts, compared with each other, stored with their bytes, never
 * changed afterwards. An unreadable picture is skipped and reported. A picture that is in both subsets stays in TEST
 * only: a test picture that was trained on measures nothing. A near-duplicate of a test picture stays, in its group: runs
 * leave it out. The same content under any name gives the data set that is there already.
 * @throws GelqlError BAD_REQUEST for the name, DATASET_INVALID, CANCELLED, CONFLICT where the name belongs to another data set, and what `decode`
 * throws about the machine instead of the picture: nothing is registered then
 */
export async function registerDataset(database: Database, options: ImportOptions): Promise<ImportOutcome> {
  checkDatasetName(options.name);
  const total = options.pictures.length;
  const read = options.read ?? ((path: FilePath) => readFile(path));
  const { readable, skipped } = await readPictures({
    ...options,
    read: (path) => read(path, database),
    onRead: (done) => options.onProgress?.('reading', done, total),
  });
  const classes = classesOf(options.pictures);
  const kept = withoutTestPictures(readable);
  refuseMissingClasses(options.source, classes, kept, skipped);
  const groups = await groupPictures(kept, createTurns(options, kept.length));
  const report = reportImport({ remarks: options.remarks ?? [], classes, readable, kept, skipped, groups });
  const images = toImages(kept, classes, groups.groupKeys);
  const digest = datasetDigest(classes, images);

  const known = await findDatasetByDigest(database, digest);
  if (known !== null) return { dataset: known, report, isNew: false };
  await refuseTakenName(database, options.name, images);
  const { name, source } = options;
  const row = { name, classes, digest, source, images, duplicateReport: report.duplicates };
  const store = database.transaction(async (scope) => {
    for (const picture of kept) {
      const bytes = await readNamed((path) => read(path, scope), picture);
      refuseChanged(bytes, picture);
      await storeArtifact(scope, 'picture', bytes);
    }
    const miniaturesSha256 = await storeArtifact(scope, 'miniatures', joinMiniatures(kept));
    return insertDataset(scope, { ...row, miniaturesSha256 });
  });
  const dataset = await store.catch((error: unknown) => {
    // Another process was faster.
    throw violatedUniqueIndex(error) === 'datasets_name' ? nameTaken(name) : error;
  });
  return { dataset, report, isNew: true };
}

/** Folders give data sets their names, and may have any; an id would hide behind the data set of that id. */
function checkDatasetName(name: string): void {
  if (isReadableName(name, MAX_NAME_LENGTH) && !isId(name)) return;
  throw new GelqlError(
    'BAD_REQUEST',
    `${JSON.stringify(name)} cannot be the name of a data set: a name has 1 to ${MAX_NAME_LENGTH} characters without line breaks, is not blank, and is no id. Give another name.`,
  );
}

function toImages(
  pictures: readonly ReadPicture[],
  classes: readonly string[],
  groupKeys: readonly string[],
): Omit<DatasetPictureRow, 'id' | 'datasetId'>[] {
  return pictures.map(({ name, className, subset, sha256, facts }, position) => ({
    ...{ position, name, subset, sha256, facts },
    label: classes.indexOf(className),
    groupKey: groupKeys[position] ?? name,
  }));
}

/** @returns [pictures, 64, 64] */
function joinMiniatures(pictures: readonly ReadPicture[]): Uint8Array {
  const joined = new Uint8Array(pictures.length * MINIATURE_PIXELS);
  pictures.forEach(({ miniature }, position) => joined.set(miniature, position * MINIATURE_PIXELS));
  return joined;
}

function createTurns({ onProgress, signal }: ImportOptions, total: number): TakeTurn {
  let turnedAt = performance.now();
  return async (share) => {
    if (signal?.aborted === true) throw new GelqlError('CANCELLED', 'The import was stopped.');
    if (performance.now() - turnedAt < TURN_MS) return;
    onProgress?.('comparing', Math.floor(share * total), total);
    await setImmediate();
    turnedAt = performance.now();
  };
}

/** Says so where only the groups differ. */
async function refuseTakenName(
  database: Database,
  name: string,
  images: readonly Pick<DatasetPictureRow, 'sha256' | 'label' | 'subset'>[],
): Promise<void> {
  const known = await findDataset(database, name);
  if (known === null) return;
  const contentOf = (rows: typeof images) =>
    JSON.stringify(rows.map((row) => [row.sha256, row.label, row.subset]));
  const isSame = contentOf(await listDatasetPictures(database, known.id)) === contentOf(images);
  throw isSame ? regrouped(name) : nameTaken(name);
}

function regrouped(name: string): GelqlError {
  return new GelqlError(
    'CONFLICT',
    `The data set "${name}" has the same pictures in other groups, as another source file made them. Data sets never change: import these under a new name.`,
  );
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
  skipped: readonly SkippedPicture[],
): void {
  const isSplit = kept.some(({ subset }) => subset === 'TRAIN');
  const present = classesOf(isSplit ? kept.filter(({ subset }) => subset !== 'TEST') : kept);
  const missing = classes.filter((name) => !present.includes(name));
  if (classes.length >= 2 && missing.length === 0) return;
  throw new GelqlError(
    'DATASET_INVALID',
    missing.length === 0
      ? `${source} has pictures of fewer than two classes.`
      : `${source} has no readable ${isSplit ? 'training ' : ''}pictures of ${listNames(missing, 20)}.`,
    { facts: { classes, missing, skipped: skipped.slice(0, 20) } },
  );
}

function withoutTestPictures(pictures: readonly ReadPicture[]): ReadPicture[] {
  const test = pictures.filter(({ subset }) => subset === 'TEST');
  const known = new Set(test.flatMap(({ sha256, rasterSha256 }) => [sha256, rasterSha256]));
  return pictures.filter(
    ({ subset, sha256, rasterSha256 }) =>
      subset === 'TEST' || !(known.has(sha256) || known.has(rasterSha256)),
  );
}

/** A file may change between its two readings. */
function refuseChanged(bytes: Uint8Array, { name, sha256 }: ReadPicture): void {
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new GelqlError('DATASET_INVALID', `${name} changed while it was imported: import again.`);
  }
}
