import { fillPolygon, fillRectangle, strokeSegment } from '../draw.js';
import { makeLowPassField, readField } from '../low-pass-field.js';
import { mapPlane, type Plane } from '../plane.js';
import { type RandomDraws } from '../random-draws.js';
import { paintGround, type Drawer } from './drawer.js';

/** Slats before a window, each lit from above; cords hang in front. Lying, or upright as a shutter. */
export const drawBlinds: Drawer = (random, plane) => {
  const isUpright = random.chance(0.3);
  const length = isUpright ? plane.width : plane.height;
  const pitch = length / random.integer(9, 30);
  const open = random.uniform(0.15, 0.5);
  const sky = random.pick([0.05, 1.1, 0.9]);
  const phase = random.uniform(0, pitch);
  const wave = makeLowPassField(random, plane.width, plane.height, plane.width * 0.2);
  mapPlane(plane, (_value, x, y) => {
    const along = (isUpright ? x : y) + phase + readField(wave, x, y);
    const part = (along % pitch) / pitch;
    return part > 1 - open ? sky : 0.35 + 0.45 * Math.sin((part / (1 - open)) * 3.14159);
  });
  for (const at of isUpright ? [] : [0.2, 0.8]) {
    strokeSegment(plane, plane.width * at, 0, plane.width * at, plane.height, 1.6, 0.3);
  }
  return sky < 0.5;
};

/** A row of rounded ribs before a wall. */
export const drawRadiator: Drawer = (random, plane) => {
  const wall = random.uniform(0.5, 0.95);
  paintGround(plane, wall);
  const ribs = random.integer(8, 22);
  const left = plane.width * random.uniform(0.02, 0.12);
  const pitch = (plane.width - 2 * left) / ribs;
  const top = plane.height * random.uniform(0.08, 0.25);
  const bottom = plane.height * random.uniform(0.78, 0.95);
  for (let rib = 0; rib < ribs; rib += 1) {
    const start = left + rib * pitch;
    for (let column = 0; column < pitch * 0.8; column += 1) {
      const shade = 0.25 + 0.75 * Math.sin(((column + 0.5) / (pitch * 0.8)) * 3.14159);
      fillRectangle(plane, start + column, top, start + column + 1, bottom, shade * 0.95);
    }
    fillRectangle(plane, start + pitch * 0.8, top * 1.3, start + pitch, bottom * 0.96, 0.1);
  }
  fillRectangle(plane, left, top + 4, plane.width - left, top + 10, 0.8, 0.7);
  fillRectangle(plane, left, bottom - 12, plane.width - left, bottom - 5, 0.7, 0.7);
  return false;
};

/** A flight of stairs seen from below: treads that narrow with the distance. */
export const drawStairs: Drawer = (random, plane) => {
  const { width, height } = plane;
  paintGround(plane, random.uniform(0.3, 0.7));
  const steps = random.integer(7, 16);
  const narrowing = random.uniform(0.3, 0.8);
  const drift = random.normal(0, 0.12) * width;
  let y = height;
  for (let step = 0; step < steps; step += 1) {
    const away = step / steps;
    const rise = (height / steps) * (1.25 - 0.5 * away) * 0.85;
    const half = (width / 2) * (1 - narrowing * away);
    const middle = width / 2 + drift * away;
    const next = (width / 2) * (1 - (narrowing * (step + 1)) / steps);
    fillRectangle(plane, middle - half, y - rise * 0.6, middle + half, y, random.uniform(0.14, 0.24));
    fillPolygon(
      plane,
      [
        [middle - half, y - rise * 0.6],
        [middle + half, y - rise * 0.6],
        [middle + next, y - rise],
        [middle - next, y - rise],
      ],
      random.uniform(0.8, 0.95),
    );
    y -= rise;
  }
  return true;
};

/** Courses of bricks with mortar; every brick has its own shade. */
export const drawBrickWall: Drawer = (random, plane) => {
  paintGround(plane, random.uniform(0.6, 0.95));
  const courses = random.integer(9, 22);
  const courseHeight = plane.height / courses;
  const length = courseHeight * random.uniform(2.4, 3.6);
  const joint = Math.max(1.2, courseHeight * 0.11);
  for (let course = 0; course < courses; course += 1) {
    const shift = course % 2 === 0 ? 0 : -length / 2;
    for (let x = shift; x < plane.width; x += length) {
      const y = course * courseHeight;
      fillRectangle(plane, x, y, x + length - joint, y + courseHeight - joint, random.uniform(0.2, 0.5));
    }
  }
  const stain = makeLowPassField(random, plane.width, plane.height, plane.width * 0.05);
  mapPlane(plane, (value, x, y) => value * (1 + 0.13 * readField(stain, x, y) + 0.1 * random.grain()));
  return false;
};

/** House fronts at night with a part of the windows lit. */
export const drawNightWindows: Drawer = (random, plane) => {
  const { width, height } = plane;
  mapPlane(plane, (_value, _x, y) => 0.03 + 0.1 * (y / height));
  for (let left = -width * 0.05; left < width;) {
    const wide = width * random.uniform(0.14, 0.4);
    const top = height * random.uniform(0.05, 0.5);
    fillRectangle(plane, left, top, left + wide, height, random.uniform(0.02, 0.09));
    drawWindows(random, plane, left, top, wide);
    left += wide + width * random.uniform(0, 0.05);
  }
  return true;
};

function drawWindows(random: RandomDraws, plane: Plane, left: number, top: number, wide: number): void {
  const columns = random.integer(3, 8);
  const pitch = wide / columns;
  const floor = pitch * random.uniform(0.9, 1.6);
  const lit = random.uniform(0.25, 0.7);
  for (let y = top + floor * 0.4; y < plane.height - floor; y += floor) {
    for (let column = 0; column < columns; column += 1) {
      const light = random.chance(lit) ? random.uniform(0.4, 1.1) : 0.1;
      const x = left + (column + 0.22) * pitch;
      fillRectangle(plane, x, y, x + pitch * 0.56, y + floor * 0.58, light);
    }
  }
}

/** A fence or banister: posts, rails and the view between them. */
export const drawRailing: Drawer = (random, plane) => {
  const { width, height } = plane;
  const view = makeLowPassField(random, width, height, width * 0.07);
  mapPlane(plane, (_value, x, y) => Math.max(0.1, 0.95 - 0.5 * (y / height) + 0.12 * readField(view, x, y)));
  const posts = random.integer(8, 26);
  const pitch = width / posts;
  const thickness = pitch * random.uniform(0.15, 0.4);
  const lean = random.normal(0, 0.03) * width;
  const top = height * random.uniform(0.08, 0.3);
  const shade = random.uniform(0.03, 0.25);
  for (let post = 0; post <= posts; post += 1) {
    strokeSegment(plane, post * pitch, top, post * pitch + lean, height * 0.93, thickness, shade);
  }
  for (const y of [top, height * 0.9])
    strokeSegment(plane, 0, y, width, y + lean * 0.3, thickness * 1.6, shade * 1.3);
  return false;
};
