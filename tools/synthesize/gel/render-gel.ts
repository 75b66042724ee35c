import { createPlane, mapPlane, type Plane } from '../plane.js';
import { type RandomDraws } from '../random-draws.js';
import { type LabelAnchors, type Scene } from '../scene.js';
import { addBubbles, addGelBody, addWells } from './gel-body.js';
import { type Comb, type GelPlan, type Lane } from './gel-plan.js';
import { type BandLoad, type SmearLoad } from './samples.js';

/** How this gel blurs and bends its bands. Lengths are in pixels of this picture. */
interface RunQuality {
  /** Width of a band that has not moved. */
  sharpness: number;
  /** Growth of the squared width with the distance. */
  diffusion: number;
  /** Share of the wide (Lorentzian) part in the profile of a band. */
  lorentzian: number;
  tail: number;
  edgeBrightening: number;
  /** Curve of the whole front: hot lanes in the middle run ahead. */
  smile: number;
  tilt: number;
  /** Units of light of a strong band; turns the strength of a smear into light. */
  unit: number;
}

/** Draws the light of a gel: bands on lanes on the gel's own glow, then wells, edges and bubbles. */
export function renderGel(random: RandomDraws, plan: GelPlan): Scene {
  const signal = createPlane(plan.width, plan.height);
  const quality = drawQuality(random.fork('quality'), plan);
  for (const [index, comb] of plan.combs.entries()) {
    const own = random.fork('comb', index);
    for (const lane of comb.lanes) renderLane(own, signal, plan, comb, lane, quality);
  }
  const plane = plan.isAbsorbing ? absorbLight(random, signal) : signal;
  addGelBody(random.fork('body'), plane, plan);
  if (plan.hasWells) addWells(random.fork('wells'), plane, plan, bend(plan, quality));
  addBubbles(random.fork('bubbles'), plane);
  return { plane, isLightOnDark: !plan.isAbsorbing, anchors: findAnchors(plan, bend(plan, quality)) };
}

function drawQuality(random: RandomDraws, plan: GelPlan): RunQuality {
  const scale = plan.height / 500;
  const isBent = random.chance(0.7);
  return {
    sharpness: random.uniform(0.9, 2.2) * scale * (plan.combs.length > 1 ? 0.75 : 1),
    diffusion: random.uniform(0.008, 0.016) ** 2 * 4 * scale,
    lorentzian: random.uniform(0, 0.25),
    tail: random.uniform(0, 0.06),
    edgeBrightening: random.uniform(0, 0.25),
    smile: isBent ? Math.max(-0.03, Math.min(0.03, random.normal(-0.004, 0.011))) * plan.height : 0,
    tilt: isBent ? random.normal(0, 0.004) : 0,
    unit: plan.isAbsorbing ? 8 : random.uniform(5, 12),
  };
}

/** Shift of the front in pixels at a column; positive is further from the wells. */
function bend(plan: GelPlan, quality: RunQuality): (x: number) => number {
  const middle = plan.width / 2;
  return (x) => quality.smile * ((x - middle) / middle) ** 2 + quality.tilt * (x - middle);
}

function renderLane(
  random: RandomDraws,
  signal: Plane,
  plan: GelPlan,
  comb: Comb,
  lane: Lane,
  quality: RunQuality,
): void {
  const { sample } = lane;
  const shift = bend(plan, quality)(lane.centreX) + random.normal(0, 0.0015 * plan.height);
  const mask = makeLaneMask(lane, quality.edgeBrightening, random.normal(0, 0.08));
  if (sample.kind !== 'empty' || sample.background > 0.01) addHaze(random, signal, comb, lane, mask, quality);
  if (sample.smear) addSmear(random, signal, comb, mask, sample.smear, quality);
  for (const band of sample.bands) {
    const distance = comb.ruler(band.size) * comb.runPx * (1 + random.normal(0, 0.002));
    const isOnGel = distance > 0 && distance < comb.runPx * 1.02;
    if (isOnGel)
      addBand(random, signal, plan, comb.wellY + distance + shift, distance, lane, mask, band, quality);
  }
}

interface LaneMask {
  left: number;
  weights: Float64Array;
}

/** How much of a band each column of the lane holds: soft edges, brighter towards them, a slight slope. */
function makeLaneMask(lane: Lane, edgeBrightening: number, slope: number): LaneMask {
  const half = lane.widthPx / 2;
  const softness = Math.max(0.6, 0.035 * lane.widthPx);
  const left = Math.floor(lane.centreX - half - 4 * softness);
  const weights = new Float64Array(Math.ceil(lane.widthPx + 8 * softness) + 1);
  for (let column = 0; column < weights.length; column += 1) {
    const off = (left + column - lane.centreX) / half;
    const inside = 1 / (1 + Math.exp(-(half - Math.abs(off) * half) / softness));
    weights[column] = inside * (1 + edgeBrightening * Math.min(1.3, off * off)) * (1 + slope * off);
  }
  return { left, weights };
}

