import { groupPositions } from './arithmetic.js';

/** Pictures that stay together, with the number of each class among them. */
export interface PictureGroup {
  /** Positions, ascending. */
  pictures: number[];
  /** By label. */
  counts: number[];
}

/** Groups in the order in which their keys appear first. @param labels, groups one entry per picture */
export function gatherGroups(
  labels: readonly number[],
  groups: readonly string[],
  classCount: number,
): PictureGroup[] {
  return groupPositions(groups).map((pictures) => {
    const counts = new Array<number>(classCount).fill(0);
    for (const picture of pictures) {
      const label = labels[picture] ?? 0;
      counts[label] = (counts[label] ?? 0) + 1;
    }
    return { pictures, counts };
  });
}

/** How many groups have a picture of each class; a group of several classes counts for each. */
export function countGroupsPerClass(groups: readonly PictureGroup[], classCount: number): number[] {
  return Array.from(
    { length: classCount },
    (_, label) => groups.filter(({ counts }) => (counts[label] ?? 0) > 0).length,
  );
}
