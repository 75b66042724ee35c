import fc from 'fast-check';
import { lowFrequencies } from '../../src/images/facts/cosine-transform.js';
import { encodeGrey } from '../../src/images/encode-image.js';
import { MINIATURE_PIXELS, MINIATURE_SIDE, WHOLE_MINIATURE } from '../../src/images/facts/miniature.js';
import {
  countBits,
  formatHash,
  HASH_WINDOWS,
  hashDistance,
  hashMiniature,
  hashWindows,
  parseHash,
  relateHash,
} from '../../src/images/facts/perceptual-hash.js';
import {
  invertRelation,
  PICTURE_RELATIONS,
  relateMiniature,
} from '../../src/images/facts/picture-relation.js';
import {
  alignMiniatures,
  compareMiniatures,
  fingerprintOf,
} from '../../src/images/facts/picture-similarity.js';
import { drawGel, quantise } from '../support/gel-picture.js';
import { drawPattern } from '../support/patterns.js';
import { COPIES, readCompared, readCopied } from '../support/planted-copies.js';

/**
 * The oracle, numpy 2.3, scipy 1.16, imagehash 4.3.2 with Pillow 12:
 *   x, y = numpy.meshgrid(numpy.arange(64), numpy.arange(64))
 *   m = ((x*x*3 + y*y*5 + x*y*7) // 16 % 256).astype(numpy.uint8)
 *   scipy.fft.dct(scipy.fft.dct(m.astype(float), axis=0), axis=1)[:8, :8] > 0, without [0, 0]
 *   imagehash.phash(Image.fromarray(m), hash_size=8, highfreq_factor=8)
 */
const formula = Uint8Array.from({ length: MINIATURE_PIXELS }, (_, index) => {
  const [x, y] = [index % MINIATURE_SIDE, Math.floor(index / MINIATURE_SIDE)];
  return ((x * x * 3 + y * y * 5 + x * y * 7) >> 4) % 256;
});

