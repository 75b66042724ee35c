import { fillEllipse, fillRectangle, strokePath, strokeSegment } from '../draw.js';
import { makeLowPassField, readField } from '../low-pass-field.js';
import { type Plane } from '../plane.js';
import { type RandomDraws } from '../random-draws.js';
import { drawText } from '../stroke-font.js';
import { paintGround, type Drawer } from './drawer.js';

interface Axes {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Paper, two axes with ticks and numbers, perhaps a grid. */
function drawAxes(random: RandomDraws, plane: Plane): Axes {
  paintGround(plane, random.uniform(0.85, 1));
  const { width, height } = plane;
  const axes = {
    left: width * random.uniform(0.1, 0.16),
    top: height * random.uniform(0.05, 0.12),
    right: width * random.uniform(0.9, 0.98),
    bottom: height * random.uniform(0.82, 0.9),
  };
  const hasGrid = random.chance(0.5);
  const ticks = random.integer(4, 7);
  const capHeight = Math.max(5, height * 0.024);
  for (let tick = 0; tick <= ticks; tick += 1) {
    const y = axes.bottom - ((axes.bottom - axes.top) * tick) / ticks;
    if (hasGrid) strokeSegment(plane, axes.left, y, axes.right, y, 0.8, 0.7);
    strokeSegment(plane, axes.left - 4, y, axes.left, y, 1, 0.1);
    drawText(plane, String(tick * 20), axes.left - 7, y - capHeight / 2, {
      capHeight,
      value: 0.1,
      align: 'right',
    });
  }
  strokeSegment(plane, axes.left, axes.top, axes.left, axes.bottom, 1.2, 0.1);
  strokeSegment(plane, axes.left, axes.bottom, axes.right, axes.bottom, 1.2, 0.1);
  return axes;
}

/** Grouped or single bars, upright. */
export const drawBarChart: Drawer = (random, plane) => {
  const axes = drawAxes(random, plane);
  const groups = random.integer(3, 9);
  const series = random.pick([1, 1, 2, 3]);
  const pitch = (axes.right - axes.left) / groups;
  const bar = (pitch * random.uniform(0.5, 0.85)) / series;
  const shades = Array.from({ length: series }, () => random.uniform(0.1, 0.65));
  for (let group = 0; group < groups; group += 1) {
    for (let index = 0; index < series; index += 1) {
      const x = axes.left + pitch * (group + 0.1) + bar * index;
      const y = axes.bottom - (axes.bottom - axes.top) * random.uniform(0.05, 0.98);
      fillRectangle(plane, x, y, x + bar * 0.94, axes.bottom, shades[index] ?? 0.3);
      if (series === 1) strokeSegment(plane, x + bar / 2, y - 8, x + bar / 2, y + 8, 1.2, 0.05);
    }
    const capHeight = Math.max(5, plane.height * 0.024);
    const x = axes.left + pitch * (group + 0.5);
    drawText(plane, `S${group + 1}`, x, axes.bottom + 6, { capHeight, value: 0.1, align: 'centre' });
  }
  return false;
};

/** A histogram with many touching bars. */
export const drawHistogram: Drawer = (random, plane) => {
  const axes = drawAxes(random, plane);
  const bins = random.integer(18, 60);
  const peaks = Array.from({ length: random.integer(1, 3) }, () => [
    random.uniform(0.15, 0.85),
    random.uniform(0.04, 0.2),
  ]);
  const shade = random.uniform(0.15, 0.6);
  const bin = (axes.right - axes.left) / bins;
  for (let index = 0; index < bins; index += 1) {
    const place = (index + 0.5) / bins;
    const level = peaks.reduce(
      (sum, [at = 0, spread = 1]) => sum + Math.exp(-(((place - at) / spread) ** 2)),
      0,
    );
    const share = Math.min(1, (level / peaks.length) * random.uniform(0.8, 1.2));
    const x = axes.left + index * bin;
    fillRectangle(
      plane,
      x,
      axes.bottom - share * (axes.bottom - axes.top),
      x + bin * 0.93,
      axes.bottom,
      shade,
    );
  }
  return false;
};

/** Boxes with whiskers, medians and outliers. */
export const drawBoxPlot: Drawer = (random, plane) => {
  const axes = drawAxes(random, plane);
  const boxes = random.integer(4, 14);
  const pitch = (axes.right - axes.left) / boxes;
  const half = pitch * random.uniform(0.22, 0.38);
  const span = axes.bottom - axes.top;
  for (let index = 0; index < boxes; index += 1) {
    const x = axes.left + pitch * (index + 0.5);
    const levels = Array.from({ length: 5 }, () => random.uniform(0.05, 0.95)).sort(
      (low, high) => high - low,
    );
    const [low = 0, lower = 0, median = 0, upper = 0, high = 0] = levels.map(
      (level) => axes.top + level * span,
    );
    strokeSegment(plane, x, high, x, low, 1.1, 0.1);
    fillRectangle(plane, x - half, upper, x + half, lower, random.uniform(0.45, 0.9));
    strokePath(
      plane,
      [
        [x - half, upper],
        [x + half, upper],
        [x + half, lower],
        [x - half, lower],
        [x - half, upper],
      ],
      1.1,
      0.1,
    );
    strokeSegment(plane, x - half, median, x + half, median, 2.2, 0.05);
    for (const end of [low, high]) strokeSegment(plane, x - half / 2, end, x + half / 2, end, 1.1, 0.1);
    for (let outlier = random.poisson(1.5); outlier > 0; outlier -= 1) {
      fillEllipse(plane, x, axes.top + random.uniform(0, 1) * span, 1.8, 1.8, 0.1);
    }
  }
  return false;
};

/** A cloud of points, perhaps with a fitted line. */
export const drawScatterPlot: Drawer = (random, plane) => {
  const axes = drawAxes(random, plane);
  const slope = random.normal(0, 0.7);
  const spread = random.uniform(0.05, 0.2);
  const radius = random.uniform(1.4, 3.2);
  for (let count = random.integer(60, 260); count > 0; count -= 1) {
    const along = random.uniform(0.02, 0.98);
    const up = 0.5 + slope * (along - 0.5) + random.normal(0, spread);
    if (up < 0.02 || up > 0.98) continue;
    const x = axes.left + along * (axes.right - axes.left);
    const y = axes.bottom - up * (axes.bottom - axes.top);
    fillEllipse(plane, x, y, radius, radius, 0.2, { opacity: 0.75 });
  }
  return false;
};

/** A heat map of cells, with a colour bar; the values drift over the map. */
export const drawHeatMap: Drawer = (random, plane) => {
  paintGround(plane, random.uniform(0.85, 1));
  const columns = random.integer(6, 30);
  const rows = random.integer(6, 30);
  const field = makeLowPassField(random, plane.width, plane.height, plane.width * 0.1);
  const left = plane.width * 0.1;
  const top = plane.height * 0.06;
  const cellWidth = (plane.width * 0.74) / columns;
  const cellHeight = (plane.height * 0.84) / rows;
  const gap = random.pick([0, 0, 1]);
  const roughness = random.uniform(0.05, 0.35);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const x = left + column * cellWidth;
      const y = top + row * cellHeight;
      const value = 0.5 + 0.25 * readField(field, x, y) + random.normal(0, roughness);
      fillRectangle(
        plane,
        x,
        y,
        x + cellWidth - gap,
        y + cellHeight - gap,
        Math.min(0.97, Math.max(0.03, value)),
      );
    }
  }
  for (let step = 0; step < 64; step += 1) {
    const y = top + (step / 64) * plane.height * 0.84;
    fillRectangle(plane, plane.width * 0.88, y, plane.width * 0.93, y + plane.height * 0.014, 1 - step / 64);
  }
  return false;
};
