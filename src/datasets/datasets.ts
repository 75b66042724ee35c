import { asc, count, countDistinct, desc, eq, inArray } from 'drizzle-orm';
import { loadArtifact } from '../db/artifacts.js';
import type { DatabaseScope } from '../db/client.js';
import type { Page, PageRequest } from '../db/keyset.js';
import { isId, newId } from '../db/new-id.js';
import { pageNewest } from '../db/page-newest.js';
import { datasetPictures, datasets } from '../db/schema.js';

export type DatasetRow = typeof datasets.$inferSelect;
export type DatasetPictureRow = typeof datasetPictures.$inferSelect;

export interface ClassCount {
  name: string;
  pictureCount: number;
  /** Groups with pictures of this class: what can be split. */
  groupCount: number;
}

/** Rows in one statement; PostgreSQL takes 65535 parameters at most. */
const ROWS_PER_INSERT = 500;

/** Stores a data set with its pictures' rows; their bytes must be stored already, in the same transaction. */
export async function insertDataset(
  scope: DatabaseScope,
  dataset: Omit<DatasetRow, 'id' | 'pictureCount' | 'createdAt'> & {
    images: readonly Omit<DatasetPictureRow, 'id' | 'datasetId'>[];
  },
): Promise<DatasetRow> {
  const { images, ...values } = dataset;
  return scope.transaction(async (transaction) => {
    const [row] = await transaction.drizzle
      .insert(datasets)
      .values({ id: newId(), ...values, pictureCount: images.length })
      .returning();
    if (row === undefined) throw new Error('The database returned no row for what it stored.');
    for (let start = 0; start < images.length; start += ROWS_PER_INSERT) {
      const rows = images.slice(start, start + ROWS_PER_INSERT);
      await transaction.drizzle
        .insert(datasetPictures)
        .values(rows.map((image) => ({ id: newId(), datasetId: row.id, ...image })));
    }
    return row;
  });
}

/**
 * What the pictures of a data set are compared by, in their order.
 * @returns [pictures, 64, 64] @throws GelqlError MODEL_CORRUPT where they were altered
 */
export async function loadMiniatures(
  scope: DatabaseScope,
  { miniaturesSha256 }: Pick<DatasetRow, 'miniaturesSha256'>,
): Promise<Uint8Array> {
  return loadArtifact(scope, miniaturesSha256);
}

/** @param reference id or name */
export async function findDataset(scope: DatabaseScope, reference: string): Promise<DatasetRow | null> {
  const [row] = await scope.drizzle
    .select()
    .from(datasets)
    .where(isId(reference) ? eq(datasets.id, reference) : eq(datasets.name, reference));
  return row ?? null;
}

export async function findDatasetByDigest(scope: DatabaseScope, digest: string): Promise<DatasetRow | null> {
  const [row] = await scope.drizzle.select().from(datasets).where(eq(datasets.digest, digest)).limit(1);
  return row ?? null;
}

/** Newest first. */
export async function listDatasets(scope: DatabaseScope): Promise<DatasetRow[]> {
  return scope.drizzle.select().from(datasets).orderBy(desc(datasets.id));
}

/** Newest first. */
export async function pageDatasets(scope: DatabaseScope, page: PageRequest): Promise<Page<DatasetRow>> {
  return pageNewest(scope, datasets, page);
}

/** In the order in which they were imported. */
export async function listDatasetPictures(
  scope: DatabaseScope,
  datasetId: string,
): Promise<DatasetPictureRow[]> {
  return scope.drizzle
    .select()
    .from(datasetPictures)
    .where(eq(datasetPictures.datasetId, datasetId))
    .orderBy(asc(datasetPictures.position));
}

/** Pictures and groups per class of each data set, in label order; two statements however many data sets. */
export async function countClasses(
  scope: DatabaseScope,
  datasetIds: readonly string[],
): Promise<ClassCount[][]> {
  const ids = [...datasetIds];
  const sets = await scope.drizzle.select().from(datasets).where(inArray(datasets.id, ids));
  const counts = await scope.drizzle
    .select({
      datasetId: datasetPictures.datasetId,
      label: datasetPictures.label,
      pictureCount: count(),
      groupCount: countDistinct(datasetPictures.groupKey),
    })
    .from(datasetPictures)
    .where(inArray(datasetPictures.datasetId, ids))
    .groupBy(datasetPictures.datasetId, datasetPictures.label);
  return ids.map((id) => {
    const classes = sets.find((set) => set.id === id)?.classes ?? [];
    return classes.map((name, label) => {
      const found = counts.find((row) => row.datasetId === id && row.label === label);
      return { name, pictureCount: found?.pictureCount ?? 0, groupCount: found?.groupCount ?? 0 };
    });
  });
}

/** Groups of each data set; a group with pictures of several classes counts once. */
export async function countGroups(scope: DatabaseScope, datasetIds: readonly string[]): Promise<number[]> {
  const counts = await scope.drizzle
    .select({ datasetId: datasetPictures.datasetId, groupCount: countDistinct(datasetPictures.groupKey) })
    .from(datasetPictures)
    .where(inArray(datasetPictures.datasetId, [...datasetIds]))
    .groupBy(datasetPictures.datasetId);
  return datasetIds.map((id) => counts.find(({ datasetId }) => datasetId === id)?.groupCount ?? 0);
}
