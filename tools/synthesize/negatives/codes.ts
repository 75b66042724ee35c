import { fillRectangle } from '../draw.js';
import { type Plane } from '../plane.js';
import { type RandomDraws } from '../random-draws.js';
import { drawText } from '../stroke-font.js';
import { paintGround, type Drawer } from './drawer.js';

/** One or several one-dimensional bar codes, upright or lying, with the digits beside the bars. */
export const drawBarcodes: Drawer = (random, plane) => {
  paintGround(plane, random.uniform(0.75, 1));
  const isLying = random.chance(0.3);
  const rows = random.pick([1, 1, 1, 2, 3]);
  const marginX = plane.width * random.uniform(0.03, 0.15);
  const marginY = plane.height * random.uniform(0.05, 0.2);
  const rowHeight = (plane.height - 2 * marginY) / rows;
  for (let row = 0; row < rows; row += 1) {
    const top = marginY + row * rowHeight;
    const box = [marginX, top, plane.width - marginX, top + rowHeight * 0.82] as const;
    drawBars(random, plane, box, isLying);
    const digits = Array.from({ length: 12 }, () => String(random.integer(0, 9))).join('');
    if (!isLying) {
      const capHeight = Math.min(rowHeight * 0.1, plane.width * 0.03);
      drawText(plane, digits, marginX, box[3] + capHeight * 0.4, { capHeight, value: 0.05 });
    }
  }
  return false;
};

function drawBars(
  random: RandomDraws,
  plane: Plane,
  [left, top, right, bottom]: readonly [number, number, number, number],
  isLying: boolean,
): void {
  const length = isLying ? bottom - top : right - left;
  const unit = length / random.integer(70, 150);
  for (let place = 0; place < length - 4 * unit;) {
    const bar = unit * random.pick([1, 1, 2, 3, 4]);
    if (isLying) fillRectangle(plane, left, top + place, right, top + place + bar, 0.03);
    else fillRectangle(plane, left + place, top, left + place + bar, bottom, 0.03);
    place += bar + unit * random.pick([1, 1, 2, 3]);
  }
}

/** A square matrix code with three finder squares, or with a solid L at its border. */
export const drawMatrixCode: Drawer = (random, plane) => {
  paintGround(plane, random.uniform(0.7, 1));
  const modules = random.pick([17, 21, 25, 29, 33]);
  const side = Math.min(plane.width, plane.height) * random.uniform(0.6, 0.92);
  const left = random.uniform(0, plane.width - side);
  const top = random.uniform(0, plane.height - side);
  const cell = side / modules;
  const hasFinders = random.chance(0.65);
  const dark = (column: number, row: number) =>
    fillRectangle(
      plane,
      left + column * cell,
      top + row * cell,
      left + (column + 1) * cell,
      top + (row + 1) * cell,
      0.04,
    );
  for (let row = 0; row < modules; row += 1) {
    for (let column = 0; column < modules; column += 1) {
      const fixed = hasFinders ? finderModule(column, row, modules) : borderModule(column, row, modules);
      if (fixed ?? random.chance(0.48)) dark(column, row);
    }
  }
  return false;
};

/** Whether a module of a finder square is dark; null outside the three squares. */
function finderModule(column: number, row: number, modules: number): boolean | null {
  const x = column < 8 ? column : column >= modules - 8 ? modules - 1 - column : -1;
  const y = row < 8 ? row : row >= modules - 8 ? modules - 1 - row : -1;
  const isFourthCorner = column >= modules - 8 && row >= modules - 8;
  if (x < 0 || y < 0 || isFourthCorner) return null;
  if (x === 7 || y === 7) return false;
  const ring = Math.min(x, y, 6 - x, 6 - y);
  return ring !== 1;
}

function borderModule(column: number, row: number, modules: number): boolean | null {
  if (column === 0 || row === modules - 1) return true;
  if (row === 0) return column % 2 === 0;
  if (column === modules - 1) return row % 2 === 1;
  return null;
}
