import { findNearDuplicates, type NearDuplicates } from './find-near-duplicates.js';
import type { ComparedPicture, TakeTurn } from './picture-index.js';
import { createUnion, type Union } from './union.js';

/** What grouping needs to know of a picture. */
export interface GroupedPicture extends ComparedPicture {
  name: string;
  sha256: string;
  rasterSha256: string;
  /** Where it comes from, as the importer said; pictures of one source stay together. */
  source: string | null;
}

export interface PictureGroups extends NearDuplicates {
  /** For each picture, in order; pictures with the same key never straddle a split. */
  groupKeys: string[];
  /** Sets of two and more pictures that are copies or near-duplicates, by position, whatever their source. */
  alike: number[][];
}

/**
 * Joins pictures that must not straddle a split: the same bytes, the same canonical raster, near-duplicates, or the same
 * source. A group is named for the source of its first picture, else for that picture.
 * @param takeTurn see findNearDuplicates
 */
export async function groupPictures(
  pictures: readonly GroupedPicture[],
  takeTurn?: TakeTurn,
): Promise<PictureGroups> {
  const union = createUnion(pictures.length);
  joinCopies(pictures, union);
  const found = await findNearDuplicates(pictures, union, takeTurn);
  const alike = severalOf(union);
  joinEqual(pictures, union, ({ source }) => (source === null ? null : `source ${source}`));
  const groupKeys = pictures.map((_, index) => {
    const first = pictures[union.rootOf(index)];
    return first?.source ?? first?.name ?? '';
  });
  return { ...found, groupKeys, alike };
}

/** Sets of two and more pictures that are the same file, or the same pixels in another file, by position. */
export function findCopies(pictures: readonly Pick<GroupedPicture, 'sha256' | 'rasterSha256'>[]): number[][] {
  const union = createUnion(pictures.length);
  joinCopies(pictures, union);
  return severalOf(union);
}

function joinCopies(
  pictures: readonly Pick<GroupedPicture, 'sha256' | 'rasterSha256'>[],
  union: Union,
): void {
  joinEqual(pictures, union, ({ sha256 }) => `file ${sha256}`);
  joinEqual(pictures, union, ({ rasterSha256 }) => `raster ${rasterSha256}`);
}

function joinEqual<Picture>(
  pictures: readonly Picture[],
  union: Union,
  keyOf: (picture: Picture) => string | null,
): void {
  const firstWith = new Map<string, number>();
  pictures.forEach((picture, index) => {
    const key = keyOf(picture);
    if (key === null) return;
    const first = firstWith.get(key);
    if (first === undefined) firstWith.set(key, index);
    else union.join(first, index);
  });
}

function severalOf(union: Union): number[][] {
  return union.sets().filter((positions) => positions.length > 1);
}
