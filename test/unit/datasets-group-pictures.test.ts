import fc from 'fast-check';
import { findCopies, groupPictures, type GroupedPicture } from '../../src/datasets/group-pictures.js';
import { MINIATURE_PIXELS } from '../../src/images/facts/miniature.js';
import { drawPattern } from '../support/patterns.js';
import { COPIES, readCompared, readCopied } from '../support/planted-copies.js';

/** Pictures that resemble nothing. */
const plain = { perceptualHash: null, miniature: new Uint8Array(MINIATURE_PIXELS) };

/** Few values, so that equal ones are common. */
const someOf = (...values: string[]) => fc.constantFrom(...values);
const pictures = fc
  .array(
    fc.record({
      sha256: someOf('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
      rasterSha256: someOf('A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'),
      source: fc.option(someOf('x', 'y', 'z'), { nil: null }),
    }),
    { maxLength: 20 },
  )
  .map((records) =>
    records.map((record, index): GroupedPicture => ({ ...plain, ...record, name: `${index}.png` })),
  );

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

test('pictures share a group exactly if a chain of equal bytes, pixels or sources joins them', async () => {
  await fc.assert(
    fc.asyncProperty(pictures, async (all) => {
      const { groupKeys } = await groupPictures(all);
      all.forEach((_, index) => {
        const linked = reach(all, index, (left, right) => isSame(left, right) || isOneSource(left, right));
        const grouped = new Set(groupKeys.flatMap((key, other) => (key === groupKeys[index] ? [other] : [])));
        expect(grouped).toEqual(linked);
      });
    }),
    { numRuns: 30 },
  );
});

test('copies are the sets of equal pictures, whatever their source, each picture in one at most', () => {
  fc.assert(
    fc.property(pictures, (all) => {
      const copies = findCopies(all);
      expect(new Set(copies.flat()).size).toBe(copies.flat().length);
      all.forEach((_, index) => {
        const equal = [...reach(all, index, isSame)].sort((left, right) => left - right);
        expect(copies.find((set) => set.includes(index)) ?? [index]).toEqual(equal);
      });
    }),
  );
});

test('group keys do not depend on where other pictures stand', async () => {
  const picture = (name: string, sha256: string, source: string | null = null): GroupedPicture => ({
    ...{ ...plain, name, sha256, source, rasterSha256: sha256 },
  });
  const { groupKeys } = await groupPictures([picture('1', 'a'), picture('2', 'b', 'lab'), picture('3', 'b')]);
  expect(groupKeys).toEqual(['1', 'lab', 'lab']);
  expect((await groupPictures([])).groupKeys).toEqual([]);
});

test('near-duplicates share a group, also with their copies and through a chain, and keep their source', async () => {
  const file = await drawPattern('bands', 6);
  const picture = await readCopied(file);
  const copyOf = async (kind: string) => readCompared((await COPIES[kind]?.(picture)) ?? file);
  const named = async (
    name: string,
    compared: ReturnType<typeof readCompared>,
    source: string | null = null,
  ) => ({
    ...{ name, source, sha256: name, rasterSha256: name },
    ...(await compared),
  });
  const all = [
    await named('other', readCompared(await drawPattern('bands', 7))),
    await named('original', readCompared(file)),
    await named('mirrored', copyOf('mirrored')),
    { ...(await named('copy of mirrored', copyOf('mirrored'))), sha256: 'mirrored' },
    await named('cut', copyOf('cut to 90 %'), 'lab'),
    await named('from the lab', readCompared(await drawPattern('rings', 7)), 'lab'),
  ];
  const { groupKeys, alike, near } = await groupPictures(all);
  expect(groupKeys).toEqual(['other', 'original', 'original', 'original', 'original', 'original']);
  expect(alike).toEqual([[1, 2, 3, 4]]);
  expect(near).toHaveLength(2);
});
