/** What grouping needs to know of a picture. */
export interface GroupedPicture {
  name: string;
  className: string;
  subset: string;
  sha256: string;
  rasterSha256: string;
  /** Where it comes from, as the importer said; pictures of one source stay together. */
  source: string | null;
}

/** Pictures that are the same file, or the same pixels in another file. */
export interface DuplicateSet {
  names: string[];
  acrossSplits: boolean;
  acrossClasses: boolean;
}

/**
 * Joins pictures that must not straddle a split: the same bytes, the same canonical raster, or the same source.
 * @returns a group key for each picture, in order, and the sets of exact duplicates
 */
export function groupPictures(pictures: readonly GroupedPicture[]): {
  groupKeys: string[];
  duplicates: DuplicateSet[];
} {
  const same = createUnion(pictures.length);
  joinEqual(pictures, same, ({ sha256 }) => `file ${sha256}`);
  joinEqual(pictures, same, ({ rasterSha256 }) => `raster ${rasterSha256}`);
  const duplicates = membersOf(same, pictures.length)
    .filter((members) => members.length > 1)
    .map((members) => describe(members.flatMap((index) => pictures[index] ?? [])));
  joinEqual(pictures, same, ({ source }) => (source === null ? null : `source ${source}`));
  const groupKeys = pictures.map((_, index) => {
    const first = pictures[same.rootOf(index)];
    return first?.source ?? first?.name ?? '';
  });
  return { groupKeys, duplicates };
}

function describe(members: readonly GroupedPicture[]): DuplicateSet {
  return {
    names: members.map(({ name }) => name),
    acrossSplits: new Set(members.map(({ subset }) => subset)).size > 1,
    acrossClasses: new Set(members.map(({ className }) => className)).size > 1,
  };
}

interface Union {
  /** The smallest index of the set. */
  rootOf(index: number): number;
  join(a: number, b: number): void;
}

function createUnion(size: number): Union {
  const parents = Int32Array.from({ length: size }, (_, index) => index);
  const rootOf = (index: number): number => {
    const parent = parents[index] ?? index;
    if (parent === index) return index;
    const root = rootOf(parent);
    parents[index] = root;
    return root;
  };
  return {
    rootOf,
    join(a, b) {
      const [low, high] = [rootOf(a), rootOf(b)].sort((x, y) => x - y);
      if (low !== undefined && high !== undefined) parents[high] = low;
    },
  };
}

function joinEqual(
  pictures: readonly GroupedPicture[],
  union: Union,
  keyOf: (picture: GroupedPicture) => string | null,
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

function membersOf(union: Union, size: number): number[][] {
  const members = new Map<number, number[]>();
  for (let index = 0; index < size; index += 1) {
    const root = union.rootOf(index);
    members.set(root, [...(members.get(root) ?? []), index]);
  }
  return [...members.values()];
}
