import { type PictureFormat } from '../../images/picture.js';
import { Random } from './random.js';
import { TINT_NAMES, type Tint } from './tint.js';

export const SYNTHETIC_CLASSES = ['gel', 'not_gel'] as const;
export type SyntheticClass = (typeof SYNTHETIC_CLASSES)[number];
export type Split = 'train' | 'test';

/** How a picture is stored. One schedule serves both classes, so that the file type says nothing about the class. */
export interface Container {
  format: PictureFormat;
  channels: 1 | 3 | 4;
  bitDepth: 8 | 16;
}

/** Of 20 pictures: 12 JPEG, 5 PNG, 2 TIFF, 1 WebP; half of them grey. */
const CONTAINERS: readonly Container[] = [
  ...Array.from({ length: 6 }, () => ({ format: 'jpeg', channels: 1, bitDepth: 8 }) as const),
  ...Array.from({ length: 6 }, () => ({ format: 'jpeg', channels: 3, bitDepth: 8 }) as const),
  { format: 'png', channels: 1, bitDepth: 8 },
  { format: 'png', channels: 1, bitDepth: 8 },
  { format: 'png', channels: 3, bitDepth: 8 },
  { format: 'png', channels: 3, bitDepth: 8 },
  { format: 'png', channels: 4, bitDepth: 8 },
  { format: 'tiff', channels: 1, bitDepth: 8 },
  { format: 'tiff', channels: 1, bitDepth: 16 },
  { format: 'webp', channels: 3, bitDepth: 8 },
];

/** Everything about a picture that must not depend on its class: drawn before anything looks at the class. */
export interface PicturePlan {
  container: Container;
  width: number;
  height: number;
  /** The file's size is steered towards this by quality (30..95) or by the number of grey levels. */
  sizeTargetBytes: number;
  /** Electrons that fill a pixel of the camera: few of them mean a grainy picture. */
  fullWellElectrons: number;
  /** Mostly bright: an inverted gel, a page. */
  isLight: boolean;
  /** Mean and standard deviation of the grey values, 0..1. */
  meanTarget: number;
  deviationTarget: number;
  tint: Tint;
}

/** The containers of the first `count` pictures of a class: the schedule above, shuffled in blocks of 20. */
export function scheduleContainers(random: Random, count: number): Container[] {
  return scheduleInBlocks(random, CONTAINERS, count);
}

/** Repeats `choices` in shuffled blocks, so that any prefix is nearly balanced. */
export function scheduleInBlocks<T>(random: Random, choices: readonly T[], count: number): T[] {
  const scheduled: T[] = [];
  for (let block = 0; scheduled.length < count; block += 1) {
    scheduled.push(...random.fork('block', block).shuffle(choices));
  }
  return scheduled.slice(0, count);
}

/** Lossless files are kept small and low in noise, as noise cannot be compressed. */
export function planPicture(random: Random, container: Container): PicturePlan {
  const isLossless = container.format === 'png' || container.format === 'tiff';
  const isLight = random.chance(0.34);
  return {
    container,
    ...drawSize(
      random,
      isLossless && container.channels > 1 ? [320, 340] : isLossless ? [320, 384] : [320, 640],
    ),
    sizeTargetBytes: Math.round(random.logUniform(isLossless ? 16_000 : 9_000, isLossless ? 38_000 : 30_000)),
    fullWellElectrons: random.logUniform(isLossless ? 5000 : 150, 20_000),
    isLight,
    meanTarget: isLight ? random.uniform(0.47, 0.84) : random.uniform(0.14, 0.52),
    deviationTarget: random.logUniform(0.065, 0.2),
    tint: container.channels === 1 ? 'neutral' : random.pick(TINT_NAMES),
  };
}

function drawSize(random: Random, longSides: [number, number]): { width: number; height: number } {
  const longSide = random.integer(...longSides);
  const shortSide = Math.round(longSide * random.pick([0.62, 0.7, 0.75, 0.75, 0.8, 0.9, 1]));
  return random.chance(0.3) ? { width: shortSide, height: longSide } : { width: longSide, height: shortSide };
}
