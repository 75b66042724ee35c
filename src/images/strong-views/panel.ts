import { resizeBilinear } from '../resize.js';
import { rotate } from '../rotate.js';
import { toneTable } from '../tone-table.js';
import type { PanelPlan } from './view-plan.js';

/** Side of the square that is turned. */
const WORK_SIDE = 256;

/** One 8-bit plane. */
export interface Plane {
  width: number;
  height: number;
  /** [height * width] */
  pixels: Uint8Array;
}

/** Cuts, turns and tones the picture for one panel of the size that is asked for. */
export function renderPanel(picture: Plane, plan: PanelPlan, width: number, height: number): Uint8Array {
  const cropped = crop(picture, plan);
  const square = resizeBilinear(cropped.pixels, cropped.width, cropped.height, WORK_SIDE, WORK_SIDE);
  const turned = rotate(turnByQuarters(square, plan.quarterTurns), WORK_SIDE, plan.rotation);
  const panel = resizeBilinear(turned, WORK_SIDE, WORK_SIDE, width, height);
  const tones = toneTable(plan);
  for (let i = 0; i < panel.length; i++) panel[i] = tones[panel[i]!]!;
  if (plan.isFlipped) {
    for (let row = 0; row < panel.length; row += width) panel.subarray(row, row + width).reverse();
  }
  return panel;
}

function crop({ width, height, pixels }: Plane, plan: PanelPlan): Plane {
  const cut = { width: share(width, plan.cropWidth), height: share(height, plan.cropHeight) };
  const left = Math.min(width - cut.width, Math.floor((width * plan.cropX) / 1024));
  const top = Math.min(height - cut.height, Math.floor((height * plan.cropY) / 1024));
  const result = new Uint8Array(cut.width * cut.height);
  for (let y = 0; y < cut.height; y++) {
    const start = (top + y) * width + left;
    result.set(pixels.subarray(start, start + cut.width), y * cut.width);
  }
  return { ...cut, pixels: result };
}

const share = (length: number, of1024: number) => Math.max(1, Math.floor((length * of1024) / 1024));

function turnByQuarters(square: Uint8Array, quarters: number): Uint8Array {
  let turned = square;
  for (let quarter = 0; quarter < quarters; quarter++) {
    const source = turned;
    turned = Uint8Array.from({ length: source.length }, (_, i) => {
      const [x, y] = [i % WORK_SIDE, Math.floor(i / WORK_SIDE)];
      return source[(WORK_SIDE - 1 - x) * WORK_SIDE + y]!;
    });
  }
  return turned;
}
