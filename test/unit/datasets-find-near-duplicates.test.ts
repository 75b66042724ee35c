import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findNearDuplicates } from '../../src/datasets/find-near-duplicates.js';
import type { ComparedPicture } from '../../src/datasets/picture-index.js';
import { createUnion } from '../../src/datasets/union.js';
import { drawPattern } from '../support/patterns.js';
import { COPIES, readCompared, readCopied } from '../support/planted-copies.js';

/** Kinds that the search is not made for; docs/near-duplicates.md says how few of them it finds. */
const BEYOND = ['turned by 2 degrees', 'turned by 5 degrees', 'cut to 90 %, mirrored', 'cut to 70 %'];

const search = (pictures: readonly ComparedPicture[]) =>
  findNearDuplicates(pictures, createUnion(pictures.length));

test('finds 95 % of the copies that people make of gels and other things, and joins no others', async () => {
  const files = ['gel', 'not_gel'].flatMap((className) => {
    const folder = join('dataset', 'test', className);
    return readdirSync(folder)
      .sort()
      .slice(0, 5)
      .map((name) => readFileSync(join(folder, name)));
  });
  const originals = await Promise.all(files.map(readCompared));
  const pictures = await Promise.all(files.map(readCopied));
  const missed: Record<string, number> = {};
  for (const [kind, copy] of Object.entries(COPIES)) {
    if (BEYOND.includes(kind)) continue;
    const copies = await Promise.all(pictures.map(async (picture) => readCompared(await copy(picture))));
    const { near } = await search([...originals, ...copies]);
    const own = near.filter(({ whole, part }) => Math.abs(whole - part) === copies.length);
    expect([kind, near]).toEqual([kind, own]);
    missed[kind] = copies.length - own.length;
  }
  const total = Object.values(missed).reduce((sum, count) => sum + count, 0);
  expect(Object.keys(missed)).toHaveLength(17);
  expect([missed, total <= 0.05 * 17 * files.length]).toEqual([missed, true]);
  expect(Object.entries(missed).filter(([, count]) => count > 1)).toEqual([]);
}, 600_000);

test('says how the copy was made', async () => {
  const picture = await readCopied(await drawPattern('rings', 8));
  const describe = async (kind: string) => {
    const copy = (await COPIES[kind]?.(picture)) ?? new Uint8Array();
    const whole = await readCompared(await drawPattern('rings', 8));
    const { near } = await search([whole, await readCompared(copy)]);
    return near[0];
  };
  const plain = { isMirrored: false, turnedDegrees: 0, isInverted: false };
  expect(await describe('mirrored')).toMatchObject({ relation: { ...plain, isMirrored: true } });
  expect(await describe('turned by 90 degrees')).toMatchObject({
    whole: 0,
    part: 1,
    relation: { ...plain, turnedDegrees: 90 },
    sharedArea: 1,
  });
  expect(await describe('cut to 90 %, inverted, JPEG 50')).toMatchObject({
    whole: 0,
    part: 1,
    relation: { ...plain, isInverted: true },
  });
  const cut = await describe('cut to 80 %');
  expect(cut).toMatchObject({ whole: 0, part: 1, relation: plain });
  expect(cut?.sharedArea).toBeCloseTo(0.64, 1);
});

test('what is in one set already is not compared, and a flood of copies is joined by one pair each', async () => {
  const picture = await readCompared(await drawPattern('bands', 1));
  const flood = Array.from({ length: 40 }, () => picture);
  expect((await search(flood)).near).toHaveLength(39);
  const joined = createUnion(2);
  joined.join(0, 1);
  expect(await findNearDuplicates([picture, picture], joined)).toEqual({ near: [], suspected: [] });
});

test('a picture without a hash takes no part', async () => {
  const { miniature } = await readCompared(await drawPattern('bands', 1));
  const featureless = { perceptualHash: null, miniature };
  expect(await search([featureless, featureless])).toEqual({ near: [], suspected: [] });
  expect(await search([])).toEqual({ near: [], suspected: [] });
});

test('reports its progress and ends with what is thrown there', async () => {
  const pictures = await Promise.all(
    [1, 2, 3].map(async (number) => readCompared(await drawPattern('bands', number))),
  );
  const shares: number[] = [];
  await findNearDuplicates(pictures, createUnion(3), async (share) => void shares.push(share));
  expect(shares).toEqual([...shares].sort((left, right) => left - right));
  expect(shares[0]).toBe(0);
  expect(shares.at(-1)).toBeGreaterThan(0.8);
  const stop = findNearDuplicates(pictures, createUnion(3), async () => {
    throw new Error('stop');
  });
  await expect(stop).rejects.toThrow('stop');
});
