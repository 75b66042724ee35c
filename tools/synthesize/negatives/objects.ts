import { fillRectangle, strokeSegment } from '../draw.js';
import { type Plane } from '../plane.js';
import { type RandomDraws } from '../random-draws.js';
import { drawText } from '../stroke-font.js';
import { makeLowPassField, readField } from '../low-pass-field.js';
import { paintGround, type Drawer } from './drawer.js';

/** Shelves of books: spines of different width, height, shade and title. */
export const drawBookshelf: Drawer = (random, plane) => {
  const boards = random.integer(2, 4);
  paintGround(plane, random.uniform(0.03, 0.12));
  const shelf = plane.height / boards;
  for (let board = 0; board < boards; board += 1) {
    const floor = (board + 1) * shelf - shelf * 0.07;
    for (let x = 3; x < plane.width - 8;) {
      const wide = plane.width * random.uniform(0.016, 0.055);
      const tall = shelf * random.uniform(0.55, 0.86);
      if (!random.chance(0.06)) drawSpine(random, plane, x, floor - tall, wide, floor);
      x += wide + 0.8;
    }
    fillRectangle(plane, 0, floor, plane.width, floor + shelf * 0.07, random.uniform(0.4, 0.6));
  }
  return true;
};

function drawSpine(
  random: RandomDraws,
  plane: Plane,
  left: number,
  top: number,
  wide: number,
  floor: number,
): void {
  const shade = random.uniform(0.15, 0.9);
  const ink = shade > 0.5 ? 0.1 : 0.95;
  fillRectangle(plane, left, top, left + wide, floor, shade);
  fillRectangle(plane, left, top, left + wide * 0.15, floor, shade * 0.6);
  for (let band = random.integer(0, 3); band > 0; band -= 1) {
    const y = top + (floor - top) * random.uniform(0.05, 0.95);
    fillRectangle(plane, left, y, left + wide, y + 2.5, ink, 0.8);
  }
  if (wide > 9 && random.chance(0.7)) {
    const title = random.pick([
      'ATLAS',
      'Biology',
      'History II',
      'POEMS',
      'Maps',
      'Chess',
      'Physics',
      'Garden',
    ]);
    const capHeight = Math.min(wide * 0.45, (floor - top) / (title.length * 1.2));
    drawText(plane, title, left + (wide - capHeight) / 2, floor - 8, {
      capHeight,
      value: ink,
      isUpright: true,
    });
  }
}

/** White and black keys of a piano. */
export const drawPianoKeys: Drawer = (random, plane) => {
  paintGround(plane, 0.05);
  const keys = random.integer(10, 29);
  const pitch = plane.width / keys;
  const top = plane.height * random.uniform(0.02, 0.3);
  const bottom = plane.height * random.uniform(0.85, 1);
  for (let key = 0; key < keys; key += 1) {
    fillRectangle(plane, key * pitch + 0.8, top, (key + 1) * pitch - 0.8, bottom, random.uniform(0.88, 0.96));
  }
  const first = random.integer(0, 6);
  for (let key = 0; key < keys; key += 1) {
    const note = (key + first) % 7;
    if (note === 2 || note === 6) continue;
    const middle = (key + 1) * pitch;
    const reach = top + (bottom - top) * 0.62;
    fillRectangle(plane, middle - pitch * 0.3, top, middle + pitch * 0.3, reach, 0.06);
    fillRectangle(plane, middle - pitch * 0.2, top, middle + pitch * 0.16, reach - 7, 0.17);
  }
  return false;
};

