import { fillRectangle, strokePath, strokeSegment } from './draw.js';
import { createPlane, type Plane } from './plane.js';
import { type RandomDraws } from './random-draws.js';
import { type LabelAnchors } from './scene.js';
import { drawText } from './stroke-font.js';

/** Drawn over the picture: a paper-coloured ground (strips, frames) and ink. Both are coverages 0..1. */
export interface Overlay {
  paper: Plane;
  ink: Plane;
  /** Grey 0..255 of paper and ink. */
  paperGrey: number;
  inkGrey: number;
}

const COLUMN_LABELS = ['numbers', 'numbers', 'letters', 'signs', 'names'] as const;

/**
 * Labels as people add them: numbers over the columns, sizes at the side, arrows, a panel letter, a white strip with
 * a caption, a frame. Drawn for 40 % of the pictures of either class; a frame alone for some more.
 * @returns null where the picture stays bare
 */
export function drawOverlay(
  random: RandomDraws,
  anchors: LabelAnchors,
  width: number,
  height: number,
): Overlay | null {
  const isAnnotated = random.chance(0.4);
  const isFramed = random.chance(0.12);
  if (!isAnnotated && !isFramed) return null;
  const isOnPaper = isAnnotated && random.chance(0.35);
  const isPaperWhite = random.chance(0.8);
  const overlay: Overlay = {
    paper: createPlane(width, height),
    ink: createPlane(width, height),
    paperGrey: isPaperWhite ? 255 : 0,
    inkGrey: isOnPaper ? (isPaperWhite ? 0 : 255) : random.pick([255, 255, 0]),
  };
  if (isFramed) drawFrame(random, overlay.paper);
  if (isAnnotated) drawLabels(random, overlay, anchors, isOnPaper);
  return overlay;
}

function drawFrame(random: RandomDraws, paper: Plane): void {
  const thickness = random.uniform(1, 7);
  fillRectangle(paper, 0, 0, paper.width, thickness, 1);
  fillRectangle(paper, 0, paper.height - thickness, paper.width, paper.height, 1);
  fillRectangle(paper, 0, 0, thickness, paper.height, 1);
  fillRectangle(paper, paper.width - thickness, 0, paper.width, paper.height, 1);
}

function drawLabels(random: RandomDraws, overlay: Overlay, anchors: LabelAnchors, isOnPaper: boolean): void {
  const { ink, paper } = overlay;
  const capHeight = Math.max(6, ink.height * random.uniform(0.02, 0.035));
  const thickness = capHeight * random.uniform(0.11, 0.2);
  const style = { capHeight, value: 1, thickness };
  const stripHeight = capHeight * 2.2;
  if (isOnPaper) fillRectangle(paper, 0, 0, paper.width, stripHeight, 1);
  if (random.chance(0.8))
    labelColumns(random, ink, anchors, style, isOnPaper ? stripHeight : anchors.columnsTop);
  if (random.chance(0.6))
    labelRows(random, overlay, anchors, { ...style, capHeight: capHeight * 0.85 }, isOnPaper);
  if (random.chance(0.25)) drawArrow(random, ink, capHeight);
  if (random.chance(0.2)) {
    drawText(ink, random.pick(['A', 'B', 'C', 'a', 'b']), 6, 5, { ...style, capHeight: capHeight * 1.6 });
  }
  if (random.chance(0.3)) drawCaption(random, overlay, anchors, style, isOnPaper);
}

interface LabelStyle {
  capHeight: number;
  value: number;
  thickness: number;
}

function labelColumns(
  random: RandomDraws,
  ink: Plane,
  anchors: LabelAnchors,
  style: LabelStyle,
  bottom: number,
): void {
  const kind = random.pick(COLUMN_LABELS);
  const texts = anchors.columns.map((_x, index) => columnText(random, kind, index, anchors.words));
  const isUpright = kind === 'names' && bottom > style.capHeight * 6;
  const pitch = (anchors.columns[1] ?? ink.width) - (anchors.columns[0] ?? 0);
  const longest = Math.max(...texts.map((text) => text.length));
  const capHeight = isUpright ? style.capHeight : Math.min(style.capHeight, pitch / longest);
  // Names that would run into each other are left out, as people do.
  if (capHeight < 4) return;
  const top = Math.max(2, bottom - capHeight * 1.5);
  anchors.columns.forEach((x, index) => {
    const text = texts[index] ?? '';
    if (isUpright) {
      drawText(ink, text, x - capHeight / 2, bottom - capHeight * 0.5, { ...style, capHeight, isUpright });
    } else drawText(ink, text, x, top, { ...style, capHeight, align: 'centre' });
  });
}

function columnText(
  random: RandomDraws,
  kind: (typeof COLUMN_LABELS)[number],
  index: number,
  words: readonly string[],
): string {
  switch (kind) {
    case 'numbers':
      return String(index + 1);
    case 'letters':
      return String.fromCharCode(65 + (index % 26));
    case 'signs':
      return random.pick(['+', '-']);
    case 'names':
      return random.pick(words);
  }
}

function labelRows(
  random: RandomDraws,
  overlay: Overlay,
  anchors: LabelAnchors,
  style: LabelStyle,
  isOnPaper: boolean,
): void {
  const { ink, paper } = overlay;
  const pitch = (anchors.columns[1] ?? 0) - (anchors.columns[0] ?? 0);
  const beforeColumns = (anchors.columns[0] ?? 0) - pitch * 0.55;
  const side = isOnPaper ? style.capHeight * 5.4 : Math.max(style.capHeight * 4.6, beforeColumns);
  if (isOnPaper) fillRectangle(paper, 0, 0, side, paper.height, 1);
  const rows = anchors.rows.filter((row) => row.y > style.capHeight && row.y < ink.height - style.capHeight);
  const shown = rows.filter((_row, index) => random.chance(0.75) || index === 0);
  let lastY = -Infinity;
  for (const { y, text } of shown) {
    if (y - lastY < style.capHeight * 1.5) continue;
    lastY = y;
    drawText(ink, text, side - style.capHeight * 0.9, y - style.capHeight / 2, { ...style, align: 'right' });
    strokeSegment(ink, side - style.capHeight * 0.6, y, side, y, style.thickness, 1);
  }
}

function drawArrow(random: RandomDraws, ink: Plane, size: number): void {
  const x = random.uniform(0.2, 0.9) * ink.width;
  const y = random.uniform(0.25, 0.85) * ink.height;
  const length = size * random.uniform(1.5, 4);
  strokeSegment(ink, x, y, x + length, y, 1.4, 1);
  const head: [number, number][] = [
    [x + size * 0.6, y - size * 0.45],
    [x, y],
    [x + size * 0.6, y + size * 0.45],
  ];
  strokePath(ink, head, 1.4, 1);
}

function drawCaption(
  random: RandomDraws,
  overlay: Overlay,
  anchors: LabelAnchors,
  style: LabelStyle,
  isOnPaper: boolean,
): void {
  const { ink, paper } = overlay;
  const text = `${random.pick(anchors.words)} ${random.pick(anchors.words)} ${random.integer(1, 31)}/${random.integer(1, 12)}`;
  const top = ink.height - style.capHeight * 1.7;
  if (isOnPaper) fillRectangle(paper, 0, top - style.capHeight * 0.6, paper.width, paper.height, 1);
  drawText(ink, text, ink.width * random.uniform(0.03, 0.3), top, style);
}
