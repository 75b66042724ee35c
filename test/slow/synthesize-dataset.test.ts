import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findNearDuplicates } from '../../src/datasets/find-near-duplicates.js';
import type { DatasetRecord, PictureRecord } from '../../tools/synthesize/dataset-record.js';
import { GEL_STYLES } from '../../tools/synthesize/gel/gel-styles.js';
import { scheduleSurroundings, type Container } from '../../tools/synthesize/picture-plan.js';
import { RandomDraws } from '../../tools/synthesize/random-draws.js';
import { GENERATOR_VERSION, synthesizeDataset } from '../../tools/synthesize/synthesize-dataset.js';
import { synthesizePicture } from '../../tools/synthesize/synthesize-picture.js';
import { createUnion } from '../../src/datasets/union.js';
import { predictFromBrightness, predictFromMetadata } from '../../src/evaluation/baselines.js';
import { decodeImage } from '../../src/images/reading/decode-image.js';
import { crossValidate } from '../support/baseline-accuracy.js';
import { rejection } from '../support/caught-error.js';
import { readCompared } from '../support/planted-copies.js';

const SHIPPED = resolve('dataset');

describe('synthesizeDataset', () => {
  const directory = mkdtempSync(join(tmpdir(), 'synthesize-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const options = { seed: 9, train: { gel: 2, not_gel: 2 }, test: { gel: 1, not_gel: 1 } };

  it('writes the folders, the record and the card, and reports its progress', async () => {
    const progress: string[] = [];
    const onProgress = (done: number, total: number) => progress.push(`${done}/${total}`);
    const record = await synthesizeDataset({ ...options, directory: join(directory, 'a'), onProgress });
    expect(progress).toEqual(['4/6', '6/6']);
    expect(record.pictures.map(({ split, label }) => `${split}/${label}`)).toEqual([
      'train/gel',
      'train/gel',
      'train/not_gel',
      'train/not_gel',
      'test/gel',
      'test/not_gel',
    ]);
    expect(JSON.parse(readFileSync(join(directory, 'a', 'dataset.json'), 'utf8'))).toEqual(record);
    const card = readFileSync(join(directory, 'a', 'README.md'), 'utf8');
    expect(card).toContain('Not evidence');
    expect(card).toContain('gelql dataset synthesize');
    for (const picture of record.pictures) {
      const bytes = readFileSync(join(directory, 'a', picture.file));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(picture.sha256);
    }
  });

  it('draws the same pictures again from the same seed', async () => {
    const again = await synthesizeDataset({ ...options, directory: join(directory, 'b') });
    const first = JSON.parse(readFileSync(join(directory, 'a', 'dataset.json'), 'utf8')) as DatasetRecord;
    expect(again).toEqual(first);
  });

  it('refuses a folder that holds something already', async () => {
    writeFileSync(join(directory, 'mine.txt'), 'precious');
    expect((await rejection(synthesizeDataset({ ...options, directory }))).code).toBe('CONFLICT');
  });
});

describe('scheduleSurroundings', () => {
  it('stores both classes in the same file types, a third of them bright', () => {
    const summarise = (label: string) =>
      scheduleSurroundings(RandomDraws.of('any', label), 60)
        .map(({ container }) => `${container.format} ${container.channels} ${container.bitDepth}`)
        .sort();
    expect(summarise('gel')).toEqual(summarise('not_gel'));
    expect(new Set(summarise('gel')).size).toBe(8);
    const lights = scheduleSurroundings(RandomDraws.of('any', 'gel'), 60).filter(({ isLight }) => isLight);
    expect(lights).toHaveLength(21);
  });
});

describe('the shipped data set', () => {
  const record = JSON.parse(readFileSync(join(SHIPPED, 'dataset.json'), 'utf8')) as DatasetRecord;
  const decoded = Promise.all(
    record.pictures.map(async (picture) => ({ picture, ...(await decodeShipped(picture)) })),
  );

  it('has the pictures that its record lists, byte for byte, each at most 40 kB', () => {
    expect(record.train).toEqual({ gel: 60, not_gel: 60 });
    expect(record.test).toEqual({ gel: 20, not_gel: 20 });
    for (const folder of ['train/gel', 'train/not_gel', 'test/gel', 'test/not_gel']) {
      const listed = record.pictures.filter(({ file }) => file.startsWith(`${folder}/`));
      expect(readdirSync(join(SHIPPED, folder)).sort()).toEqual(
        listed.map(({ file }) => file.split('/')[2]).sort(),
      );
    }
    for (const picture of record.pictures) {
      const bytes = readFileSync(join(SHIPPED, picture.file));
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(picture.sha256);
      expect(bytes.length).toBeLessThanOrEqual(40_000);
    }
    const total = record.pictures.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect(total).toBeLessThan(4_000_000);
  });

  it('does not give the class away by file or brightness', async () => {
    const rows = (await decoded).map(({ picture, facts }) => ({
      facts,
      label: Number(picture.label === 'not_gel'),
    }));
    expect(crossValidate(predictFromMetadata, rows)).toBeLessThan(0.65);
    expect(crossValidate(predictFromBrightness, rows)).toBeLessThan(0.65);
    const train = rows.slice(0, 120);
    const test = rows.slice(120);
    for (const predict of [predictFromMetadata, predictFromBrightness]) {
      const answers = predict(
        train,
        test.map(({ facts }) => facts),
        2,
      );
      const right = test.filter(({ label }, index) => answers[index] === label).length;
      expect(right / test.length).toBeLessThan(0.65);
    }
  });

  it('is what the generator draws today', () => {
    expect(record.generatorVersion).toBe(GENERATOR_VERSION);
    const gels = record.pictures.filter(({ label }) => label === 'gel');
    for (const picture of [gels[0], gels[40], gels[79]]) {
      const style = GEL_STYLES.find((name) => name === picture?.subject);
      if (!picture || !style) throw new Error('the record names a style that does not exist');
      const drawn = synthesizePicture({
        setSeed: record.seed,
        index: picture.index,
        subject: { label: 'gel', style },
        surroundings: {
          container: {
            format: picture.format as Container['format'],
            channels: picture.channels as Container['channels'],
            bitDepth: picture.bitDepth as Container['bitDepth'],
          },
          isLight: picture.polarity === 'DARK_ON_LIGHT',
        },
      });
      expect(drawn.pixelSha256).toBe(picture.pixelSha256);
    }
  });

  it('shows every style and family, about a third of the gels inverted', () => {
    const gels = record.pictures.filter(({ label }) => label === 'gel');
    expect(new Set(gels.map(({ subject }) => subject)).size).toBe(9);
    const things = record.pictures.filter(({ label }) => label === 'not_gel');
    expect(new Set(things.map(({ subject }) => subject)).size).toBeGreaterThanOrEqual(39);
    const dark = gels.filter(({ polarity }) => polarity === 'DARK_ON_LIGHT').length / gels.length;
    expect(dark).toBeGreaterThan(0.25);
    expect(dark).toBeLessThan(0.45);
  });

  it('has no two pictures that are near-duplicates of each other', async () => {
    const pictures = await Promise.all(
      record.pictures.map(async ({ file }) => readCompared(readFileSync(join(SHIPPED, file)))),
    );
    const { near } = await findNearDuplicates(pictures, createUnion(pictures.length));
    expect(near).toEqual([]);
  });
});

function decodeShipped(picture: PictureRecord) {
  return decodeImage(readFileSync(join(SHIPPED, picture.file)), { recipe: 'gel-v1', maxPixels: 1e6 });
}
