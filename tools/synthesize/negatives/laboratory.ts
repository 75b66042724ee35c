import { fillEllipse, fillRectangle, strokeCircle, strokeSegment } from '../draw.js';
import { makeLowPassField, readField } from '../low-pass-field.js';
import { mapPlane } from '../plane.js';
import { drawText } from '../stroke-font.js';
import { paintGround, type Drawer } from './drawer.js';

/** A microplate of 24, 96 or 384 wells filled with different amounts of dye. */
export const drawWellPlate: Drawer = (random, plane) => {
  const isDark = random.chance(0.4);
  paintGround(plane, isDark ? 0.1 : 0.8);
  const [columns, rows] = random.pick([
    [6, 4],
    [12, 8],
    [12, 8],
    [24, 16],
  ] as const);
  const pitch = Math.min((plane.width * 0.9) / columns, (plane.height * 0.88) / rows);
  const left = (plane.width - pitch * columns) / 2;
  const top = (plane.height - pitch * rows) / 2;
  for (let row = 0; row < rows; row += 1) {
    const trend = random.uniform(0.7, 1);
    for (let column = 0; column < columns; column += 1) {
      const x = left + (column + 0.5) * pitch;
      const y = top + (row + 0.5) * pitch;
      const dose = Math.max(0, trend - column / columns) * random.uniform(0.8, 1.2);
      const value = isDark ? 0.05 + dose : 0.92 - 0.75 * Math.min(1, dose);
      fillEllipse(plane, x, y, pitch * 0.4, pitch * 0.4, value);
      strokeCircle(plane, x, y, pitch * 0.42, Math.max(1, pitch * 0.05), isDark ? 0.3 : 0.45);
    }
  }
  return isDark;
};

/** A dish with colonies. */
export const drawColonyPlate: Drawer = (random, plane) => {
  const isDark = random.chance(0.5);
  paintGround(plane, isDark ? 0.05 : 0.9);
  const radius = Math.min(plane.width, plane.height) * random.uniform(0.4, 0.52);
  const x = plane.width / 2;
  const y = plane.height / 2;
  fillEllipse(plane, x, y, radius, radius, isDark ? 0.3 : 0.7);
  for (const [share, value] of [
    [1, 0.95],
    [0.965, 0.4],
    [0.93, 0.85],
  ] as const) {
    strokeCircle(plane, x, y, radius * share, 2, value, 0.6);
  }
  const size = random.uniform(1.2, 4.5);
  for (let colony = random.integer(15, 220); colony > 0; colony -= 1) {
    const away = radius * 0.88 * Math.sqrt(random.uniform());
    const turn = random.uniform(0, 6.28319);
    const own = size * random.uniform(0.6, 1.4);
    const value = isDark ? random.uniform(0.75, 1) : random.uniform(0.1, 0.35);
    fillEllipse(plane, x + away * Math.cos(turn), y + away * Math.sin(turn), own, own, value, {
      softness: 1.5,
    });
  }
  return isDark;
};

/** A grid of round spots that fade along the rows: dot blot or microarray. */
export const drawDotBlot: Drawer = (random, plane) => {
  const isDark = random.chance(0.5);
  const ground = isDark ? 0.06 : 0.85;
  paintGround(plane, ground);
  const isArray = random.chance(0.4);
  const columns = isArray ? random.integer(18, 34) : random.integer(4, 12);
  const pitch = (plane.width * 0.9) / columns;
  const rows = Math.floor((plane.height * 0.9) / pitch);
  const factor = random.uniform(0.45, 0.8);
  for (let row = 0; row < rows; row += 1) {
    const start = random.uniform(0.4, 1);
    for (let column = 0; column < columns; column += 1) {
      const amount = isArray ? random.uniform() ** 2 : start * factor ** column * random.uniform(0.8, 1.2);
      const x = plane.width * 0.05 + (column + 0.5) * pitch;
      const y = plane.height * 0.05 + (row + 0.5) * pitch;
      const value = isDark ? ground + amount : ground * (1 - 0.9 * Math.min(1, amount));
      fillEllipse(plane, x, y, pitch * 0.34, pitch * 0.34, value, { softness: pitch * 0.15 });
    }
  }
  return isDark;
};

