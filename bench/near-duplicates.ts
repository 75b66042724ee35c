/**
 * How well and how fast near-duplicates are found (docs/near-duplicates.md):
 *   node --import tsx bench/near-duplicates.ts DIRECTORY [--copies 200] [--scale 20000]
 * DIRECTORY is a data set's folder. Prints which of its pictures are found to be copies of each other; the share that is
 * found of copies planted of `--copies` of them, every n-th; how both would fare by the cosine of backbone features; and
 * what a picture, and a look-up among `--scale` pictures, costs.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { formatTable, printNote, printResult } from '../src/cli/terminal/output.js';
import { createCompute } from '../src/compute/create-compute.js';
import { readConfig } from '../src/config.js';
import { findNearDuplicates, type NearPair } from '../src/datasets/find-near-duplicates.js';
import { indexPictures, type ComparedPicture } from '../src/datasets/picture-index.js';
import { describeRelation } from '../src/datasets/report-duplicates.js';
import { scanFolder } from '../src/datasets/scan-folder.js';
import { createUnion } from '../src/datasets/union.js';
import { GelqlError } from '../src/errors.js';
import { decodeImage } from '../src/images/reading/decode-image.js';
import { miniatureOf } from '../src/images/facts/miniature.js';
import { networkInput } from '../src/images/network-input.js';
import { hashMiniature, hashWindows, parseHash } from '../src/images/facts/perceptual-hash.js';
import { INPUT_PIXELS } from '../src/words/picture.js';
import { prepareImage } from '../src/images/prepare-image.js';
import { createLogger } from '../src/logger.js';
import { findBackbone } from '../src/networks/weights/backbones.js';
import { createRandom } from '../src/random.js';
import { COPIES, readCopied } from '../test/support/planted-copies.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { copies: { type: 'string', default: '200' }, scale: { type: 'string', default: '20000' } },
});
/** The second criterion of the literature, and the cosine that it asks for. */
const BACKBONE = 'mobilenet_v3_large-gelql-1';
const COSINE = 0.97;
const MAX_PIXELS = 100_000_000;
/** Smaller pictures would become too small when they are cut and halved. */
const SMALLEST_COPIED = 140;

interface Read extends ComparedPicture {
  name: string;
  bytes: Uint8Array;
  side: number;
  input: Uint8Array;
}

const pictures = await readAll(positionals[0] ?? '');
const joined = await showFound();
const copies = await showRecall();
await showFeatures(joined, copies);
await showCost();

async function readAll(directory: string): Promise<Read[]> {
  const read: Read[] = [];
  for (const { path, name } of (await scanFolder(directory)).pictures) {
    const bytes = await readFile(path);
    const picture = await readOne(name, bytes).catch((error: unknown) => {
      if (!(error instanceof GelqlError)) throw error;
      printNote(`left out: ${name}: ${error.message}`);
      return null;
    });
    if (picture !== null) read.push(picture);
  }
  return read;
}

async function readOne(name: string, bytes: Uint8Array): Promise<Read> {
  const task = { bytes, page: null, recipe: 'gel-v1', views: 1, maxPixels: MAX_PIXELS } as const;
  const { facts, miniature, inputs } = await prepareImage(task);
  const { width, height, perceptualHash = null } = facts;
  return { name, bytes, perceptualHash, miniature, side: Math.min(width, height), input: inputs };
}

async function showFound(): Promise<NearPair[]> {
  const startedAt = process.cpuUsage();
  const { near, suspected } = await findNearDuplicates(pictures, createUnion(pictures.length));
  printResult(
    `\n${pictures.length} pictures, ${near.length} pairs joined, ${suspected.length} suspected, ${secondsSince(startedAt)} s of processor time`,
  );
  const row = ({ whole, part, similarity, distance, relation, sharedArea }: NearPair) => [
    similarity.toFixed(3),
    String(distance),
    describeRelation({ ...relation, sharedArea }),
    pictures[whole]?.name ?? '',
    pictures[part]?.name ?? '',
  ];
  printResult(formatTable(['joined', 'bits', 'relation', 'picture', 'and'], near.map(row)));
  printResult(formatTable(['suspected', 'bits', 'relation', 'picture', 'and'], suspected.map(row)));
  return near;
}

/** Each kind on its own: the chosen pictures and their copies are searched together. */
async function showRecall(): Promise<Map<string, { original: Read; copy: Read }[]>> {
  const large = pictures.filter(({ side }) => side >= SMALLEST_COPIED);
  const count = Math.min(Number(values.copies), large.length);
  const chosen = Array.from(
    { length: count },
    (_, index) => large[Math.floor((index * large.length) / count)]!,
  );
  const rows: string[][] = [];
  const planted = new Map<string, { original: Read; copy: Read }[]>();
  for (const [kind, copy] of Object.entries(COPIES)) {
    const made: Read[] = [];
    for (const { name, bytes } of chosen) made.push(await readOne(name, await copy(await readCopied(bytes))));
    const { near, suspected } = await findNearDuplicates([...chosen, ...made], createUnion(2 * count));
    const own = (pairs: readonly NearPair[]) =>
      percent(pairs.filter(({ whole, part }) => Math.abs(whole - part) === count).length / count);
    rows.push([kind, own(near), own(suspected)]);
    printNote(rows.at(-1)?.join('  ') ?? '');
    planted.set(
      kind,
      chosen.map((original, index) => ({ original, copy: made[index]! })),
    );
  }
  printResult(`\nPlanted copies of ${count} pictures`);
  printResult(formatTable(['kind', 'joined', 'suspected'], rows));
  return planted;
}