/** The keys of a computer keyboard. */
export const drawKeyboard: Drawer = (random, plane) => {
  const isDark = random.chance(0.5);
  paintGround(plane, isDark ? 0.25 : 0.5);
  const rows = random.integer(4, 6);
  const columns = random.integer(9, 15);
  const side = plane.width / columns;
  const tall = Math.min(plane.height / rows, side * 1.15);
  const top = (plane.height - rows * tall) / 2;
  for (let row = 0; row < rows; row += 1) {
    for (let x = -side * 0.25 * row; x < plane.width;) {
      const wide = side * random.pick([1, 1, 1, 1, 1, 1.5]);
      const y = top + row * tall;
      fillRectangle(plane, x + 1, y + 1, x + wide - 2, y + tall - 2, isDark ? 0.08 : 0.8);
      fillRectangle(plane, x + 3, y + 2, x + wide - 4, y + tall - 6, isDark ? 0.14 : 0.93);
      const letter = String.fromCharCode(65 + random.integer(0, 25));
      drawText(plane, letter, x + wide * 0.25, y + tall * 0.22, {
        capHeight: tall * 0.24,
        value: isDark ? 0.9 : 0.1,
      });
      x += wide;
    }
  }
  return isDark;
};

/** A ruler or tape measure with long, middle and short ticks. */
export const drawRuler: Drawer = (random, plane) => {
  paintGround(plane, random.uniform(0.15, 0.5));
  const top = plane.height * random.uniform(0.1, 0.35);
  const bottom = plane.height * random.uniform(0.65, 0.95);
  fillRectangle(plane, 0, top, plane.width, bottom, random.uniform(0.8, 0.95));
  const unit = plane.width / random.integer(50, 140);
  const first = random.integer(0, 20);
  const bothEdges = random.chance(0.4);
  for (let tick = 0; tick * unit < plane.width; tick += 1) {
    const share = tick % 10 === 0 ? 0.4 : tick % 5 === 0 ? 0.3 : 0.2;
    const x = (tick + 0.5) * unit;
    const reach = (bottom - top) * share;
    strokeSegment(plane, x, top, x, top + reach, Math.max(0.9, unit * 0.2), 0.08);
    if (bothEdges) strokeSegment(plane, x, bottom, x, bottom - reach * 0.8, Math.max(0.9, unit * 0.2), 0.08);
    if (tick % 10 === 0) {
      const capHeight = Math.min((bottom - top) * 0.13, unit * 5);
      drawText(plane, String(first + tick / 10), x, top + reach + 4, {
        capHeight,
        value: 0.08,
        align: 'centre',
      });
    }
  }
  return false;
};

/** Strips of film: perforation and frames with blurred views. */
export const drawFilmStrip: Drawer = (random, plane) => {
  paintGround(plane, random.uniform(0.85, 1));
  const strips = random.integer(1, 3);
  const strip = plane.height / strips;
  const views = makeLowPassField(random, plane.width, plane.height, plane.width * 0.04);
  for (let index = 0; index < strips; index += 1) {
    const top = strip * (index + 0.06);
    const bottom = strip * (index + 0.94);
    const hole = (bottom - top) * 0.09;
    fillRectangle(plane, 0, top, plane.width, bottom, 0.06);
    for (let x = random.uniform(0, hole); x < plane.width; x += hole * 2) {
      fillRectangle(plane, x, top + hole * 0.5, x + hole, top + hole * 1.6, 0.95);
      fillRectangle(plane, x, bottom - hole * 1.6, x + hole, bottom - hole * 0.5, 0.95);
    }
    const frame = (bottom - top) * random.uniform(0.8, 1.1);
    for (let x = -frame * random.uniform(0, 1); x < plane.width; x += frame * 1.06) {
      paintView(random, plane, views, [x, top + hole * 2.2, x + frame, bottom - hole * 2.2]);
    }
  }
  return false;
};

function paintView(
  random: RandomDraws,
  plane: Plane,
  views: Plane,
  [left, top, right, bottom]: readonly [number, number, number, number],
): void {
  const level = random.uniform(0.3, 0.7);
  const horizon = random.uniform(0.3, 0.8) * (bottom - top) + top;
  for (let y = Math.ceil(top); y < bottom; y += 1) {
    for (let x = Math.max(0, Math.ceil(left)); x < Math.min(plane.width, right); x += 1) {
      const value = level + 0.16 * readField(views, x, y) + (y > horizon ? -0.2 : 0.1);
      plane.values[y * plane.width + x] = Math.max(0.05, value);
    }
  }
}
