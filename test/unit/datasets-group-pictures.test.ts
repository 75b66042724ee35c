import fc from 'fast-check';
import { groupPictures, type GroupedPicture } from '../../src/datasets/group-pictures.js';

/** Few values, so that equal ones are common. */
const someOf = (...values: string[]) => fc.constantFrom(...values);
const pictures = fc
  .array(
    fc.record({
      className: someOf('gel', 'not_gel'),
      subset: someOf('TRAIN', 'TEST'),
      sha256: someOf('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
      rasterSha256: someOf('A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'),
      source: fc.option(someOf('x', 'y', 'z'), { nil: null }),
    }),
    { maxLength: 20 },
  )
  .map((records) => records.map((record, index): GroupedPicture => ({ ...record, name: `${index}.png` })));

const isSame = (left: GroupedPicture, right: GroupedPicture) =>
  left.sha256 === right.sha256 || left.rasterSha256 === right.rasterSha256;
const isOneSource = (left: GroupedPicture, right: GroupedPicture) =>
  left.source !== null && left.source === right.source;

/** Spreads from one picture to the next, the slow way. */
function reach(
  all: readonly GroupedPicture[],
  start: number,
  isLinked: (left: GroupedPicture, right: GroupedPicture) => boolean,
): Set<number> {
  const reached = new Set([start]);
  for (const index of reached) {
    all.forEach((other, position) => {
      const current = all[index];
      if (current !== undefined && isLinked(current, other)) reached.add(position);
    });
  }
  return reached;
}

test('pictures share a group exactly if a chain of equal bytes, pixels or sources joins them', () => {
  fc.assert(
    fc.property(pictures, (all) => {
      const { groupKeys } = groupPictures(all);
      all.forEach((_, index) => {
        const linked = reach(all, index, (left, right) => isSame(left, right) || isOneSource(left, right));
        const grouped = new Set(groupKeys.flatMap((key, other) => (key === groupKeys[index] ? [other] : [])));
        expect(grouped).toEqual(linked);
      });
    }),
  );
});

test('duplicates are the sets of equal pictures, whatever their source, each picture in one at most', () => {
  fc.assert(
    fc.property(pictures, (all) => {
      const { duplicates } = groupPictures(all);
      const named = duplicates.flatMap(({ names }) => names);
      expect(new Set(named).size).toBe(named.length);
      all.forEach((picture, index) => {
        const equal = [...reach(all, index, isSame)].sort((left, right) => left - right);
        const found = duplicates.find(({ names }) => names.includes(picture.name));
        expect(found?.names ?? [picture.name]).toEqual(equal.map((other) => all[other]?.name));
        const members = equal.flatMap((other) => all[other] ?? []);
        expect(found?.acrossSplits ?? false).toBe(new Set(members.map(({ subset }) => subset)).size > 1);
        expect(found?.acrossClasses ?? false).toBe(
          new Set(members.map(({ className }) => className)).size > 1,
        );
      });
    }),
  );
});

test('group keys do not depend on where other pictures stand', () => {
  const picture = (name: string, sha256: string, source: string | null = null): GroupedPicture => ({
    ...{ name, sha256, source, rasterSha256: sha256, className: 'gel', subset: 'TRAIN' },
  });
  expect(groupPictures([picture('1', 'a'), picture('2', 'b', 'lab'), picture('3', 'b')]).groupKeys).toEqual([
    '1',
    'lab',
    'lab',
  ]);
  expect(groupPictures([]).groupKeys).toEqual([]);
});
