import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadArtifact } from '../../src/db/artifacts.js';
import { newId } from '../../src/db/new-id.js';
import { artifacts, datasets } from '../../src/db/schema.js';
import {
  countClasses,
  countGroups,
  findDataset,
  listDatasetPictures,
  pageDatasets,
} from '../../src/datasets/datasets.js';
import type { DuplicateReport } from '../../src/words/duplicate-report.js';
import type { DecodedFacts } from '../../src/datasets/read-pictures.js';
import { registerDataset } from '../../src/datasets/register-dataset.js';
import { scanFolder, scanFolders } from '../../src/datasets/scan-folder.js';
import { RandomDraws } from '../../tools/synthesize/random-draws.js';
import { GelqlError } from '../../src/errors.js';
import { MINIATURE_PIXELS } from '../../src/images/facts/miniature.js';
import { prepareImage } from '../../src/images/prepare-image.js';
import { splitDataset } from '../../src/training/plan-training.js';
import { describeDatabase } from '../support/database.js';
import { inventFacts } from '../support/invent-facts.js';
import { drawPattern } from '../support/patterns.js';
import { COPIES, readCopied } from '../support/planted-copies.js';
import { configuration } from '../support/registry-rows.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gelql-dataset-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Files by path below the folder. */
function write(files: Record<string, string | Buffer>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
}

/**
 * Stands in for the decoder: the text before ':' is the raster, `damaged` is no picture. So `1:a` and `1:b` are the same
 * pixels in two files.
 */
async function decode(bytes: Uint8Array): Promise<DecodedFacts> {
  const text = Buffer.from(bytes).toString();
  if (text === 'damaged') throw new GelqlError('UNREADABLE_OR_TRUNCATED', 'cut off');
  if (text === 'stop') throw new GelqlError('SHUTTING_DOWN', 'stopping');
  const facts = inventFacts(RandomDraws.of(text), {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    rasterSha256: `raster of ${text.split(':')[0] ?? ''}`,
    perceptualHash: null,
  });
  return { facts, miniature: new Uint8Array(MINIATURE_PIXELS) };
}

/** The real thing, for pictures that are some. */
async function decodePicture(bytes: Uint8Array): Promise<DecodedFacts> {
  return prepareImage({ bytes, page: null, recipe: 'gel-v1', views: 1, maxPixels: 1e6 });
}

/** The report on pictures that have no structure and are no copies. */
const nothingFound = (featureless: string[]): DuplicateReport => ({
  ...{ exact: [], near: [], suspected: [], suspectedCount: 0, chains: [], excluded: [] },
  featureless,
});