async function showFeatures(
  near: readonly NearPair[],
  planted: ReadonlyMap<string, readonly { original: Read; copy: Read }[]>,
): Promise<void> {
  const config = readConfig();
  const compute = createCompute(config, createLogger('error'));
  const backbone = await findBackbone(BACKBONE, config);
  const featuresOf = async (read: readonly Read[]): Promise<Float32Array[]> => {
    const rows: Float32Array[] = [];
    for (let start = 0; start < read.length; start += 32) {
      const batch = read.slice(start, start + 32);
      const inputs = new Uint8Array(batch.length * INPUT_PIXELS);
      batch.forEach(({ input }, index) => inputs.set(input, index * INPUT_PIXELS));
      const task = { engine: 'onnxruntime', backbone, inputs, count: batch.length, lastMaps: false } as const;
      const { features } = await compute.extractFeatures(task, { lane: 'training' });
      batch.forEach((_, index) => rows.push(unit(features, index, backbone.featureSize)));
    }
    return rows;
  };
  try {
    const own = await featuresOf(pictures);
    const isJoined = new Set(near.map(({ whole, part }) => [whole, part].sort((a, b) => a - b).join(' ')));
    const cosines = { joined: [] as number[], other: [] as number[] };
    own.forEach((left, index) =>
      own.slice(index + 1).forEach((right, offset) => {
        const kind = isJoined.has(`${index} ${index + 1 + offset}`) ? 'joined' : 'other';
        cosines[kind].push(dot(left, right));
      }),
    );
    const highest = cosines.other.reduce((most, cosine) => Math.max(most, cosine), -1);
    printResult(`\nCosine of ${BACKBONE} features above ${COSINE}`);
    printResult(
      `of ${cosines.joined.length} joined pairs ${countAbove(cosines.joined)}, of ${cosines.other.length} other pairs ${countAbove(cosines.other)}; ${cosines.joined.filter((cosine) => cosine < highest).length} joined pairs lie below the highest other (${highest.toFixed(3)})`,
    );
    const rows: string[][] = [];
    for (const [kind, pairs] of planted) {
      const originals = await featuresOf(pairs.map(({ original }) => original));
      const made = await featuresOf(pairs.map(({ copy }) => copy));
      const alike = originals.map((features, index) => dot(features, made[index] ?? features));
      rows.push([kind, percent(countAbove(alike) / alike.length)]);
    }
    printResult(formatTable(['kind', `above ${COSINE}`], rows));
  } finally {
    await compute.close();
  }
}

async function showCost(): Promise<void> {
  const sample = pictures.slice(0, 200);
  const decoded = await Promise.all(
    sample.map(
      async ({ bytes }) => (await decodeImage(bytes, { recipe: 'gel-v1', maxPixels: MAX_PIXELS })).raster,
    ),
  );
  const perPicture = async (work: (picture: Read, index: number) => unknown): Promise<string> => {
    const startedAt = process.cpuUsage();
    for (const [index, picture] of sample.entries()) await work(picture, index);
    return ((1000 * Number(secondsSince(startedAt, 6))) / sample.length).toFixed(2);
  };
  printResult('\nMilliseconds of processor time a picture');
  printResult(
    formatTable(
      ['step', 'ms'],
      [
        [
          'decode',
          await perPicture(({ bytes }) => decodeImage(bytes, { recipe: 'gel-v1', maxPixels: MAX_PIXELS })),
        ],
        ['network input', await perPicture((_, index) => networkInput(decoded[index]!, 'gel-v1'))],
        ['miniature and hash', await perPicture(({ input }) => hashMiniature(miniatureOf(input)))],
        ['hashes of 225 windows (imports only)', await perPicture(({ miniature }) => hashWindows(miniature))],
      ],
    ),
  );
  await showLookUp(Number(values.scale));
}

/** Blends of two pictures each: as many as are asked for, with the spectra of real ones. */
async function showLookUp(count: number): Promise<void> {
  const random = createRandom(1, 'blends');
  const made: ComparedPicture[] = Array.from({ length: count }, () => {
    const [left, right] = [0, 1].map(() => pictures[random.nextBelow(pictures.length)]!.miniature);
    const share = 0.35 + 0.3 * random.nextFloat();
    const miniature = left!.map((value, index) => share * value + (1 - share) * right![index]!);
    return { miniature, perceptualHash: hashMiniature(miniature) };
  });
  const buildingAt = process.cpuUsage();
  const { wholes, windows } = await indexPictures(made, async () => undefined);
  const builtIn = secondsSince(buildingAt);
  const lookingAt = process.cpuUsage();
  let found = 0;
  for (const { perceptualHash } of made) {
    if (perceptualHash !== null) found += wholes.nearest(parseHash(perceptualHash)).length;
  }
  const wholesIn = secondsSince(lookingAt);
  const partsAt = process.cpuUsage();
  for (const { perceptualHash } of made) {
    if (perceptualHash !== null) found += windows.nearest(parseHash(perceptualHash)).length;
  }
  printResult(
    `\n${count} pictures: indexed in ${builtIn} s; each whole looked up among all wholes in ${wholesIn} s, among all parts in ${secondsSince(partsAt)} s of processor time; ${found} proposals`,
  );
}

function unit(features: Float32Array, row: number, size: number): Float32Array {
  const values = features.slice(row * size, (row + 1) * size);
  const norm = Math.sqrt(dot(values, values));
  return values.map((value) => value / norm);
}

function dot(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index += 1) sum += left[index]! * right[index]!;
  return sum;
}

function countAbove(cosines: readonly number[]): number {
  return cosines.filter((cosine) => cosine > COSINE).length;
}

function secondsSince(startedAt: NodeJS.CpuUsage, digits = 1): string {
  const { user, system } = process.cpuUsage(startedAt);
  return ((user + system) / 1e6).toFixed(digits);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
