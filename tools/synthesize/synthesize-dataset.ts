import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GelqlError } from '../../src/errors.js';
import { writeDatasetCard } from './dataset-card.js';
import { type ClassCounts, type DatasetRecord, type PictureRecord } from './dataset-record.js';
import { encodeToSize } from './encode-to-size.js';
import { GEL_STYLES } from './gel/gel-styles.js';
import { NEGATIVE_FAMILY_NAMES } from './negatives/families.js';
import {
  scheduleInBlocks,
  scheduleSurroundings,
  SYNTHETIC_CLASSES,
  type Split,
  type SyntheticClass,
} from './picture-plan.js';
import { RandomDraws } from './random-draws.js';
import { synthesizePicture, type PictureRequest, type Subject } from './synthesize-picture.js';

/** Rises whenever the same seed would give other pixels. */
export const GENERATOR_VERSION = 1;

/** Pictures at a time: one is drawn while others are encoded by libvips' own threads. */
const IN_FLIGHT = 4;

export interface SynthesizeOptions {
  /** Created where it is missing; must be empty. */
  directory: string;
  seed: number;
  train: ClassCounts;
  test: ClassCounts;
  onProgress?: (done: number, total: number) => void;
}

/**
 * Writes a data set of drawn gels and other things: `train/gel`, `train/not_gel`, `test/gel`, `test/not_gel`,
 * `dataset.json` with how every picture was made, and `README.md`, the card.
 * @throws GelqlError CONFLICT where the folder holds something already
 */
export async function synthesizeDataset(options: SynthesizeOptions): Promise<DatasetRecord> {
  await prepareDirectory(options.directory);
  const orders = planOrders(options);
  const pictures: PictureRecord[] = [];
  for (let start = 0; start < orders.length; start += IN_FLIGHT) {
    const batch = orders.slice(start, start + IN_FLIGHT);
    pictures.push(...(await Promise.all(batch.map((order) => writePicture(options, order)))));
    options.onProgress?.(pictures.length, orders.length);
  }
  const { seed, train, test } = options;
  const record: DatasetRecord = {
    source: 'synthetic',
    generatorVersion: GENERATOR_VERSION,
    seed,
    train,
    test,
    pictures,
  };
  await writeFile(join(options.directory, 'dataset.json'), `${JSON.stringify(record, null, 1)}\n`);
  await writeFile(join(options.directory, 'README.md'), writeDatasetCard(record));
  return record;
}

async function prepareDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const present = (await readdir(directory)).filter((name) => !name.startsWith('.'));
  if (present.length > 0) {
    throw new GelqlError('CONFLICT', `${directory} is not empty; choose another folder or empty this one.`);
  }
  for (const split of ['train', 'test']) {
    for (const label of SYNTHETIC_CLASSES) await mkdir(join(directory, split, label), { recursive: true });
  }
}

interface Order extends PictureRequest {
  split: Split;
  /** Number of the picture in its folder, from 1. */
  number: number;
}

function planOrders({ seed, train, test }: SynthesizeOptions): Order[] {
  const orders: Order[] = [];
  for (const [split, counts] of [
    ['train', train],
    ['test', test],
  ] as const) {
    for (const label of SYNTHETIC_CLASSES) {
      const random = RandomDraws.of('gelql', seed, split, label);
      const surroundings = scheduleSurroundings(random.fork('surroundings'), counts[label]);
      const subjects = scheduleSubjects(random.fork('subjects'), label, counts[label]);
      subjects.forEach((subject, place) => {
        const around = surroundings[place];
        if (!around) return;
        orders.push({
          setSeed: seed,
          index: orders.length,
          subject,
          surroundings: around,
          split,
          number: place + 1,
        });
      });
    }
  }
  return orders;
}

function scheduleSubjects(random: RandomDraws, label: SyntheticClass, count: number): Subject[] {
  return label === 'gel'
    ? scheduleInBlocks(random, GEL_STYLES, count).map((style) => ({ label, style }))
    : scheduleInBlocks(random, NEGATIVE_FAMILY_NAMES, count).map((family) => ({ label, family }));
}

const EXTENSIONS = { jpeg: 'jpg', png: 'png', tiff: 'tif', webp: 'webp' } as const;

async function writePicture(options: SynthesizeOptions, order: Order): Promise<PictureRecord> {
  const picture = synthesizePicture(order);
  const { bytes, ...encoding } = await encodeToSize(picture);
  const { format, channels, bitDepth } = order.surroundings.container;
  const { label } = order.subject;
  // The name holds a number only: a name such as "inverted_pcr_3" would be one more leak.
  const name = `${label}_${String(order.number).padStart(3, '0')}.${EXTENSIONS[format]}`;
  const file = `${order.split}/${label}/${name}`;
  await writeFile(join(options.directory, file), bytes);
  return {
    file,
    split: order.split,
    label,
    index: order.index,
    subject: order.subject.label === 'gel' ? order.subject.style : order.subject.family,
    polarity: picture.polarity,
    width: picture.width,
    height: picture.height,
    format,
    channels,
    bitDepth,
    tint: picture.plan.tint,
    isAnnotated: picture.isAnnotated,
    pixelSha256: picture.pixelSha256,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sizeBytes: bytes.length,
    ...encoding,
  };
}