/** A chromatography plate: a start line in pencil, a front, round or comet-shaped spots of few lanes. */
export const drawTlcPlate: Drawer = (random, plane) => {
  const isLamp = random.chance(0.4);
  const ground = isLamp ? 0.35 : 0.9;
  paintGround(plane, isLamp ? 0.05 : 0.55);
  const left = plane.width * random.uniform(0.12, 0.3);
  const right = plane.width - left;
  const top = plane.height * 0.05;
  const bottom = plane.height * 0.95;
  fillRectangle(plane, left, top, right, bottom, ground);
  const start = bottom - (bottom - top) * 0.1;
  strokeSegment(plane, left, start, right, start, 1, ground * 0.6);
  strokeSegment(plane, left, top + 14, right, top + 14, 1, ground * 0.6);
  const lanes = random.integer(2, 5);
  for (let lane = 0; lane < lanes; lane += 1) {
    const x = left + ((right - left) * (lane + 0.5)) / lanes;
    strokeSegment(plane, x, start - 3, x, start + 3, 1, ground * 0.5);
    drawText(plane, 'SCR'[lane % 3] ?? 'S', x, start + 7, {
      capHeight: 7,
      value: ground * 0.5,
      align: 'centre',
    });
    for (let spot = random.integer(1, 4); spot > 0; spot -= 1) {
      const radius = (right - left) * random.uniform(0.025, 0.06);
      const y = start - (start - top - 20) * random.uniform(0.08, 0.95);
      const value = ground * random.uniform(0.1, 0.6);
      fillEllipse(plane, x, y, radius, radius * random.uniform(0.8, 1.9), value, {
        softness: radius,
        opacity: 0.9,
      });
    }
  }
  return false;
};

/** Lateral-flow test cassettes: a window with a control line and perhaps a test line, and a round sample well. */
export const drawLateralFlow: Drawer = (random, plane) => {
  const table = random.uniform(0.25, 0.6);
  const grain = makeLowPassField(random, plane.width, plane.height, 20);
  mapPlane(plane, (_value, x, y) => table * (1 + 0.12 * readField(grain, x, y)));
  const count = random.integer(1, 5);
  const pitch = plane.width / count;
  const wide = Math.min(pitch * 0.62, plane.height * 0.28);
  for (let test = 0; test < count; test += 1) {
    const x = pitch * (test + 0.5) + random.normal(0, 2);
    const top = plane.height * random.uniform(0.05, 0.12);
    const bottom = plane.height * random.uniform(0.88, 0.95);
    fillRectangle(plane, x - wide / 2, top, x + wide / 2, bottom, 0.92);
    fillRectangle(plane, x - wide / 2, top, x - wide / 2 + 3, bottom, 0.7);
    const windowTop = top + (bottom - top) * 0.22;
    const windowBottom = top + (bottom - top) * 0.55;
    fillRectangle(plane, x - wide * 0.17, windowTop, x + wide * 0.17, windowBottom, 0.78);
    const line = (share: number, value: number) => {
      const y = windowTop + (windowBottom - windowTop) * share;
      fillRectangle(plane, x - wide * 0.15, y - 2, x + wide * 0.15, y + 2, value, 0.85);
    };
    line(0.3, 0.25);
    if (random.chance(0.55)) line(0.65, random.uniform(0.25, 0.65));
    fillEllipse(plane, x, top + (bottom - top) * 0.76, wide * 0.17, wide * 0.22, 0.6);
    const text = { capHeight: Math.max(5, wide * 0.1), value: 0.3 };
    drawText(plane, 'C', x + wide * 0.24, windowTop + (windowBottom - windowTop) * 0.24, text);
    drawText(plane, 'T', x + wide * 0.24, windowTop + (windowBottom - windowTop) * 0.59, text);
  }
  return false;
};