function addBand(
  random: RandomDraws,
  signal: Plane,
  plan: GelPlan,
  centreY: number,
  distance: number,
  lane: Lane,
  mask: LaneMask,
  band: BandLoad,
  quality: RunQuality,
): void {
  const smear = 0.008 * lane.widthPx;
  const widening = (1 + 0.12 * Math.log(1 + band.mass / 60)) * (band.spread ?? 1);
  const sigma = Math.sqrt(quality.sharpness ** 2 + quality.diffusion * distance + smear * smear) * widening;
  const peak = band.mass / (((sigma * 500) / plan.height) * 2.5066);
  const curve = random.normal(-0.15, 0.4) * sigma;
  const slope = random.normal(0, 0.12) * sigma;
  for (let column = 0; column < mask.weights.length; column += 1) {
    const x = mask.left + column;
    const weight = (mask.weights[column] ?? 0) * peak;
    if (x < 0 || x >= signal.width || weight < 0.002) continue;
    const off = (x - lane.centreX) / (lane.widthPx / 2);
    addProfile(signal, x, centreY + curve * off * off + slope * off, sigma, weight, quality);
  }
}

/** One column of a band: pseudo-Voigt, with a faint tail towards the well. */
function addProfile(
  signal: Plane,
  x: number,
  y: number,
  sigma: number,
  peak: number,
  quality: RunQuality,
): void {
  const { lorentzian, tail } = quality;
  const first = Math.max(0, Math.floor(y - sigma * (tail > 0.01 ? 16 : 7)));
  const last = Math.min(signal.height - 1, Math.ceil(y + sigma * 7));
  for (let row = first; row <= last; row += 1) {
    const off = (row - y) / sigma;
    let light = lorentzian / (1 + (off / 1.18) ** 2);
    if (off > -5 && off < 5) light += (1 - lorentzian) * Math.exp(-0.5 * off * off);
    if (off < 0) light += tail * Math.exp(off / 6);
    const index = row * signal.width + x;
    signal.values[index] = (signal.values[index] ?? 0) + peak * light;
  }
}

/** Adds a vertical profile to the columns of a lane. */
function addColumnProfile(
  signal: Plane,
  mask: LaneMask,
  fromY: number,
  toY: number,
  profile: (y: number) => number,
): void {
  const last = Math.min(signal.height - 1, Math.floor(toY));
  for (let y = Math.max(0, Math.ceil(fromY)); y <= last; y += 1) {
    const light = profile(y);
    if (light <= 0.001) continue;
    for (let column = 0; column < mask.weights.length; column += 1) {
      const x = mask.left + column;
      if (x < 0 || x >= signal.width) continue;
      const index = y * signal.width + x;
      signal.values[index] = (signal.values[index] ?? 0) + light * (mask.weights[column] ?? 0);
    }
  }
}

function addHaze(
  random: RandomDraws,
  signal: Plane,
  comb: Comb,
  lane: Lane,
  mask: LaneMask,
  quality: RunQuality,
): void {
  const strength = lane.sample.background * quality.unit;
  const reach = random.uniform(0.4, 1.6) * comb.runPx;
  addColumnProfile(signal, mask, comb.wellY, comb.wellY + comb.runPx, (y) => {
    return strength * Math.exp(-(y - comb.wellY) / reach) * Math.min(1, (y - comb.wellY) / 6);
  });
}

/** A smear: flat over its sizes, falling off like a super-Gaussian, heavier at one end. */
function addSmear(
  random: RandomDraws,
  signal: Plane,
  comb: Comb,
  mask: LaneMask,
  smear: SmearLoad,
  quality: RunQuality,
): void {
  const top = comb.wellY + comb.ruler(smear.fromSize) * comb.runPx;
  const bottom = Math.min(comb.wellY + comb.runPx, comb.wellY + comb.ruler(smear.toSize) * comb.runPx);
  const middle = (top + bottom) / 2;
  const half = Math.max(6, (bottom - top) / 2);
  const lean = random.uniform(-0.75, 0.6);
  const strength = smear.strength * quality.unit;
  addColumnProfile(signal, mask, top - half, bottom + half, (y) => {
    const off = (y - middle) / half;
    const edge = Math.min(1, Math.max(0, (y - comb.wellY) / 5));
    return strength * edge * Math.max(0, 1 + lean * off) * Math.exp(-((off * 0.95) ** 4));
  });
}

/** Beer-Lambert: a dye takes light away. */
function absorbLight(random: RandomDraws, signal: Plane): Plane {
  const strength = random.uniform(0.045, 0.12);
  mapPlane(signal, (value) => Math.exp(-strength * value));
  return signal;
}

const GEL_WORDS = [
  'Ladder',
  'PCR',
  'Gel 1',
  'control',
  'digest',
  'neg',
  'pos',
  'sample',
  'uncut',
  'M',
] as const;

function findAnchors(plan: GelPlan, shiftAt: (x: number) => number): LabelAnchors {
  const comb = plan.combs[0];
  if (!comb) return { columns: [], columnsTop: 0, rows: [], words: GEL_WORDS };
  const ladderLane = comb.lanes.find((lane) => lane.sample.kind === 'ladder');
  const shift = shiftAt(ladderLane?.centreX ?? plan.width / 2);
  const rows = comb.ladder.rungs
    .map(([size]) => ({ y: comb.wellY + comb.ruler(size) * comb.runPx + shift, text: String(size) }))
    .filter(({ y }) => y < comb.wellY + comb.runPx);
  const columns = comb.lanes.map((lane) => lane.centreX);
  return { columns, columnsTop: comb.wellY - plan.height * 0.02, rows, words: GEL_WORDS };
}