describe('scanFolder', () => {
  const scanned = async (
    ...options: Parameters<typeof scanFolder> extends [string, ...infer R] ? R : never
  ) =>
    (await scanFolder(root, ...options)).pictures.map(
      ({ subset, className, name }) => `${subset} ${className} ${name}`,
    );

  test('takes class folders in the order of their names, numbers as numbers', async () => {
    write({ 'not_gel/a.png': '', 'gel/gel_10.png': '', 'gel/gel_2.tif': '', 'gel/deep/er/x.jpg': '' });
    expect(await scanned()).toEqual([
      'UNSPLIT gel gel/deep/er/x.jpg',
      'UNSPLIT gel gel/gel_2.tif',
      'UNSPLIT gel gel/gel_10.png',
      'UNSPLIT not_gel not_gel/a.png',
    ]);
  });

  test('takes train and test folders, whatever their case', async () => {
    write({ 'Train/gel/1': '', 'Train/not_gel/2': '', 'TEST/gel/3': '', 'TEST/not_gel/4': '' });
    expect((await scanned()).sort()).toEqual([
      'TEST gel TEST/gel/3',
      'TEST not_gel TEST/not_gel/4',
      'TRAIN gel Train/gel/1',
      'TRAIN not_gel Train/not_gel/2',
    ]);
  });

  test('leaves hidden files, notes and tables out', async () => {
    write({
      'gel/1.png': '',
      'not_gel/2.png': '',
      'gel/.DS_Store': '',
      'gel/README.md': '',
      'gel/labels.csv': '',
      'gel/meta.JSON': '',
      'gel/Thumbs.db': '',
      'README.md': '',
      '.git/config': '',
    });
    expect(await scanned()).toEqual(['UNSPLIT gel gel/1.png', 'UNSPLIT not_gel not_gel/2.png']);
  });

  test('follows no link that leads out of the folder', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'gelql-outside-'));
    writeFileSync(join(outside, 'secret.png'), '');
    write({ 'gel/1.png': '', 'not_gel/2.png': '' });
    symlinkSync(join(outside, 'secret.png'), join(root, 'gel/out.png'));
    symlinkSync(outside, join(root, 'gel/outside'));
    symlinkSync(root, join(root, 'gel/loop'));
    symlinkSync(join(root, 'gone.png'), join(root, 'gel/dangling.png'));
    symlinkSync('1.png', join(root, 'gel/inside.png'));
    expect(await scanned()).toEqual([
      'UNSPLIT gel gel/1.png',
      'UNSPLIT gel gel/inside.png',
      'UNSPLIT not_gel not_gel/2.png',
    ]);
    rmSync(outside, { recursive: true });
  });

  test('takes a class folder for what it is, whatever objects in JavaScript inherit', async () => {
    write({ 'constructor/1.png': '', 'gel/2.png': '' });
    expect(await scanned()).toEqual(['UNSPLIT constructor constructor/1.png', 'UNSPLIT gel gel/2.png']);
  });

  test('says what it found where that is no data set', async () => {
    write({ 'only/1.png': '', 'file.png': '' });
    await expect(scanFolder(root)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      facts: { found: ['only'] },
    });
    await expect(scanFolder(join(root, 'absent'))).rejects.toMatchObject({ code: 'DATASET_INVALID' });
    await expect(scanFolder(join(root, 'file.png'))).rejects.toMatchObject({ code: 'DATASET_INVALID' });
    await expect(scanFolders([{ directory: root }], { classes: ['only', 'other'] })).rejects.toThrow(
      'none of other',
    );
  });

  test('joins folders under their names, takes the classes that are asked for', async () => {
    write({ 'one/a/1': '', 'one/b/2': '', 'two/a/3': '', 'two/c/4': '' });
    const folders = [
      { directory: join(root, 'one'), subset: 'TRAIN' as const },
      { directory: join(root, 'two'), subset: 'TEST' as const },
    ];
    const { pictures } = await scanFolders(folders, { classes: ['a', 'b'] });
    expect(pictures.map(({ subset, name }) => `${subset} ${name}`)).toEqual([
      'TRAIN one/a/1',
      'TRAIN one/b/2',
      'TEST two/a/3',
    ]);
  });
});

