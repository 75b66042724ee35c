import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { encodeGrey } from '../../src/images/encode-image.js';
import { createRandom, type Random } from '../../src/random.js';

const WIDTH = 96;
const HEIGHT = 80;
/** Slow waves that each picture has of its own, so that no two are near-duplicates. */
const WAVES = 12;

type Drawing = (x: number, y: number) => number;

/** Patterns that any backbone tells apart, each picture with places of its own. Values 0..1. */
const PATTERNS = {
  bands: (random: Random): Drawing => {
    const places = Array.from({ length: 6 }, () => [0, 1, 2].map(() => 0.05 + 0.9 * random.nextFloat()));
    return (x, y) => {
      const lane = (x / WIDTH) * 6;
      const bands = places[Math.floor(lane)] ?? [];
      const light = bands.reduce((sum, place) => sum + Math.exp(-(((y / HEIGHT - place) / 0.02) ** 2)), 0);
      return lane % 1 > 0.25 ? Math.min(1, light) : 0;
    };
  },
  rings: (random: Random): Drawing => {
    const [left, top] = [WIDTH * random.nextFloat(), HEIGHT * random.nextFloat()];
    return (x, y) => 0.5 + 0.5 * Math.sin(Math.hypot(x - left, y - top) / 2);
  },
  checks: (random: Random): Drawing => {
    const [left, top, side] = [random.nextBelow(16), random.nextBelow(16), 10 + random.nextBelow(8)];
    return (x, y) => (Math.floor((x + left) / side) + Math.floor((y + top) / side)) % 2;
  },
};
export type Pattern = keyof typeof PATTERNS;

/** A PNG of one pattern; another number gives another picture, the same number the same bytes. */
export function drawPattern(pattern: Pattern, number: number): Promise<Buffer> {
  const random = createRandom(number, pattern);
  const ground = drawGround(random);
  const drawing = PATTERNS[pattern](random);
  const pixels = new Uint8Array(WIDTH * HEIGHT).map((_, index) => {
    const [x, y] = [index % WIDTH, Math.floor(index / WIDTH)];
    return Math.round(10 + (number % 80) + 90 * ground(x, y) + 70 * drawing(x, y));
  });
  return encodeGrey({ width: WIDTH, height: HEIGHT, pixels }, { format: 'png' });
}

function drawGround(random: Random): Drawing {
  const waves = Array.from({ length: WAVES }, () => ({
    across: random.nextBelow(8),
    down: random.nextBelow(8),
    sign: random.nextBelow(2) === 0 ? 1 : -1,
  }));
  return (x, y) => {
    const sum = waves.reduce(
      (total, { across, down, sign }) =>
        total +
        sign *
          Math.cos((Math.PI * across * (x + 0.5)) / WIDTH) *
          Math.cos((Math.PI * down * (y + 0.5)) / HEIGHT),
      0,
    );
    return 0.5 + 0.5 * Math.tanh(sum / 3);
  };
}

/** `train/bands/3` is picture number 3 of its pattern; the class is the folder's name. */
export async function writePatterns(directory: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const [number = '', pattern = ''] = name.split('/').reverse();
    const file = join(directory, `${name}.png`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await drawPattern(pattern as Pattern, Number(number)));
  }
}

/** Names of `count` pictures of each pattern, numbered from `first`. */
export function patternNames(
  folder: string,
  patterns: readonly Pattern[],
  count: number,
  first = 0,
): string[] {
  return patterns.flatMap((pattern) =>
    Array.from({ length: count }, (_, index) => `${folder}${pattern}/${first + index}`),
  );
}
