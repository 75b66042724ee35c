import { createHash } from 'node:crypto';
import { AUGMENTATION_VERSIONS, augmentedViews, planView } from '../../src/images/augment.js';
import { MARKS, planStrongView } from '../../src/images/strong-views/view-plan.js';
import { AUGMENTATIONS, type Augmentation } from '../../src/words/training-settings.js';
import { networkInput } from '../../src/images/network-input.js';
import { INPUT_PIXELS } from '../../src/words/picture.js';
import { createRandom } from '../../src/images/random.js';
import { rotate } from '../../src/images/rotate.js';
import { toneTable } from '../../src/images/tone-table.js';
import { drawGel, quantise } from '../support/gel-picture.js';

/** Whole numbers only, so that the pinned digest below asks nothing of Math.exp. */
const gel = {
  width: 300,
  height: 200,
  pixels: Uint8Array.from({ length: 60_000 }, (_, i) => drawPixel(i % 300, Math.floor(i / 300))),
};
function drawPixel(x: number, y: number): number {
  const isBand = x % 50 > 15 && (y + Math.floor(x / 50) * 4) % 60 < 9;
  return 20 + Math.floor(x / 10) + (isBand ? 150 : 0);
}

/** Compares bytes at once: Jest's own comparison takes seconds for a few hundred thousand. */
const areEqual = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
const viewsOf = (digest: string, views: number, augmentation: Augmentation = 'LIGHT') =>
  augmentedViews(gel, 'gel-v1', digest, { views, augmentation });
const viewAt = (views: Uint8Array, index: number) =>
  views.subarray(index * INPUT_PIXELS, (index + 1) * INPUT_PIXELS);
const plans = (count: number) => Array.from({ length: count }, (_, i) => planView(createRandom(`plan ${i}`)));

describe('augmentedViews', () => {
  it.each(AUGMENTATIONS)('starts with the picture as it is: %s', async (augmentation) => {
    expect(areEqual(await viewsOf('a', 1, augmentation), networkInput(gel, 'gel-v1'))).toBe(true);
    expect(areEqual(viewAt(await viewsOf('a', 3, augmentation), 0), networkInput(gel, 'gel-v1'))).toBe(true);
  });

  it.each(AUGMENTATIONS)('gives each view by the digest and its number alone: %s', async (augmentation) => {
    const four = await viewsOf('a', 4, augmentation);
    expect(areEqual(await viewsOf('a', 4, augmentation), four)).toBe(true);
    expect(areEqual(await viewsOf('a', 3, augmentation), four.subarray(0, 3 * INPUT_PIXELS))).toBe(true);
    expect(areEqual(viewAt(await viewsOf('b', 2, augmentation), 1), viewAt(four, 1))).toBe(false);
    expect(new Set([1, 2, 3].map((i) => Buffer.from(viewAt(four, i)).toString('base64'))).size).toBe(3);
  });

  it('is pinned to its version: other views need another version', async () => {
    const digestOf = async (augmentation: Augmentation, views: number) =>
      createHash('sha256')
        .update(await viewsOf('pinned', views, augmentation))
        .digest('hex');
    expect({
      version: AUGMENTATION_VERSIONS.STRONG,
      digest: await digestOf('STRONG', 24),
    }).toMatchInlineSnapshot(`
     {
       "digest": "4b17b77a26736adb53a650078d0e876d6f52427081b6b2d484a42dd368feb19d",
       "version": "strong-v1",
     }
    `);
    expect({ version: AUGMENTATION_VERSIONS.LIGHT, digest: await digestOf('LIGHT', 8) })
      .toMatchInlineSnapshot(`
     {
       "digest": "e206d7c74ae11ebf78c885145bc8d6303746b80991b6be29126263f2c5f76b47",
       "version": "augment-v1",
     }
    `);
  });
});

describe('the plan of a view', () => {
  it('draws every parameter over its whole range and nothing beyond', () => {
    const all = plans(4000);
    const rangeOf = (values: number[]) => [Math.min(...values), Math.max(...values)];
    expect(rangeOf(all.map((plan) => plan.rotation))).toEqual([-70, 70]);
    expect(rangeOf(all.map((plan) => plan.cropSide))).toEqual([224, 320]);
    expect(rangeOf(all.map((plan) => plan.gamma))).toEqual([39, 102]);
    const [low, high] = rangeOf(all.map((plan) => plan.contrast));
    expect(low).toBeGreaterThanOrEqual(717);
    expect(high).toBeLessThanOrEqual(1434);
    expect(all.every((plan) => plan.cropX >= 0 && plan.cropX + plan.cropSide <= 320)).toBe(true);
    expect(all.every((plan) => plan.cropY >= 0 && plan.cropY + plan.cropSide <= 320)).toBe(true);
  });

  it('flips half of the views and inverts three in ten', () => {
    const all = plans(4000);
    const share = (test: (plan: (typeof all)[number]) => boolean) => all.filter(test).length / all.length;
    expect(Math.abs(share((plan) => plan.isFlipped) - 0.5)).toBeLessThan(0.03);
    expect(Math.abs(share((plan) => plan.isInverted) - 0.3)).toBeLessThan(0.03);
  });
});

