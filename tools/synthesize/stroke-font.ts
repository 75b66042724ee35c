import { strokesOf } from '../../src/images/stroke-glyphs.js';
import { strokeSegment } from './draw.js';
import { type Plane } from './plane.js';

const ADVANCE = 5.6;

/** Width in pixels of `text` set with this cap height. */
export function measureText(text: string, capHeight: number): number {
  return text.length === 0 ? 0 : ((text.length * ADVANCE - (ADVANCE - 4)) * capHeight) / 6;
}

export interface TextOptions {
  /** Height of a capital letter in pixels. */
  capHeight: number;
  value: number;
  /** Stroke width in pixels; by default an eighth of the cap height. */
  thickness?: number;
  align?: 'left' | 'centre' | 'right';
  /** Turned by a quarter to the left: reads upwards. */
  isUpright?: boolean;
  opacity?: number;
}

/** Writes one line; (x, y) is the top of the capitals at the left end, the centre or the right end. */
export function drawText(plane: Plane, text: string, x: number, y: number, options: TextOptions): void {
  const unit = options.capHeight / 6;
  const thickness = options.thickness ?? options.capHeight / 8;
  const width = measureText(text, options.capHeight);
  let pen = options.align === 'centre' ? -width / 2 : options.align === 'right' ? -width : 0;
  for (const character of text) {
    for (const [fromX, fromY, toX, toY] of strokesOf(character)) {
      const start = place(x, y, pen + fromX * unit, fromY * unit, options.isUpright === true);
      const end = place(x, y, pen + toX * unit, toY * unit, options.isUpright === true);
      strokeSegment(plane, start[0], start[1], end[0], end[1], thickness, options.value, options.opacity);
    }
    pen += ADVANCE * unit;
  }
}

function place(x: number, y: number, along: number, down: number, isUpright: boolean): [number, number] {
  return isUpright ? [x + down, y - along] : [x + along, y + down];
}