describe('the perceptual hash', () => {
  it("holds the signs of SciPy's cosine transform", () => {
    expect(hashMiniature(formula)).toBe('000406060e1e7cfc');
    // dctn(m, norm='ortho') at (v, u) = (0, 1), (1, 0), (3, 5), (7, 7).
    const frequencies = lowFrequencies(formula, WHOLE_MINIATURE, 16);
    const at = (v: number, u: number) => frequencies[v * 16 + u];
    expect(at(0, 1)).toBeCloseTo(-285.207796, 1);
    expect(at(1, 0)).toBeCloseTo(-301.017367, 1);
    expect(at(3, 5)).toBeCloseTo(113.865138, 1);
    expect(at(7, 7)).toBeCloseTo(-299.960436, 1);
  });

  it("gives imagehash's bits where its median of all 64 frequencies is the threshold", () => {
    const frequencies = lowFrequencies(formula, WHOLE_MINIATURE, 8);
    const sorted = [...frequencies].sort((left, right) => left - right);
    const median = ((sorted[31] ?? 0) + (sorted[32] ?? 0)) / 2;
    const word = (first: number) =>
      [...frequencies.slice(first, first + 32)].reduce((bits, value) => bits * 2 + Number(value > median), 0);
    expect(formatHash({ high: word(0), low: word(32) })).toBe('86060e0e0e3efefc');
  });

  it('is the first of the hashes of all windows; another has the signs of the part alone', () => {
    const hashes = hashWindows(formula);
    const hashOf = (index: number) => formatHash({ high: hashes[2 * index]!, low: hashes[2 * index + 1]! });
    expect(HASH_WINDOWS).toHaveLength(225);
    expect(hashOf(0)).toBe(hashMiniature(formula));
    // The same on m[6:61, 3:64].
    const index = HASH_WINDOWS.findIndex(
      ({ left, top, right, bottom }) => left === 3 && top === 6 && right === 64 && bottom === 61,
    );
    expect(hashOf(index)).toBe('030103030303070f');
  });

  it('of a mirrored, turned or inverted picture follows from that of the picture', async () => {
    for (const pattern of ['bands', 'rings', 'checks'] as const) {
      const { miniature } = await readCompared(await drawPattern(pattern, 1));
      const words = parseHash(hashMiniature(miniature) ?? '');
      for (const relation of PICTURE_RELATIONS) {
        const related = relateMiniature(miniature, relation);
        expect([relation, formatHash(relateHash(words, relation))]).toEqual([
          relation,
          hashMiniature(related),
        ]);
        expect(relateMiniature(related, invertRelation(relation))).toEqual(miniature);
      }
    }
  });

  it('of really transformed files is that same hash, but for a bit at most', async () => {
    const file = await drawPattern('bands', 2);
    const words = parseHash((await readCompared(file)).perceptualHash ?? '');
    const relations = {
      mirrored: { isMirrored: true, turnedDegrees: 0, isInverted: false },
      'turned by 90 degrees': { isMirrored: false, turnedDegrees: 90, isInverted: false },
      'turned by 180 degrees': { isMirrored: false, turnedDegrees: 180, isInverted: false },
      inverted: { isMirrored: false, turnedDegrees: 0, isInverted: true },
    } as const;
    for (const [kind, relation] of Object.entries(relations)) {
      const copy = await readCompared((await COPIES[kind]?.(await readCopied(file))) ?? file);
      const distance = hashDistance(relateHash(words, relation), parseHash(copy.perceptualHash ?? ''));
      expect([kind, distance <= 1]).toEqual([kind, true]);
    }
  });

  it('is nearly the same for 8 and 16 bits of one gel, and for another exposure', async () => {
    const [width, height] = [320, 240];
    const values = drawGel(width, height);
    const hashOf = async (pixels: Uint8Array | Uint16Array) => {
      const file = await encodeGrey({ width, height, pixels }, { format: 'tiff' });
      return (await readCompared(file)).perceptualHash ?? '';
    };
    const deep = await hashOf(quantise(values, new Uint16Array(width * height), 52_000, 900));
    const shallow = await hashOf(quantise(values, new Uint8Array(width * height), 250));
    const faint = await hashOf(quantise(values, new Uint8Array(width * height), 90, 20));
    expect(hashDistance(parseHash(shallow), parseHash(deep))).toBeLessThanOrEqual(1);
    expect(hashDistance(parseHash(faint), parseHash(deep))).toBeLessThanOrEqual(2);
  });

  it.each([
    ['a ramp', (x: number) => x / 2],
    ['two halves', (x: number) => (x < 160 ? 40 : 220)],
    ['a vignette', (x: number, y: number) => 220 - ((x - 160) ** 2 + (y - 120) ** 2) / 300],
    // Two grey levels of noise from a fixed sequence on an even ground.
    ['an empty frame', (x: number, y: number) => 128 + ((x * 7919 + y * 104_729) % 5)],
  ])('is none for %s, which has too little structure', async (_, value) => {
    const [width, height] = [320, 240];
    const pixels = Uint8Array.from({ length: width * height }, (__, index) =>
      Math.round(value(index % width, Math.floor(index / width))),
    );
    const file = await encodeGrey({ width, height, pixels }, { format: 'png' });
    expect((await readCompared(file)).perceptualHash).toBeNull();
  });

  it('keeps its 64 bits in text, and counts the ones that differ', () => {
    const word = fc.nat({ max: 0xffffffff });
    fc.assert(
      fc.property(word, word, word, word, (high, low, otherHigh, otherLow) => {
        expect(parseHash(formatHash({ high, low }))).toEqual({ high, low });
        const slow = [high ^ otherHigh, low ^ otherLow]
          .map((bits) => [...(bits >>> 0).toString(2)].filter((digit) => digit === '1').length)
          .reduce((sum, bits) => sum + bits);
        expect(hashDistance({ high, low }, { high: otherHigh, low: otherLow })).toBe(slow);
        expect(countBits(high)).toBe(countBits(high | 0));
      }),
    );
  });
});

describe('the similarity', () => {
  it('is 1 for the picture itself, near 0 for another, and hardly sees gamma', async () => {
    const file = await drawPattern('bands', 3);
    const { miniature } = await readCompared(file);
    const other = await readCompared(await drawPattern('bands', 4));
    const brighter = await readCompared((await COPIES['gamma 0.6']?.(await readCopied(file))) ?? file);
    expect(compareMiniatures(miniature, fingerprintOf(miniature))).toBeCloseTo(1, 12);
    expect(Math.abs(compareMiniatures(miniature, fingerprintOf(other.miniature)))).toBeLessThan(0.3);
    expect(compareMiniatures(miniature, fingerprintOf(brighter.miniature))).toBeGreaterThan(0.95);
    expect(compareMiniatures(miniature, fingerprintOf(new Uint8Array(MINIATURE_PIXELS)))).toBe(0);
  });

  it('finds the part that was cut out, starting nearby', async () => {
    const file = await drawPattern('rings', 5);
    const { miniature } = await readCompared(file);
    const part = await readCompared(
      (await COPIES['cut to 80 %, a corner']?.(await readCopied(file))) ?? file,
    );
    const aligned = alignMiniatures(miniature, fingerprintOf(part.miniature), {
      left: 9,
      top: 0,
      right: 64,
      bottom: 52,
    });
    expect(aligned.similarity).toBeGreaterThan(0.9);
    // The upper right corner: 0.2 of 64 pixels are missing at the left and below.
    expect(aligned.window.left).toBeGreaterThanOrEqual(12);
    expect(aligned.window.left).toBeLessThanOrEqual(14);
    expect(aligned.window.bottom).toBeGreaterThanOrEqual(50);
    expect(aligned.window.bottom).toBeLessThanOrEqual(52);
    expect([aligned.window.top, aligned.window.right]).toEqual([0, 64]);
  });
});