describe('the plan of a strong view', () => {
  const all = Array.from({ length: 4000 }, (_, i) => planStrongView(createRandom(`strong ${i}`)));
  const panels = all.flatMap((plan) => [...plan.panels]);

  it('cuts inside the picture, its sides at most 4/3 apart in share', () => {
    for (const { cropWidth, cropHeight, cropX, cropY } of panels) {
      expect(cropX + cropWidth).toBeLessThanOrEqual(1024);
      expect(cropY + cropHeight).toBeLessThanOrEqual(1024);
      expect(Math.min(cropWidth, cropHeight)).toBeGreaterThanOrEqual(512);
      expect(Math.max(cropWidth / cropHeight, cropHeight / cropWidth)).toBeLessThan(1.34);
    }
  });

  it('draws every kind of change', () => {
    for (const mark of MARKS) expect(all.some(({ marks }) => marks.includes(mark))).toBe(true);
    for (const turns of [0, 1, 2, 3]) {
      expect(panels.some(({ quarterTurns }) => quarterTurns === turns)).toBe(true);
    }
    const share = (count: number) => count / all.length;
    expect(Math.abs(share(panels.length) - 1.2)).toBeLessThan(0.03);
    expect(Math.abs(share(all.filter(({ jpegQuality }) => jpegQuality !== null).length) - 0.5)).toBeLessThan(
      0.03,
    );
  });
});

describe('rotate', () => {
  it('turns about the centre, clockwise for positive angles', () => {
    const side = 201;
    const square = new Uint8Array(side * side);
    // A dot 80 pixels right of the centre moves down by 80 sin 7 degrees = 9.7 and left by 80 (1 - cos 7 degrees) = 0.6.
    square[100 * side + 180] = 255;
    const turned = rotate(square, side, 70);
    const brightest = turned.indexOf(Math.max(...turned));
    expect([brightest % side, Math.floor(brightest / side)]).toEqual([179, 110]);
  });

  it('fills its corners with the mirrored picture, never with black', () => {
    const white = new Uint8Array(320 * 320).fill(255);
    expect(rotate(white, 320, 70).every((value) => value === 255)).toBe(true);
    expect(rotate(white, 320, -70).every((value) => value === 255)).toBe(true);
  });

  it('is undone by the opposite angle but for the loss of two interpolations', () => {
    const square = quantise(drawGel(320, 320), new Uint8Array(320 * 320), 255);
    const back = rotate(rotate(square, 320, 50), 320, -50);
    let sum = 0;
    for (let y = 60; y < 260; y++)
      for (let x = 60; x < 260; x++) sum += Math.abs(back[y * 320 + x]! - square[y * 320 + x]!);
    expect(sum / 200 ** 2).toBeLessThan(4);
  });
});

describe('toneTable', () => {
  it('is the identity for gamma 1 and contrast 1, and its mirror when inverted', () => {
    const identity = Uint8Array.from({ length: 256 }, (_, value) => value);
    expect(toneTable({ gamma: 64, contrast: 1024, isInverted: false })).toEqual(identity);
    expect(toneTable({ gamma: 64, contrast: 1024, isInverted: true })).toEqual(identity.reverse());
  });

  it('follows the power law and the slope', () => {
    const curved = toneTable({ gamma: 96, contrast: 1024, isInverted: false });
    expect(curved[100]).toBe(Math.round(255 * (100 / 255) ** 1.5));
    const steep = toneTable({ gamma: 64, contrast: 1434, isInverted: false });
    expect([steep[0], steep[128], steep[138], steep[255]]).toEqual([0, 128, 142, 255]);
  });
});

describe('createRandom', () => {
  it('repeats for a seed, differs between seeds and spreads evenly', () => {
    const draw = (seed: string) => {
      const random = createRandom(seed);
      return Array.from({ length: 6000 }, () => random.below(6));
    };
    expect(draw('a')).toEqual(draw('a'));
    expect(draw('a')).not.toEqual(draw('b'));
    const counts = [0, 1, 2, 3, 4, 5].map((face) => draw('a').filter((value) => value === face).length);
    expect(Math.min(...counts)).toBeGreaterThan(900);
    expect(Math.max(...counts)).toBeLessThan(1100);
  });
});
