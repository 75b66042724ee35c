import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSafetensors } from '../../src/networks/weights/safetensors.js';
import {
  decodeTrainingFeatures,
  encodeTrainingFeatures,
  keptFeatureCount,
} from '../../src/registry/training-features.js';
import type { ComparedPicture } from '../../src/datasets/picture-index.js';
import { createSeenIndex } from '../../src/classification/seen-in-training.js';
import { RandomDraws } from '../../tools/synthesize/random-draws.js';
import { formatHash, parseHash, relateHash } from '../../src/images/facts/perceptual-hash.js';
import type { PictureFacts } from '../../src/words/picture.js';
import { PICTURE_RELATIONS } from '../../src/images/facts/picture-relation.js';
import { MINIATURE_PIXELS } from '../../src/images/facts/miniature.js';
import { caughtError } from '../support/caught-error.js';
import { inventFacts } from '../support/invent-facts.js';
import { COPIES, readCompared, readCopied } from '../support/planted-copies.js';

const noTurn = () => Promise.resolve();
const HASH = '5a3c96e1f0872d4b';
const picture = (number: number, perceptualHash: string | null = null) => ({
  name: `gel/${number}.png`,
  sha256: String(number).repeat(64).slice(0, 64),
  rasterSha256: `a${number}`.repeat(32),
  perceptualHash,
  label: number % 2,
});

describe('the training features of a model', () => {
  const pictures = [picture(1, HASH), picture(2), picture(3)];
  const miniatures = Uint8Array.from({ length: 2 * MINIATURE_PIXELS }, (_, index) => index % 251);
  const written = {
    features: Float32Array.of(0.5, -0.25, 1, 0),
    size: 2,
    distances: Float32Array.of(0.125, 4),
    pictures,
  };
  const bytes = encodeTrainingFeatures({ ...written, miniatures });

  it('come back as they were written, pictures without features included', () => {
    expect(decodeTrainingFeatures(bytes)).toEqual({ ...written, miniatures, labels: [1, 0] });
  });

  it.each([
    ['are something else', new Map([['0.bias', { shape: [1], data: Float32Array.of(1) }]]), {}],
    [
      'name fewer pictures than they have rows',
      new Map([
        ['features', { shape: [1, 1], data: Float32Array.of(1) }],
        ['distances', { shape: [1], data: Float32Array.of(1) }],
      ]),
      { format: 'gelql-training-features/1', pictures: '[]' },
    ],
    [
      'have miniatures of another size',
      new Map([
        ['features', { shape: [0, 1], data: new Float32Array() }],
        ['distances', { shape: [0], data: new Float32Array() }],
        ['miniatures', { shape: [1], data: Float32Array.of(1) }],
      ]),
      { format: 'gelql-training-features/1', pictures: '[]' },
    ],
    [
      'hold no pictures',
      new Map([
        ['features', { shape: [0, 1], data: new Float32Array() }],
        ['distances', { shape: [0], data: new Float32Array() }],
      ]),
      { format: 'gelql-training-features/1', pictures: '{' },
    ],
  ])('are refused where they %s', (_what, tensors, metadata) => {
    const broken = writeSafetensors(tensors, { metadata, dtype: 'F16' });
    const error = caughtError(() => decodeTrainingFeatures(broken));
    expect(error).toMatchObject({ code: 'MODEL_CORRUPT' });
  });

  it('keep the features of as many pictures as can be compared with each other in seconds', () => {
    expect(keptFeatureCount(92, 4096)).toBe(92);
    expect(keptFeatureCount(100_000, 512)).toBe(2795);
    expect(keptFeatureCount(100_000, 4096)).toBe(988);
  });
});