describeDatabase('registerDataset', (open) => {
  let count = 0;
  beforeEach(() => (count += 1));

  const register = async (options: Partial<Parameters<typeof registerDataset>[1]> = {}) =>
    registerDataset(open(), {
      name: `set ${count}`,
      source: 'a folder',
      ...(await scanFolder(root)),
      decode,
      ...options,
    });
  const rowsOf = async ({ id }: { id: string }) =>
    (await listDatasetPictures(open(), id)).map(({ position, subset, label, name }) => [
      position,
      subset,
      label,
      name,
    ]);

  test('stores pictures with their facts and bytes in the order of the folder', async () => {
    write({ 'a/1': `${count}a`, 'a/2': `${count}b`, 'b/3': `${count}c` });
    const progress: number[] = [];
    const { dataset, report, isNew } = await register({
      onProgress: (step, done) => step === 'reading' && progress.push(done),
    });
    expect(isNew).toBe(true);
    expect(dataset).toMatchObject({ classes: ['a', 'b'], pictureCount: 3, source: 'a folder' });
    expect(report).toEqual({
      pictures: 3,
      groupCount: 3,
      perClass: [
        { name: 'a', pictureCount: 2, groupCount: 2 },
        { name: 'b', pictureCount: 1, groupCount: 1 },
      ],
      remarks: [],
      skipped: [],
      duplicates: nothingFound(['a/1', 'a/2', 'b/3']),
      droppedFromTraining: [],
    });
    expect(dataset.duplicateReport).toEqual(report.duplicates);
    expect(progress).toEqual([1, 2, 3]);
    expect(await rowsOf(dataset)).toEqual([
      [0, 'UNSPLIT', 0, 'a/1'],
      [1, 'UNSPLIT', 0, 'a/2'],
      [2, 'UNSPLIT', 1, 'b/3'],
    ]);
    const [image] = await listDatasetPictures(open(), dataset.id);
    expect(Buffer.from(await loadArtifact(open(), image?.sha256 ?? '')).toString()).toBe(`${count}a`);
    expect(image?.facts).toEqual((await decode(Buffer.from(`${count}a`))).facts);
    expect(await findDataset(open(), dataset.id)).toEqual(dataset);
    expect(await findDataset(open(), dataset.name)).toEqual(dataset);
    expect(await countClasses(open(), [dataset.id])).toEqual([report.perClass]);
    expect((await pageDatasets(open(), { first: 1 })).rows).toEqual([dataset]);
  });

  test.each(['', '   ', '\u200b', 'two\nlines', 'x'.repeat(201), newId()])(
    'refuses the name %j before it reads a picture',
    async (name) => {
      write({ 'a/1': `${count}a`, 'b/3': `${count}c` });
      const decoded: unknown[] = [];
      const refused = register({
        name,
        decode: async (bytes) => decode(bytes).finally(() => decoded.push(1)),
      });
      await expect(refused).rejects.toMatchObject({ code: 'BAD_REQUEST' });
      expect(decoded).toEqual([]);
    },
  );

  test('names a file that is gone when it is read', async () => {
    write({ 'a/1': `${count}a`, 'b/2': `${count}b`, 'b/3': `${count}c` });
    const scan = await scanFolder(root);
    rmSync(join(root, 'b/3'));
    await expect(register(scan)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining('b/3 cannot be read (ENOENT): it was there') as unknown,
    });
  });

  test('skips what is no readable picture and says so', async () => {
    write({ 'a/1': `${count}a`, 'a/2': 'damaged', 'b/3': `${count}b` });
    const { report } = await register();
    expect(report.skipped).toEqual([{ name: 'a/2', code: 'UNREADABLE_OR_TRUNCATED', message: 'cut off' }]);
    expect(report.pictures).toBe(2);
  });

  test('registers nothing when it is the machine that fails', async () => {
    write({ 'a/1': `${count}a`, 'a/2': 'stop', 'b/3': `${count}b` });
    await expect(register()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(await findDataset(open(), `set ${count}`)).toBeNull();
  });

  const asRoot = process.getuid?.() === 0;
  (asRoot ? test.skip : test)('registers nothing when a file may not be read (not as root)', async () => {
    write({ 'a/1': `${count}a`, 'b/2': `${count}b` });
    chmodSync(join(root, 'a/1'), 0);
    await expect(register()).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining('a/1 cannot be read (EACCES)') as unknown,
    });
  });

  test('leaves a picture that is in both subsets to the test', async () => {
    write({
      'train/a/1': `${count}x:png`,
      'train/a/2': `${count}y`,
      'train/b/3': `${count}z`,
      'test/a/4': `${count}x:jpg`,
      'test/b/5': `${count}v`,
    });
    const { dataset, report } = await register();
    expect(report.droppedFromTraining).toEqual(['train/a/1']);
    expect(report.duplicates.exact).toEqual([
      {
        names: expect.arrayContaining(['test/a/4', 'train/a/1']) as unknown,
        acrossSplits: true,
        acrossClasses: false,
      },
    ]);
    const names = (await rowsOf(dataset)).map(([, subset, , name]) => [subset, name]);
    expect(names.sort()).toEqual([
      ['TEST', 'test/a/4'],
      ['TEST', 'test/b/5'],
      ['TRAIN', 'train/a/2'],
      ['TRAIN', 'train/b/3'],
    ]);
  });

  test('keeps copies together and reports those that contradict each other', async () => {
    write({ 'a/1': `${count}p:1`, 'a/2': `${count}p:2`, 'b/3': `${count}p:1`, 'b/4': `${count}q` });
    const { dataset, report } = await register();
    expect(report.duplicates.exact).toEqual([
      { names: ['a/1', 'a/2', 'b/3'], acrossSplits: false, acrossClasses: true },
    ]);
    const groups = (await listDatasetPictures(open(), dataset.id)).map(({ groupKey }) => groupKey);
    expect(new Set(groups.slice(0, 3)).size).toBe(1);
    expect(groups[3]).not.toBe(groups[0]);
  });

  test('keeps pictures of one source together, also through a copy in another', async () => {
    write({ 'a/1': `${count}s`, 'a/2': `${count}t:1`, 'b/3': `${count}t:2`, 'b/4': `${count}u` });
    const { dataset, report } = await register({
      groups: new Map([
        ['a/1', 'lab 1'],
        ['a/2', 'lab 1'],
      ]),
    });
    const groups = (await listDatasetPictures(open(), dataset.id)).map(({ groupKey }) => groupKey);
    expect(new Set(groups.slice(0, 3))).toEqual(new Set(['lab 1']));
    expect(groups[3]).not.toBe('lab 1');
    expect(report.duplicates.exact.map(({ names }) => names)).toEqual([['a/2', 'b/3']]);
  });

  test('keeps near-duplicates together, reports them, and leaves those of test pictures out of training', async () => {
    const [original, other] = [await drawPattern('bands', count), await drawPattern('bands', count + 20)];
    const picture = await readCopied(original);
    const copyOf = async (kind: string) => (await COPIES[kind]?.(picture)) ?? original;
    write({
      'train/a/1.png': await copyOf('cut to 90 %'),
      'train/a/2.png': other,
      'train/b/3.png': await drawPattern('rings', count),
      'train/b/4.png': await copyOf('mirrored, inverted, JPEG 50'),
      'test/a/5.png': original,
      'test/b/6.png': await drawPattern('checks', count),
    });
    const { dataset, report } = await register({ decode: decodePicture });
    const { near, suspected, chains, excluded, exact, featureless } = report.duplicates;
    expect(near).toHaveLength(2);
    expect(near.map(({ first, second }) => [first, second].sort()).sort()).toEqual([
      ['test/a/5.png', 'train/a/1.png'],
      ['test/a/5.png', 'train/b/4.png'],
    ]);
    expect(near.find(({ second, first }) => `${first} ${second}`.includes('train/b/4'))).toMatchObject({
      ...{ isMirrored: true, isInverted: true, turnedDegrees: 0, sharedArea: 1 },
      ...{ acrossSplits: true, acrossClasses: true },
    });
    expect(near.find(({ second }) => second === 'train/a/1.png')).toMatchObject({
      ...{ first: 'test/a/5.png', isMirrored: false, isInverted: false },
      ...{ acrossSplits: true, acrossClasses: false },
    });
    expect(chains.map((names) => [...names].sort())).toEqual([
      ['test/a/5.png', 'train/a/1.png', 'train/b/4.png'],
    ]);
    expect([...excluded].sort()).toEqual(['train/a/1.png', 'train/b/4.png']);
    expect([suspected, exact, featureless]).toEqual([[], [], []]);
    expect(dataset.duplicateReport).toEqual(report.duplicates);

    const images = await listDatasetPictures(open(), dataset.id);
    const split = splitDataset(images, { ...configuration, validationFraction: 0 }, dataset.classes);
    const namesOf = (positions: readonly number[]) =>
      positions.map((position) => images[position]?.name ?? '').sort();
    expect(namesOf(split.excluded)).toEqual([...excluded].sort());
    expect(namesOf(split.train)).toEqual(['train/a/2.png', 'train/b/3.png']);
    expect(namesOf(split.test)).toEqual(['test/a/5.png', 'test/b/6.png']);
    const classes = report.perClass.map(({ pictureCount, groupCount }) => [pictureCount, groupCount]);
    expect([classes, report.groupCount]).toEqual([
      [
        [3, 2],
        [3, 3],
      ],
      4,
    ]);
    expect(await countClasses(open(), [dataset.id])).toEqual([report.perClass]);
    expect(await countGroups(open(), [dataset.id, newId()])).toEqual([4, 0]);
  });

  test('says so where the name has the same pictures in other groups', async () => {
    write({ 'a/1': `${count}a`, 'a/2': `${count}c`, 'b/3': `${count}b` });
    const { dataset } = await register();
    const groups = new Map([
      ['a/1', 'lab'],
      ['a/2', 'lab'],
    ]);
    await expect(register({ groups })).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('the same pictures in other groups') as unknown,
    });
    const again = await register({ groups, name: `grouped ${count}` });
    expect(again.isNew).toBe(true);
    expect(again.dataset.digest).not.toBe(dataset.digest);
  });

  test('registers nothing when it is stopped while it compares', async () => {
    write({ 'a/1': `${count}a`, 'b/2': `${count}b` });
    const controller = new AbortController();
    const decodeAndStop = async (bytes: Uint8Array) => {
      controller.abort();
      return decode(bytes);
    };
    const stopped = register({ decode: decodeAndStop, signal: controller.signal });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await findDataset(open(), `set ${count}`)).toBeNull();
  });

  test('gives the data set that is there for the same content', async () => {
    write({ 'a/1': `${count}a`, 'b/2': `${count}b` });
    const first = await register();
    const again = await register({ name: `another name ${count}` });
    expect(again).toMatchObject({ dataset: first.dataset, isNew: false });
    expect(await findDataset(open(), `another name ${count}`)).toBeNull();
  });

  test('refuses the name of other content', async () => {
    write({ 'a/1': `${count}a`, 'b/2': `${count}b` });
    await register();
    write({ 'a/1': `${count}other` });
    await expect(register()).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  test('registers once when two import the same name at the same time', async () => {
    write({ 'a/1': `${count}a`, 'b/2': `${count}b` });
    const outcomes = await Promise.allSettled([register(), register()]);
    const failed = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    );
    expect(failed.filter((error) => !(error instanceof GelqlError && error.code === 'CONFLICT'))).toEqual([]);
    expect(failed.length).toBeLessThan(2);
  });

  test('leaves neither rows nor bytes when a file changes while it is read', async () => {
    write({ 'a/1': `${count}a`, 'b/2': `${count}b` });
    const before = [await open().drizzle.$count(artifacts), await open().drizzle.$count(datasets)];
    const changing = register({
      onProgress: (_step, done) => done === 2 && write({ 'b/2': `${count}changed` }),
    });
    await expect(changing).rejects.toThrow('changed while it was imported');
    expect([await open().drizzle.$count(artifacts), await open().drizzle.$count(datasets)]).toEqual(before);
  });

  test('refuses a class without a readable picture', async () => {
    write({ 'a/1': `${count}a`, 'b/2': `${count}b`, 'c/3': 'damaged' });
    await expect(register()).rejects.toMatchObject({ code: 'DATASET_INVALID', facts: { missing: ['c'] } });
  });

  test('refuses a class that is only in the test', async () => {
    write({ 'train/a/1': `${count}a`, 'train/b/2': `${count}b`, 'test/c/3': `${count}c` });
    await expect(register()).rejects.toThrow('no readable training pictures of c');
  });
});
