import { writeSafetensors } from '../../src/networks/weights/safetensors.js';
import {
  decodeTrainingFeatures,
  encodeTrainingFeatures,
  keptFeatureCount,
} from '../../src/registry/training-features.js';
import { createSeenIndex } from '../../src/classification/seen-in-training.js';
import { RandomDraws } from '../../src/datasets/synthesize/random-draws.js';
import { formatHash, parseHash, relateHash } from '../../src/images/perceptual-hash.js';
import { PICTURE_RELATIONS } from '../../src/images/picture-relation.js';
import { caughtError } from '../support/caught-error.js';
import { inventFacts } from '../support/invent-facts.js';

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
  const bytes = encodeTrainingFeatures({
    features: Float32Array.of(0.5, -0.25, 1, 0),
    size: 2,
    distances: Float32Array.of(0.125, 4),
    pictures,
  });

  it('come back as they were written, pictures without features included', () => {
    expect(decodeTrainingFeatures(bytes)).toEqual({
      features: Float32Array.of(0.5, -0.25, 1, 0),
      size: 2,
      distances: Float32Array.of(0.125, 4),
      labels: [1, 0],
      pictures,
    });
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

  it('is recognised by its bytes, else by its pixels', () => {
    expect(createSeenIndex(known)(facts({ sha256: known[1]!.sha256, perceptualHash: HASH }))).toMatchObject({
      kind: 'SAME_FILE',
      name: 'gel/2.png',
      labelIndex: 0,
    });
    expect(createSeenIndex(known)(facts({ rasterSha256: known[2]!.rasterSha256 }))).toMatchObject({
      kind: 'SAME_PIXELS',
      name: 'gel/3.png',
    });
  });

  it.each(PICTURE_RELATIONS.map((relation) => [JSON.stringify(relation), relation] as const))(
    'is recognised by its hash where it was changed: %s',
    (_name, relation) => {
      const related = formatHash(relateHash(parseHash(HASH), relation));
      expect(createSeenIndex(known)(facts({ perceptualHash: related }))).toMatchObject({
        kind: 'NEAR_DUPLICATE',
        name: 'gel/1.png',
        differingBits: 0,
      });
    },
  );

  it('is recognised up to 8 differing bits, and not without a hash', () => {
    const flipped = (bits: number) => (BigInt(`0x${HASH}`) ^ ((1n << BigInt(bits)) - 1n)).toString(16);
    expect(createSeenIndex(known)(facts({ perceptualHash: flipped(8) }))).toMatchObject({ differingBits: 8 });
    expect(createSeenIndex(known)(facts({ perceptualHash: flipped(9) }))).toBeNull();
    expect(createSeenIndex(known)(facts({}))).toBeNull();
  });
});
