import { fillEllipse, fillRectangle, strokeSegment } from '../draw.js';
import { type Plane } from '../plane.js';
import { type RandomDraws } from '../random-draws.js';
import { drawText } from '../stroke-font.js';
import { paintGround, type Drawer } from './drawer.js';

const LETTERS = 'eeeettaaooiinnsshhrrddlcumwfgypbvk';

function inventWord(random: RandomDraws): string {
  return Array.from(
    { length: random.integer(2, 9) },
    () => LETTERS[random.integer(0, LETTERS.length - 1)],
  ).join('');
}

/** Words until the line is full. */
function inventLine(random: RandomDraws, characters: number): string {
  let line = inventWord(random);
  while (line.length < characters) line += ` ${inventWord(random)}`;
  return line.slice(0, Math.max(1, characters));
}

/** A printed page: a heading, paragraphs in one or two columns. */
export const drawTextPage: Drawer = (random, plane) => {
  paintGround(plane, random.uniform(0.8, 1));
  const columns = random.pick([1, 1, 2]);
  const capHeight = random.uniform(4.6, 8);
  const pitch = capHeight * random.uniform(1.9, 2.5);
  const margin = plane.width * random.uniform(0.04, 0.1);
  const columnWidth = (plane.width - margin * (columns + 1)) / columns;
  const characters = Math.floor(columnWidth / ((capHeight * 5.6) / 6));
  for (let column = 0; column < columns; column += 1) {
    const x = margin + column * (columnWidth + margin);
    for (let y = margin; y < plane.height - margin - capHeight; y += pitch) {
      if (random.chance(0.08)) continue;
      const isLast = random.chance(0.15);
      const length = isLast ? random.integer(3, characters) : characters;
      drawText(plane, inventLine(random, length), x, y, { capHeight, value: 0.1 });
    }
  }
  return false;
};

/** A ruled table or a spreadsheet of numbers. */
export const drawTable: Drawer = (random, plane) => {
  paintGround(plane, random.uniform(0.85, 1));
  const rows = random.integer(7, 18);
  const columns = random.integer(3, 8);
  const top = plane.height * 0.05;
  const rowHeight = (plane.height * 0.9) / rows;
  const left = plane.width * 0.04;
  const columnWidth = (plane.width * 0.92) / columns;
  const capHeight = Math.min(rowHeight * 0.42, columnWidth / 6);
  const isStriped = random.chance(0.4);
  const hasUprights = random.chance(0.6);
  for (let row = 0; row < rows; row += 1) {
    const y = top + row * rowHeight;
    const shade = row === 0 ? 0.6 : isStriped && row % 2 === 0 ? 0.8 : null;
    if (shade !== null) fillRectangle(plane, left, y, left + columns * columnWidth, y + rowHeight, shade);
    strokeSegment(plane, left, y, left + columns * columnWidth, y, 0.9, 0.35);
    for (let column = 0; column < columns; column += 1) {
      const text =
        row === 0 || column === 0 ? inventWord(random).slice(0, 5) : random.uniform(0, 99).toFixed(1);
      drawText(plane, text, left + (column + 0.1) * columnWidth, y + rowHeight * 0.3, {
        capHeight,
        value: 0.1,
      });
    }
  }
  for (let column = 0; hasUprights && column <= columns; column += 1) {
    const x = left + column * columnWidth;
    strokeSegment(plane, x, top, x, top + rows * rowHeight, 0.9, 0.35);
  }
  return false;
};

/** Source code on a dark or a light screen: indented lines with words of different shades. */
export const drawCodeScreen: Drawer = (random, plane) => {
  const isDark = random.chance(0.65);
  paintGround(plane, isDark ? 0.08 : 0.95);
  const capHeight = random.uniform(5, 7.5);
  const pitch = capHeight * 2.1;
  const advance = (capHeight * 5.6) / 6;
  let indent = 0;
  for (let y = pitch * 0.6; y < plane.height - pitch; y += pitch) {
    indent = Math.max(0, Math.min(5, indent + random.integer(-1, 1)));
    let x = advance * (4 + indent * 2);
    drawText(plane, String(Math.round(y / pitch) + 1), advance * 3, y, {
      capHeight,
      value: 0.5,
      align: 'right',
    });
    for (let words = random.integer(0, 6); words > 0 && x < plane.width * 0.9; words -= 1) {
      const word = random.pick([
        'const',
        'return',
        '{',
        '}',
        '(x)',
        '=',
        '=>',
        '0.5;',
        inventWord(random),
        inventWord(random),
      ]);
      drawText(plane, word, x, y, {
        capHeight,
        value: isDark ? random.uniform(0.5, 1) : random.uniform(0, 0.5),
      });
      x += advance * (word.length + 1);
    }
  }
  return isDark;
};

/** Staves with notes, stems, beams and bar lines. */
export const drawSheetMusic: Drawer = (random, plane) => {
  paintGround(plane, random.uniform(0.82, 1));
  const staves = random.integer(4, 8);
  const pitch = plane.height / (staves + 0.3);
  const gap = pitch * random.uniform(0.075, 0.11);
  const left = plane.width * 0.05;
  const right = plane.width * 0.95;
  for (let staff = 0; staff < staves; staff += 1) {
    const top = pitch * (staff + 0.35);
    for (let line = 0; line < 5; line += 1) {
      strokeSegment(plane, left, top + line * gap, right, top + line * gap, 0.8, 0.2);
    }
    drawNotes(random, plane, { left, right, top, gap });
  }
  return false;
};

function drawNotes(
  random: RandomDraws,
  plane: Plane,
  staff: { left: number; right: number; top: number; gap: number },
): void {
  const { left, right, top, gap } = staff;
  let previous: [number, number] | null = null;
  for (let x = left + gap * 6; x < right - gap; x += gap * random.uniform(2.2, 4.5)) {
    if (random.chance(0.14)) {
      strokeSegment(plane, x, top, x, top + 4 * gap, 1, 0.15);
      previous = null;
      continue;
    }
    const y = top + gap * 0.5 * random.integer(-1, 9);
    const stemTop = y - gap * 3.4;
    fillEllipse(plane, x, y, gap * 0.62, gap * 0.46, 0.05);
    strokeSegment(plane, x + gap * 0.55, y, x + gap * 0.55, stemTop, 0.9, 0.1);
    if (previous && random.chance(0.45)) {
      strokeSegment(plane, previous[0], previous[1], x + gap * 0.55, stemTop, gap * 0.45, 0.05);
    }
    previous = [x + gap * 0.55, stemTop];
  }
}
