import { createHash } from 'node:crypto';
import { drawOverlay, type Overlay } from './annotate.js';
import { photographScene } from './camera.js';
import { planGel } from './gel/gel-plan.js';
import { type GelStyle } from './gel/gel-styles.js';
import { renderGel } from './gel/render-gel.js';
import { matchTone } from './match-tone.js';
import { drawNegative, type NegativeFamily } from './negatives/families.js';
import { planPicture, type PicturePlan, type Surroundings } from './picture-plan.js';
import { mapPlane, type Plane } from './plane.js';
import { RandomDraws } from './random-draws.js';
import { type Scene } from './scene.js';
import { makeTintTable } from './tint.js';

export type Subject = { label: 'gel'; style: GelStyle } | { label: 'not_gel'; family: NegativeFamily };

export interface PictureRequest {
  setSeed: number;
  /** Number of the picture in the set; with `setSeed` it decides every pixel. */
  index: number;
  subject: Subject;
  surroundings: Surroundings;
}

/** A finished picture before encoding, and what it shows. */
export interface SyntheticPicture {
  plan: PicturePlan;
  width: number;
  height: number;
  channels: 1 | 3 | 4;
  /** Interleaved, 8 bits a sample. */
  pixels: Uint8Array;
  /** SHA-256 over width, height, channels and pixels, hex: the same on every machine. */
  pixelSha256: string;
  /** As shown: light things on dark, or dark things on light. */
  polarity: 'LIGHT_ON_DARK' | 'DARK_ON_LIGHT';
  isAnnotated: boolean;
}

/**
 * Draws one picture. The scene is all that depends on the class; camera, tone, colour and labels are drawn from the
 * same distributions for both. Pure: the same request gives the same pixels.
 */
export function synthesizePicture(request: PictureRequest): SyntheticPicture {
  const random = RandomDraws.of('gelql', request.setSeed, request.index);
  const plan = planPicture(random.fork('plan'), request.surroundings);
  const scene = drawScene(random.fork('scene'), request.subject, plan);
  const picture = photographScene(random.fork('camera'), scene, plan.fullWellElectrons);
  const isInverted = decideInversion(random.fork('polarity'), request.subject, picture, plan);
  if (isInverted) mapPlane(picture.plane, (value) => 1 - value);
  matchTone(picture.plane, plan.meanTarget, plan.deviationTarget);
  const overlay = drawOverlay(random.fork('labels'), picture.anchors, plan.width, plan.height);
  const pixels = colourPixels(random.fork('ink'), picture.plane, overlay, plan);
  return {
    plan,
    width: plan.width,
    height: plan.height,
    channels: plan.container.channels,
    pixels,
    pixelSha256: digestPixels(plan, pixels),
    polarity: picture.isLightOnDark === isInverted ? 'DARK_ON_LIGHT' : 'LIGHT_ON_DARK',
    isAnnotated: overlay !== null,
  };
}

function drawScene(random: RandomDraws, subject: Subject, plan: PicturePlan): Scene {
  if (subject.label === 'not_gel') return drawNegative(random, subject.family, plan.width, plan.height);
  return renderGel(random.fork('light'), planGel(random.fork('gel'), subject.style, plan.width, plan.height));
}

/** A gel follows the plan's brightness; other things do so mostly, as either way round is natural for them. */
function decideInversion(random: RandomDraws, subject: Subject, scene: Scene, plan: PicturePlan): boolean {
  const isAgainstPlan = scene.isLightOnDark === plan.isLight;
  return subject.label === 'gel' || random.chance(0.8) ? isAgainstPlan : !isAgainstPlan;
}

const INK_COLOURS = [
  [255, 230, 60],
  [90, 235, 255],
  [240, 60, 50],
  [120, 255, 120],
] as const;

/** Grey plane -> tinted samples, with paper and ink laid over. // [height * width * channels] */
function colourPixels(
  random: RandomDraws,
  plane: Plane,
  overlay: Overlay | null,
  plan: PicturePlan,
): Uint8Array {
  const { channels } = plan.container;
  const colours = Math.min(3, channels);
  const table = makeTintTable(plan.tint);
  const pixels = new Uint8Array(plane.values.length * channels).fill(255);
  for (let index = 0; index < plane.values.length; index += 1) {
    const value = ((plane.values[index] ?? 0) * 255 + 0.5) | 0;
    for (let channel = 0; channel < colours; channel += 1) {
      pixels[index * channels + channel] = channels === 1 ? value : (table[value * 3 + channel] ?? 0);
    }
  }
  if (overlay) layOver(random, pixels, overlay, channels);
  return pixels;
}

function layOver(random: RandomDraws, pixels: Uint8Array, overlay: Overlay, channels: number): void {
  const { paper, ink, paperGrey, inkGrey } = overlay;
  const isColoured = channels > 1 && inkGrey === 255 && random.chance(0.3);
  const colour = isColoured ? random.pick(INK_COLOURS) : ([inkGrey, inkGrey, inkGrey] as const);
  for (let index = 0; index < ink.values.length; index += 1) {
    const covered = paper.values[index] ?? 0;
    const written = ink.values[index] ?? 0;
    if (covered === 0 && written === 0) continue;
    for (let channel = 0; channel < Math.min(3, channels); channel += 1) {
      const place = index * channels + channel;
      const below = pixels[place] ?? 0;
      const ground = below + (paperGrey - below) * covered;
      pixels[place] = Math.round(ground + ((colour[channel] ?? 0) - ground) * written);
    }
  }
}

function digestPixels(plan: PicturePlan, pixels: Uint8Array): string {
  const header = `${plan.width}x${plan.height}x${plan.container.channels};`;
  return createHash('sha256').update(header).update(pixels).digest('hex');
}
