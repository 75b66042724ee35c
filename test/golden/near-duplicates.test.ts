import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { groupPictures } from '../../src/datasets/group-pictures.js';
import { scanFolder } from '../../src/datasets/scan-folder.js';
import { readCompared } from '../support/planted-copies.js';

const folder = resolve('../shared/seed-dataset');
const whereShared = existsSync(folder) ? test : test.skip;

/**
 * The near-duplicates among the published experiment's 92 training pictures, established by looking at all of them: the
 * 46 gels are 19 that are there twice (cut a little differently, in another exposure) and 8 that are there once.
 */
const pairs = JSON.parse(readFileSync('test/golden/published-near-duplicates.json', 'utf8')) as [
  string,
  string,
][];

whereShared(
  'joins the 19 near-duplicates of the published pictures and no others (needs ../shared)',
  async () => {
    const { pictures: scanned } = await scanFolder(folder);
    expect(scanned).toHaveLength(92);
    const pictures = await Promise.all(
      scanned.map(async ({ name, path }) => ({
        ...{ name, sha256: name, rasterSha256: name, source: null },
        ...(await readCompared(readFileSync(path))),
      })),
    );
    const { alike, near, suspected, groupKeys } = await groupPictures(pictures);
    const named = alike.map((positions) => positions.map((position) => scanned[position]?.name ?? ''));
    const sorted = (sets: string[][]) => sets.map((names) => [...names].sort().join(' = ')).sort();
    expect(pairs).toHaveLength(19);
    expect(sorted(named)).toEqual(sorted(pairs));
    expect(near).toHaveLength(19);
    expect(suspected).toEqual([]);
    expect(new Set(groupKeys).size).toBe(92 - 19);
    // How far from the thresholds (0.8, ten bits) they are.
    expect(Math.min(...near.map(({ similarity }) => similarity))).toBeGreaterThan(0.9);
    expect(Math.max(...near.map(({ distance }) => distance))).toBe(7);
  },
);
