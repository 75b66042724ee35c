import { INPUT_SIDE } from '../../words/picture.js';
import type { Random } from '../random.js';
import { sharp } from '../sharp-setup.js';
import { type Area, drawMark } from './marks.js';
import { type Plane, renderPanel } from './panel.js';
import { planStrongView, type StrongPlan } from './view-plan.js';

/** Between two panels. */
const GAP = 6;

/**
 * A view as a reader of papers may meet the picture: cut, turned, inverted, in a figure with margins, numbers, arrows and
 * a second panel, noisy, compressed. Integers throughout but for the JPEG, which libjpeg-turbo computes in integers too.
 * @param picture stretched to 8 bits @param random of the view
 * @returns [224 * 224]
 */
export async function renderStrongView(picture: Plane, random: Random): Promise<Uint8Array> {
  const plan = planStrongView(random);
  const canvas = { width: INPUT_SIDE, height: INPUT_SIDE, pixels: new Uint8Array(INPUT_SIDE ** 2) };
  canvas.pixels.fill(plan.paper);
  const areas = layOut(plan);
  areas.forEach((area, index) => {
    const panel = plan.panels[index];
    if (panel === undefined) return;
    const [left, top, right, bottom] = area;
    paste(canvas, renderPanel(picture, panel, right - left, bottom - top), area);
  });
  for (const mark of plan.marks) for (const area of areas) drawMark(canvas, mark, area, random);
  addNoise(canvas.pixels, plan.noise, random);
  return plan.jpegQuality === null ? canvas.pixels : compress(canvas, plan.jpegQuality);
}

function layOut({ panels, isStacked, margins }: StrongPlan): Area[] {
  const [left, top] = margins;
  const [right, bottom] = [INPUT_SIDE - margins[2], INPUT_SIDE - margins[3]];
  if (panels.length === 1) return [[left, top, right, bottom]];
  const [x, y] = [(left + right) >> 1, (top + bottom) >> 1];
  const half = GAP / 2;
  return isStacked
    ? [
        [left, top, right, y - half],
        [left, y + half, right, bottom],
      ]
    : [
        [left, top, x - half, bottom],
        [x + half, top, right, bottom],
      ];
}

function paste(canvas: Plane, panel: Uint8Array, [left, top, right, bottom]: Area): void {
  const width = right - left;
  for (let y = top; y < bottom; y++) {
    const start = (y - top) * width;
    canvas.pixels.set(panel.subarray(start, start + width), y * canvas.width + left);
  }
}

/** The sum of four even draws is nearly normal. */
function addNoise(pixels: Uint8Array, largest: number, random: Random): void {
  if (largest === 0) return;
  for (let i = 0; i < pixels.length; i++) {
    const draws = random.below(257) + random.below(257) + random.below(257) + random.below(257) - 512;
    pixels[i] = Math.min(255, Math.max(0, pixels[i]! + ((draws * largest) >> 9)));
  }
}

async function compress({ width, height, pixels }: Plane, quality: number): Promise<Uint8Array> {
  const raw = { width, height, channels: 1 } as const;
  const jpeg = await sharp(pixels, { raw }).toColourspace('b-w').jpeg({ quality }).toBuffer();
  const { data, info } = await sharp(jpeg).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  if (info.channels !== 1) throw new TypeError(`A grey JPEG came back with ${info.channels} channels.`);
  return new Uint8Array(data);
}
