import type { Random } from '../random.js';
import { strokesOf } from '../stroke-glyphs.js';
import type { Plane } from './panel.js';
import type { Mark } from './view-plan.js';

/** Left, top, right, bottom in pixels; right and bottom lie outside. */
export type Area = readonly [number, number, number, number];

const CAPTION_LETTERS = 'ABCDEFGHIKLMNPRSTabdegiklmnoprstu0123456789';
/** Width of a glyph with its gap, in sixths of the cap height. */
const ADVANCE = 6;

/** Draws one mark as people draw it into a figure: into the panel, or beside it where there is room. */
export function drawMark(canvas: Plane, mark: Mark, panel: Area, random: Random): void {
  const ink = random.below(2) === 1 ? random.between(0, 40) : random.between(215, 255);
  switch (mark) {
    case 'box':
      return drawBox(canvas, placeBox(panel, random), ink, random.between(1, 2));
    case 'frame':
      return drawBox(canvas, panel, ink, random.between(1, 3));
    case 'arrow':
      return drawArrow(canvas, panel, ink, random);
    case 'lane-numbers':
      return drawLaneNumbers(canvas, panel, ink, random);
    case 'caption':
      return drawCaption(canvas, panel, ink, random);
  }
}

function placeBox([left, top, right, bottom]: Area, random: Random): Area {
  const width = random.between(Math.floor((right - left) / 8), Math.floor((right - left) / 2));
  const height = random.between(Math.floor((bottom - top) / 12), Math.floor((bottom - top) / 3));
  const x = random.between(left, right - width);
  const y = random.between(top, bottom - height);
  return [x, y, x + width, y + height];
}

function drawBox(canvas: Plane, [left, top, right, bottom]: Area, ink: number, thickness: number): void {
  drawLine(canvas, left, top, right - 1, top, ink, thickness);
  drawLine(canvas, left, bottom - 1, right - 1, bottom - 1, ink, thickness);
  drawLine(canvas, left, top, left, bottom - 1, ink, thickness);
  drawLine(canvas, right - 1, top, right - 1, bottom - 1, ink, thickness);
}

/** Level, from the left or from the right, as arrows at bands are. */
function drawArrow(canvas: Plane, [left, top, right, bottom]: Area, ink: number, random: Random): void {
  const way = random.below(2) === 1 ? 1 : -1;
  const length = random.between(12, 36);
  const head = random.between(3, 6);
  const y = random.between(top + head, Math.max(top + head, bottom - head));
  const tip = random.between(left, right - 1);
  const thickness = random.between(1, 2);
  drawLine(canvas, tip - way * length, y, tip, y, ink, thickness);
  drawLine(canvas, tip - way * head, y - head, tip, y, ink, thickness);
  drawLine(canvas, tip - way * head, y + head, tip, y, ink, thickness);
}

function drawLaneNumbers(canvas: Plane, [left, top, right]: Area, ink: number, random: Random): void {
  const count = random.between(4, 15);
  const capHeight = random.between(5, 8);
  const y = top >= capHeight + 3 ? top - capHeight - 2 : top + 3;
  const first = random.below(5) === 0 ? 'M' : '1';
  for (let lane = 0; lane < count; lane++) {
    const text = lane === 0 ? first : String(lane + 1);
    const centre = left + Math.floor(((2 * lane + 1) * (right - left)) / (2 * count));
    writeText(canvas, text, centre - Math.floor(widthOf(text, capHeight) / 2), y, capHeight, ink);
  }
}

function drawCaption(canvas: Plane, [left, , right, bottom]: Area, ink: number, random: Random): void {
  const capHeight = random.between(5, 9);
  const fitting = Math.floor((6 * (right - left)) / (ADVANCE * capHeight));
  const length = random.between(1, Math.max(1, Math.min(24, fitting - 1)));
  let text = '';
  for (let place = 0; place < length; place++) {
    text += random.below(6) === 0 ? ' ' : CAPTION_LETTERS.charAt(random.below(CAPTION_LETTERS.length));
  }
  const isBelow = bottom + capHeight + 3 <= canvas.height;
  writeText(canvas, text, left + 2, isBelow ? bottom + 2 : bottom - capHeight - 4, capHeight, ink);
}

function widthOf(text: string, capHeight: number): number {
  return Math.floor((text.length * ADVANCE * capHeight) / 6);
}

/** Place of the top left corner of the first capital. */
function writeText(
  canvas: Plane,
  text: string,
  left: number,
  top: number,
  capHeight: number,
  ink: number,
): void {
  const scale = (units: number) => Math.floor((units * capHeight + 3) / 6);
  [...text].forEach((character, place) => {
    const pen = left + widthOf(text.slice(0, place), capHeight);
    for (const [fromX, fromY, toX, toY] of strokesOf(character)) {
      drawLine(canvas, pen + scale(fromX), top + scale(fromY), pen + scale(toX), top + scale(toY), ink, 1);
    }
  });
}

/** By whole steps along the longer side; outside the canvas nothing happens. */
function drawLine(
  canvas: Plane,
  fromX: number,
  fromY: number,
  toX: number,
  toY: number,
  ink: number,
  thickness: number,
): void {
  const steps = Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY), 1);
  for (let step = 0; step <= steps; step++) {
    const x = Math.floor((2 * fromX * steps + 2 * (toX - fromX) * step + steps) / (2 * steps));
    const y = Math.floor((2 * fromY * steps + 2 * (toY - fromY) * step + steps) / (2 * steps));
    for (let dy = 0; dy < thickness; dy++) {
      for (let dx = 0; dx < thickness; dx++) setPixel(canvas, x + dx, y + dy, ink);
    }
  }
}

function setPixel({ width, height, pixels }: Plane, x: number, y: number, ink: number): void {
  if (x >= 0 && y >= 0 && x < width && y < height) pixels[y * width + x] = ink;
}
