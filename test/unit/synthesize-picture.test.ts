import { matchTone } from '../../tools/synthesize/match-tone.js';
import { GEL_STYLES } from '../../tools/synthesize/gel/gel-styles.js';
import { drawNegative, NEGATIVE_FAMILY_NAMES } from '../../tools/synthesize/negatives/families.js';
import type { Container } from '../../tools/synthesize/picture-plan.js';
import { createPlane } from '../../tools/synthesize/plane.js';
import { RandomDraws } from '../../tools/synthesize/random-draws.js';
import { drawText, measureText } from '../../tools/synthesize/stroke-font.js';
import { synthesizePicture, type Subject } from '../../tools/synthesize/synthesize-picture.js';
import { makeTintTable, TINT_NAMES } from '../../tools/synthesize/tint.js';

const GREY: Container = { format: 'png', channels: 1, bitDepth: 8 };
const COLOUR: Container = { format: 'png', channels: 3, bitDepth: 8 };

/** The same on Node 20 and 24. Where these change on purpose, GENERATOR_VERSION rises and dataset/ is made again. */
const GOLDEN: [Subject, Container, string][] = [
  [{ label: 'gel', style: 'pcr' }, GREY, 'd13755b46f22d40c96b9b5b1386de60281a14f5c80203dbe0b87b6090dafafe4'],
  [
    { label: 'gel', style: 'sds-page' },
    COLOUR,
    '5be1394c98e420d67daee61c0058a29a178b4992d337e95922e3bf3d79e2b01e',
  ],
  [
    { label: 'gel', style: 'genomic' },
    GREY,
    '367b549829613d5f93c4d782a44769e815ba738d2bcf77fb4e664c897058531d',
  ],
  [
    { label: 'not_gel', family: 'spectrogram' },
    GREY,
    '305dcf895bb191f5d1ff2a9e3d9c90c9e6f9d015737d8212828b59c9302ecb3a',
  ],
  [
    { label: 'not_gel', family: 'zebra' },
    COLOUR,
    '2101a410869121cec2a72bebf3cf6402d4807bec25d314d0ee973d551fde025c',
  ],
];

function synthesize(index: number, subject: Subject, container: Container = GREY) {
  return synthesizePicture({
    setSeed: 11,
    index,
    subject,
    surroundings: { container, isLight: index % 2 === 0 },
  });
}

describe('synthesizePicture', () => {
  it.each(GOLDEN)('draws the same pixels as ever: %j', (subject, container, pixelSha256) => {
    expect(synthesize(5, subject, container).pixelSha256).toBe(pixelSha256);
  });

  it('draws another picture for another index or another seed', () => {
    const subject: Subject = { label: 'gel', style: 'pcr' };
    const surroundings = { container: GREY, isLight: false };
    const hashes = [
      synthesizePicture({ setSeed: 1, index: 1, subject, surroundings }),
      synthesizePicture({ setSeed: 1, index: 2, subject, surroundings }),
      synthesizePicture({ setSeed: 2, index: 1, subject, surroundings }),
    ].map((picture) => picture.pixelSha256);
    expect(new Set(hashes).size).toBe(3);
  });

  it.each(GEL_STYLES)('draws a %s gel with contrast', (style) => {
    expectContrast(synthesize(GEL_STYLES.indexOf(style), { label: 'gel', style }).pixels);
  });

  it('inverts the gel where the surroundings ask for a bright picture', () => {
    const subject: Subject = { label: 'gel', style: 'pcr' };
    expect(synthesize(2, subject).polarity).toBe('DARK_ON_LIGHT');
    expect(synthesize(3, subject).polarity).toBe('LIGHT_ON_DARK');
  });

  it('has an opaque fourth channel where alpha is asked for', () => {
    const { pixels, channels } = synthesize(1, { label: 'gel', style: 'rna' }, { ...COLOUR, channels: 4 });
    expect(channels).toBe(4);
    expect(pixels.filter((_value, place) => place % 4 === 3).every((alpha) => alpha === 255)).toBe(true);
  });
});

describe('drawNegative', () => {
  it.each(NEGATIVE_FAMILY_NAMES)('draws %s in landscape and portrait', (family) => {
    for (const [width, height] of [
      [360, 240],
      [200, 320],
    ] as const) {
      const { plane, anchors } = drawNegative(
        RandomDraws.of('negative', family, width),
        family,
        width,
        height,
      );
      expect(plane.values.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
      expect(Math.max(...plane.values) - Math.min(...plane.values)).toBeGreaterThan(0.05);
      expect(anchors.columns.length).toBeGreaterThanOrEqual(4);
    }
  });

  it('knows at least 18 families', () => {
    expect(NEGATIVE_FAMILY_NAMES.length).toBeGreaterThanOrEqual(18);
  });
});

describe('matchTone', () => {
  it('reaches the mean and the spread that it is given, from sparse light and from half and half', () => {
    for (const brightShare of [0.03, 0.5]) {
      const plane = createPlane(100, 100);
      const random = RandomDraws.of('tone', brightShare);
      plane.values.forEach((_value, index) => {
        plane.values[index] = (random.chance(brightShare) ? 0.8 : 0.2) + 0.02 * random.normal();
      });
      matchTone(plane, 0.4, 0.12);
      const mean = plane.values.reduce((sum, value) => sum + value, 0) / 10_000;
      const variance = plane.values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 10_000;
      expect(mean).toBeCloseTo(0.4, 2);
      expect(Math.sqrt(variance)).toBeCloseTo(0.12, 2);
    }
  });
});

describe('makeTintTable', () => {
  it.each(TINT_NAMES)('keeps the luma of every grey level under %s', (tint) => {
    const table = makeTintTable(tint);
    for (let grey = 0; grey < 256; grey += 1) {
      const [red = 0, green = 0, blue = 0] = table.subarray(grey * 3, grey * 3 + 3);
      expect(Math.abs(0.299 * red + 0.587 * green + 0.114 * blue - grey)).toBeLessThan(1);
    }
  });
});

describe('drawText', () => {
  it('has a glyph for every character that labels use', () => {
    const characters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:;-+=/(){}%_*<>';
    const looks = new Set<string>();
    for (const character of characters) {
      const plane = createPlane(24, 32);
      drawText(plane, character, 3, 4, { capHeight: 18, value: 1 });
      expect(plane.values.some((value) => value > 0.5)).toBe(true);
      looks.add(plane.values.join());
    }
    // O and zero look alike, as in many fonts.
    expect(looks.size).toBe(characters.length - 1);
  });

  it('stays within the width that it announces', () => {
    const plane = createPlane(200, 30);
    drawText(plane, 'Ladder 10', 5, 5, { capHeight: 12, value: 1 });
    const end = 5 + measureText('Ladder 10', 12) + 3;
    expect(plane.values.every((value, index) => value === 0 || index % 200 <= end)).toBe(true);
  });
});

function expectContrast(pixels: Uint8Array): void {
  const sorted = [...pixels].sort((dark, light) => dark - light);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  expect(at(0.999) - at(0.01)).toBeGreaterThan(25);
}
