import { fillEllipse, fillRectangle, strokeCircle, strokeSegment } from '../draw.js';
import { mapPlane, mapRows, type Plane } from '../plane.js';
import { type RandomDraws } from '../random-draws.js';
import { type GelPlan } from './gel-plan.js';

/**
 * The gel itself: its glow, the stained zone that ends below the front, its edges on the tray.
 * Adds to a plane of fluorescence, darkens a plane of transmitted light.
 */
export function addGelBody(random: RandomDraws, plane: Plane, plan: GelPlan): void {
  if (!plan.isAbsorbing) addGlow(random, plane);
  if (random.chance(0.35)) addStainFront(random, plane);
  if (random.chance(0.45)) addEdges(random, plane, plan);
}

function addGlow(random: RandomDraws, plane: Plane): void {
  const glow = random.uniform(2, 10);
  const cloud = random.uniform(0, 0.5);
  const cloudY = random.uniform(0.1, 0.9) * plane.height;
  const reach = random.uniform(0.25, 0.6) * plane.height;
  mapRows(plane, (y) => {
    return { scale: 1, shift: glow * (1 + cloud * Math.exp(-(((y - cloudY) / reach) ** 2))) };
  });
}

/** Ethidium runs the other way: the far end of the gel is left darker. */
function addStainFront(random: RandomDraws, plane: Plane): void {
  const frontY = random.uniform(0.6, 0.95) * plane.height;
  const softness = random.uniform(0.01, 0.06) * plane.height;
  const loss = random.uniform(0.15, 0.55);
  mapRows(plane, (y) => ({ scale: 1 - loss / (1 + Math.exp(-(y - frontY) / softness)), shift: 0 }));
}

/** Beyond the gel lies the tray or the table of light; the cut edge itself catches light. */
function addEdges(random: RandomDraws, plane: Plane, plan: GelPlan): void {
  const outside = plan.isAbsorbing ? random.uniform(1.02, 1.25) : random.pick([0.25, 0.45, 0.6, 1.35]);
  const rim = random.uniform(0.9, 1.6);
  const margin = (extent: number) => extent * random.uniform(0.008, 0.045);
  const left = random.chance(0.6) ? margin(plane.width) : -9;
  const right = plane.width - (random.chance(0.6) ? margin(plane.width) : -9);
  const top = random.chance(0.5) ? margin(plane.height) : -9;
  const bottom = plane.height - (random.chance(0.6) ? margin(plane.height) : -9);
  const tilt = random.normal(0, 0.006);
  mapPlane(plane, (value, x, y) => {
    const leaning = tilt * (y - plane.height / 2);
    const sideways = Math.min(x - left - leaning, right + leaning - x);
    const inside = Math.min(sideways, y - top + tilt * x, bottom - y);
    if (inside < 0) return value * outside;
    return inside < 2.5 ? value * (1 + (rim - 1) * (1 - inside / 2.5)) : value;
  });
}

/** A row of slots in the gel at the start of the lanes; residue in them glows, the walls are seen as a rim. */
export function addWells(
  random: RandomDraws,
  plane: Plane,
  plan: GelPlan,
  shiftAt: (x: number) => number,
): void {
  const thickness = plan.height * random.uniform(0.008, 0.018) * (plan.combs.length > 1 ? 0.7 : 1);
  const isRound = random.chance(0.4);
  const shade = random.pick([0.45, 0.6, 0.75, 1.35, 1.7]);
  const rim = random.pick([1, 1.3, 1.6, 0.7]);
  for (const comb of plan.combs) {
    for (const lane of comb.lanes) {
      const y = comb.wellY - thickness + shiftAt(lane.centreX) * 0.2;
      const half = lane.widthPx * 0.5;
      const here = readLight(plane, lane.centreX, y - 4);
      if (isRound) {
        fillEllipse(plane, lane.centreX, y, half, thickness, here * rim, { softness: 2 });
        fillEllipse(plane, lane.centreX, y, half * 0.88, thickness * 0.65, here * shade, { softness: 2 });
      } else {
        const left = lane.centreX - half;
        const right = lane.centreX + half;
        fillRectangle(plane, left, y - thickness, right, y + thickness * 0.6, here * shade, 0.85);
        strokeSegment(plane, left, y + thickness * 0.6, right, y + thickness * 0.6, 1.2, here * rim, 0.8);
      }
    }
  }
}

function readLight(plane: Plane, x: number, y: number): number {
  const column = Math.min(plane.width - 1, Math.max(0, Math.round(x)));
  const row = Math.min(plane.height - 1, Math.max(0, Math.round(y)));
  return plane.values[row * plane.width + column] ?? 0;
}

/** Air bubbles under the gel: thin rings. Seldom. */
export function addBubbles(random: RandomDraws, plane: Plane): void {
  if (!random.chance(0.15)) return;
  for (let count = random.integer(1, 4); count > 0; count -= 1) {
    const x = random.uniform(0, plane.width);
    const y = random.uniform(0, plane.height);
    const light = readLight(plane, x, y);
    strokeCircle(plane, x, y, random.uniform(2, 9), 1.1, light * random.pick([0.6, 1.5]), 0.7);
  }
}
