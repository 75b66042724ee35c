import { type EncodedFormat } from '../../src/words/picture.js';
import type { RandomDraws } from './random-draws.js';
import { TINT_NAMES, type Tint } from './tint.js';

export const SYNTHETIC_CLASSES = ['gel', 'not_gel'] as const;
export type SyntheticClass = (typeof SYNTHETIC_CLASSES)[number];
export type Split = 'train' | 'test';

/** How a picture is stored. One schedule serves both classes, so that the file type says nothing about the class. */
export interface Container {
  format: EncodedFormat;
  channels: 1 | 3 | 4;
  bitDepth: 8 | 16;
}

/** Containers of 20 pictures: 12 JPEG, 5 PNG, 2 TIFF, 1 WebP; half of them grey. */
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
export interface PicturePlan extends Surroundings {
  width: number;
  height: number;
  /** The file's size is steered towards this by quality (30..95) or by the number of grey levels. */
  sizeTargetBytes: number;
  /** Electrons that fill a pixel of the camera: few of them mean a grainy picture. */
  fullWellElectrons: number;
  /** Mean and standard deviation of the grey values, 0..1. */
  meanTarget: number;
  deviationTarget: number;
  tint: Tint;
}

/** What is set for each place in a class before chance has its say, the same number of times for both classes. */
export interface Surroundings {
  container: Container;
  /** Mostly bright: an inverted gel, a page. */
  isLight: boolean;
}

/** 7 of 20 pictures are mostly bright. */
const LIGHTS = Array.from({ length: 20 }, (_, place) => place < 7);

/** The surroundings of the first `count` pictures of a class: the schedules above, shuffled in blocks of 20. */
export function scheduleSurroundings(random: RandomDraws, count: number): Surroundings[] {
  const lights = scheduleInBlocks(random.fork('lights'), LIGHTS, count);
  return scheduleInBlocks(random.fork('containers'), CONTAINERS, count).map((container, place) => ({
    container,
    isLight: lights[place] ?? false,
  }));
}

/** Repeats `choices` in shuffled blocks, so that any prefix is nearly balanced. */
export function scheduleInBlocks<T>(random: RandomDraws, choices: readonly T[], count: number): T[] {
  const scheduled: T[] = [];
  for (let block = 0; scheduled.length < count; block += 1) {
    scheduled.push(...random.fork('block', block).shuffle(choices));
  }
  return scheduled.slice(0, count);
}

/** Lossless files are kept small and low in noise, as noise cannot be compressed. */
export function planPicture(random: RandomDraws, { container, isLight }: Surroundings): PicturePlan {
  const isLossless = container.format === 'png' || container.format === 'tiff';
  return {
    container,
    ...drawSize(
      random,
      isLossless && container.channels > 1 ? [320, 340] : isLossless ? [320, 384] : [320, 640],
    ),
    sizeTargetBytes: Math.round(drawSizeTarget(random, container)),
    fullWellElectrons: random.logUniform(isLossless ? 15_000 : 150, isLossless ? 60_000 : 20_000),
    isLight,
    meanTarget: isLight ? random.uniform(0.47, 0.84) : random.uniform(0.17, 0.52),
    deviationTarget: random.logUniform(0.07, 0.2),
    tint: container.channels === 1 ? 'neutral' : random.pick(TINT_NAMES),
  };
}

function drawSizeTarget(random: RandomDraws, { format, channels }: Container): number {
  if (format === 'jpeg' || format === 'webp') return random.logUniform(9_000, 30_000);
  return channels > 1 ? random.logUniform(26_000, 38_000) : random.logUniform(16_000, 36_000);
}

function drawSize(random: RandomDraws, longSides: [number, number]): { width: number; height: number } {
  const longSide = random.integer(...longSides);
  const shortSide = Math.round(longSide * random.pick([0.62, 0.7, 0.75, 0.75, 0.8, 0.9, 1]));
  return random.chance(0.3) ? { width: shortSide, height: longSide } : { width: longSide, height: shortSide };
}