describe('a training picture', () => {
  const facts = (given: { sha256?: string; rasterSha256?: string; perceptualHash?: string | null }) => ({
    ...inventFacts(RandomDraws.of('seen'), { sha256: 'f'.repeat(64), rasterSha256: 'e'.repeat(64) }),
    perceptualHash: null,
    ...given,
  });
  const known = [picture(1, HASH), picture(2, '0123456789abcdef'), picture(3)];

  const find = createSeenIndex({ pictures: known, miniatures: new Uint8Array() }, noTurn);
  const seen = (asked: PictureFacts) =>
    find({ facts: asked, miniature: new Uint8Array(MINIATURE_PIXELS), similar: [] });

  it('is recognised by its bytes, else by its pixels', async () => {
    expect(await seen(facts({ sha256: known[1]!.sha256, perceptualHash: HASH }))).toMatchObject({
      kind: 'SAME_FILE',
      name: 'gel/2.png',
      labelIndex: 0,
    });
    expect(await seen(facts({ rasterSha256: known[2]!.rasterSha256 }))).toMatchObject({
      kind: 'SAME_PIXELS',
      name: 'gel/3.png',
    });
  });

  it.each(PICTURE_RELATIONS.map((relation) => [JSON.stringify(relation), relation] as const))(
    'is recognised by its hash where it was changed: %s',
    async (_name, relation) => {
      const related = formatHash(relateHash(parseHash(HASH), relation));
      expect(await seen(facts({ perceptualHash: related }))).toMatchObject({
        kind: 'NEAR_DUPLICATE',
        name: 'gel/1.png',
        differingBits: 0,
      });
    },
  );

  it('is recognised up to 8 differing bits, and not without a hash', async () => {
    const flipped = (bits: number) => (BigInt(`0x${HASH}`) ^ ((1n << BigInt(bits)) - 1n)).toString(16);
    expect(await seen(facts({ perceptualHash: flipped(8) }))).toMatchObject({ differingBits: 8 });
    expect(await seen(facts({ perceptualHash: flipped(9) }))).toBeNull();
    expect(await seen(facts({}))).toBeNull();
  });
});

describe('a training picture with a miniature', () => {
  const ORIGINAL = 1;
  const draws = RandomDraws.of('asked');

  const names = ['gel_002.jpg', 'gel_003.jpg', 'gel_004.jpg', 'gel_005.png', 'gel_007.jpg'];
  const files = names.map((name) => readFileSync(join('dataset', 'test', 'gel', name)));

  async function prepare() {
    const compared = await Promise.all(files.map((file) => readCompared(file)));
    const pictures = compared.map(({ perceptualHash }, index) => picture(index, perceptualHash));
    const miniatures = new Uint8Array(compared.flatMap(({ miniature }) => [...miniature]));
    let turns = 0;
    const find = createSeenIndex({ pictures, miniatures }, async () => void (turns += 1));
    return { compared, find, turns: () => turns };
  }

  const askFor = ({ perceptualHash, miniature }: ComparedPicture, similar: number[]) => ({
    facts: {
      ...inventFacts(draws, { sha256: 'f'.repeat(64), rasterSha256: 'e'.repeat(64) }),
      perceptualHash,
    },
    miniature,
    similar,
  });

  it.each(['JPEG, quality 30', 'mirrored', 'turned by 90 degrees', 'inverted'])(
    'is recognised wherever its features lie: %s',
    async (kind) => {
      const { find } = await prepare();
      const copy = await readCompared(await COPIES[kind]!(await readCopied(files[ORIGINAL]!)));
      expect(await find(askFor(copy, []))).toMatchObject({ kind: 'NEAR_DUPLICATE', name: 'gel/1.png' });
    },
  );

  it.each(['cut to 90 %', 'cut to 80 %', 'cut to 90 %, inverted, JPEG 50', 'cut to 90 %, mirrored'])(
    'is recognised in a part of it among the similar ones: %s',
    async (kind) => {
      const { find, turns } = await prepare();
      const part = await readCompared(await COPIES[kind]!(await readCopied(files[ORIGINAL]!)));
      expect(await find(askFor(part, [0, ORIGINAL, 2]))).toMatchObject({ name: 'gel/1.png' });
      expect(turns()).toBe(3);
      await find(askFor(part, [0, ORIGINAL, 2]));
      expect(turns()).toBe(3);
    },
  );

  it('is not taken for another picture with nearly its hash', async () => {
    const { compared, find } = await prepare();
    const { perceptualHash } = compared[ORIGINAL]!;
    const { miniature } = compared[3]!;
    expect(await find(askFor({ perceptualHash, miniature }, [ORIGINAL]))).toBeNull();
  });
});
