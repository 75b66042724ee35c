import { fillRectangle, strokePath, strokeSegment } from '../draw.js';
import { makeLowPassField, readField } from '../low-pass-field.js';
import { mapPlane, type Plane } from '../plane.js';
import { type RandomDraws } from '../random-draws.js';
import { drawText } from '../stroke-font.js';
import { paintGround, type Drawer } from './drawer.js';

interface Peak {
  at: number;
  spread: number;
  height: number;
}

function drawPeaks(random: RandomDraws, count: number, spread: [number, number]): Peak[] {
  return Array.from({ length: count }, () => ({
    at: random.uniform(0.04, 0.96),
    spread: random.uniform(...spread),
    height: random.uniform(0.08, 1) ** 2,
  }));
}

/** The curve over these peaks; only the peaks nearby are summed. */
function tracePeaks(
  plane: Plane,
  peaks: Peak[],
  box: { left: number; right: number; top: number; bottom: number },
  ink: { thickness: number; value: number },
): void {
  const points: [number, number][] = [];
  for (let x = box.left; x <= box.right; x += 1.5) {
    const place = (x - box.left) / (box.right - box.left);
    let level = 0;
    for (const { at, spread, height } of peaks) {
      const off = (place - at) / spread;
      if (off > -5 && off < 5) level += height * Math.exp(-0.5 * off * off);
    }
    points.push([x, box.bottom - Math.min(1.1, level) * (box.bottom - box.top)]);
  }
  strokePath(plane, points, ink.thickness, ink.value);
}

/** One line with peaks over a time axis. */
export const drawChromatogram: Drawer = (random, plane) => {
  const isScreen = random.chance(0.35);
  paintGround(plane, isScreen ? 0.06 : random.uniform(0.85, 1));
  const value = isScreen ? 0.95 : 0.1;
  const { width, height } = plane;
  const box = { left: width * 0.1, right: width * 0.97, top: height * 0.08, bottom: height * 0.86 };
  for (let trace = random.pick([1, 1, 2, 3]); trace > 0; trace -= 1) {
    tracePeaks(plane, drawPeaks(random, random.integer(5, 22), [0.003, 0.018]), box, {
      thickness: 1.3,
      value,
    });
  }
  strokePath(
    plane,
    [
      [box.left, box.top],
      [box.left, box.bottom],
      [box.right, box.bottom],
    ],
    1.1,
    value,
  );
  const capHeight = Math.max(5, height * 0.024);
  for (let tick = 0; tick <= 6; tick += 1) {
    const x = box.left + ((box.right - box.left) * tick) / 6;
    strokeSegment(plane, x, box.bottom, x, box.bottom + 4, 1, value);
    drawText(plane, String(tick * 5), x, box.bottom + 8, { capHeight, value, align: 'centre' });
  }
  return isScreen;
};

/** Several traces one below the other, as sequencers and fragment analysers print them. */
export const drawElectropherogram: Drawer = (random, plane) => {
  paintGround(plane, random.uniform(0.88, 1));
  const rows = random.integer(3, 7);
  const rowHeight = plane.height / rows;
  for (let row = 0; row < rows; row += 1) {
    const box = {
      left: plane.width * 0.03,
      right: plane.width * 0.98,
      top: rowHeight * (row + 0.12),
      bottom: rowHeight * (row + 0.9),
    };
    const isDense = random.chance(0.5);
    const peaks = drawPeaks(random, isDense ? 70 : 12, isDense ? [0.003, 0.006] : [0.002, 0.006]);
    tracePeaks(plane, peaks, box, { thickness: 1.1, value: random.uniform(0.05, 0.45) });
    strokeSegment(plane, box.left, box.bottom, box.right, box.bottom, 0.9, 0.4);
  }
  return false;
};

/** A sound spectrogram: harmonics that glide, on a noisy floor that falls towards high pitches. */
export const drawSpectrogram: Drawer = (random, plane) => {
  const { width, height } = plane;
  const cloud = makeLowPassField(random, width, height, width * 0.06);
  mapPlane(plane, (_value, x, y) => {
    return Math.max(
      0.01,
      (0.1 + 0.3 * (y / height) ** 2) * (0.6 + 0.25 * readField(cloud, x, y) + 0.35 * random.uniform()),
    );
  });
  const notes = random.integer(5, 16);
  for (let note = 0; note < notes; note += 1) {
    const from = random.uniform(0, 0.9) * width;
    const to = Math.min(width, from + random.uniform(0.05, 0.3) * width);
    const base = random.uniform(0.03, 0.12) * height;
    const glide = random.normal(0, 0.25);
    const vibrato = random.uniform(0, 0.012);
    const rate = random.uniform(0.05, 0.12);
    for (let harmonic = 1; harmonic <= 12; harmonic += 1) {
      const pitch = base * harmonic;
      const light = (1.1 / (1 + 0.18 * harmonic)) * random.uniform(0.6, 1.1);
      const points: [number, number][] = [];
      for (let x = from; x <= to; x += 4) {
        points.push([x, height - pitch * (1 + (glide * (x - from)) / width + vibrato * Math.sin(x * rate))]);
      }
      strokePath(plane, points, random.uniform(1, 2.6), light, 0.75);
    }
  }
  return true;
};

/** Level meters: columns of lit segments. */
export const drawEqualiser: Drawer = (random, plane) => {
  paintGround(plane, random.uniform(0.02, 0.12));
  const bars = random.integer(6, 24);
  const segments = random.integer(10, 28);
  const pitch = plane.width / (bars + 1);
  const step = (plane.height * 0.84) / segments;
  const unlit = random.pick([0.02, 0.08, 0.18]);
  for (let bar = 0; bar < bars; bar += 1) {
    const level = random.integer(1, segments);
    const peak = Math.min(segments - 1, level + random.integer(1, 4));
    for (let segment = 0; segment < segments; segment += 1) {
      const isLit = segment < level || segment === peak;
      const left = pitch * (bar + 0.62);
      const top = plane.height * 0.92 - (segment + 1) * step;
      const value = isLit ? 0.6 + (0.4 * segment) / segments : unlit;
      fillRectangle(plane, left, top, left + pitch * 0.76, top + step * 0.68, value);
    }
  }
  return true;
};
