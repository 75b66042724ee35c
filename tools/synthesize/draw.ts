import { type Plane } from './plane.js';

/** Shapes with smooth edges. Places are in pixels, (0, 0) is the top left corner of the top left pixel. */

/** Paints `value` over one pixel, as opaque as `coverage` (0..1) says; outside the plane nothing happens. */
export function blendPixel(plane: Plane, x: number, y: number, value: number, coverage: number): void {
  if (x < 0 || y < 0 || x >= plane.width || y >= plane.height) return;
  const index = y * plane.width + x;
  const before = plane.values[index] ?? 0;
  plane.values[index] = before + (value - before) * (coverage < 0 ? 0 : coverage > 1 ? 1 : coverage);
}

export function fillRectangle(
  plane: Plane,
  left: number,
  top: number,
  right: number,
  bottom: number,
  value: number,
  opacity = 1,
): void {
  const firstX = Math.max(0, Math.floor(left));
  const lastX = Math.min(plane.width - 1, Math.ceil(right) - 1);
  const lastY = Math.min(plane.height - 1, Math.ceil(bottom) - 1);
  for (let y = Math.max(0, Math.floor(top)); y <= lastY; y += 1) {
    const rowShare = shareOfPixel(y, top, bottom) * opacity;
    for (let x = firstX; x <= lastX; x += 1) {
      blendPixel(plane, x, y, value, rowShare * shareOfPixel(x, left, right));
    }
  }
}

/** How much of the pixel from `pixel` to `pixel + 1` lies between the two ends. */
function shareOfPixel(pixel: number, from: number, to: number): number {
  return (to < pixel + 1 ? to : pixel + 1) - (from > pixel ? from : pixel);
}

/** A filled ellipse; `softness` is the width of its edge in pixels. */
export function fillEllipse(
  plane: Plane,
  centreX: number,
  centreY: number,
  radiusX: number,
  radiusY: number,
  value: number,
  options: { opacity?: number; softness?: number } = {},
): void {
  const softness = options.softness ?? 1;
  const reach = Math.min(radiusX, radiusY);
  for (let y = Math.floor(centreY - radiusY - softness); y <= centreY + radiusY + softness; y += 1) {
    for (let x = Math.floor(centreX - radiusX - softness); x <= centreX + radiusX + softness; x += 1) {
      const away = Math.sqrt(((x + 0.5 - centreX) / radiusX) ** 2 + ((y + 0.5 - centreY) / radiusY) ** 2);
      const coverage = ((1 - away) * reach) / softness + 0.5;
      if (coverage > 0) blendPixel(plane, x, y, value, Math.min(1, coverage) * (options.opacity ?? 1));
    }
  }
}

/** The outline of a circle. */
export function strokeCircle(
  plane: Plane,
  centreX: number,
  centreY: number,
  radius: number,
  thickness: number,
  value: number,
  opacity = 1,
): void {
  const reach = radius + thickness;
  for (let y = Math.floor(centreY - reach); y <= centreY + reach; y += 1) {
    for (let x = Math.floor(centreX - reach); x <= centreX + reach; x += 1) {
      const away = Math.sqrt((x + 0.5 - centreX) ** 2 + (y + 0.5 - centreY) ** 2);
      const coverage = thickness / 2 - Math.abs(away - radius) + 0.5;
      if (coverage > 0) blendPixel(plane, x, y, value, Math.min(1, coverage) * opacity);
    }
  }
}

/** A straight stroke with round ends. */
export function strokeSegment(
  plane: Plane,
  fromX: number,
  fromY: number,
  toX: number,
  toY: number,
  thickness: number,
  value: number,
  opacity = 1,
): void {
  const half = thickness / 2;
  // A stroke thinner than a pixel is a pixel wide and paler.
  const strength = opacity * Math.min(1, thickness);
  const reach = Math.max(half, 0.5) + 0.5;
  const directionX = toX - fromX;
  const directionY = toY - fromY;
  const lengthSquared = directionX * directionX + directionY * directionY;
  const lastX = Math.min(plane.width - 1, Math.ceil(Math.max(fromX, toX) + reach));
  const lastY = Math.min(plane.height - 1, Math.ceil(Math.max(fromY, toY) + reach));
  for (let y = Math.max(0, Math.floor(Math.min(fromY, toY) - reach)); y <= lastY; y += 1) {
    for (let x = Math.max(0, Math.floor(Math.min(fromX, toX) - reach)); x <= lastX; x += 1) {
      const offsetX = x + 0.5 - fromX;
      const offsetY = y + 0.5 - fromY;
      const along = lengthSquared === 0 ? 0 : (offsetX * directionX + offsetY * directionY) / lengthSquared;
      const nearest = along < 0 ? 0 : along > 1 ? 1 : along;
      const away = Math.sqrt((offsetX - nearest * directionX) ** 2 + (offsetY - nearest * directionY) ** 2);
      const coverage = Math.max(half, 0.5) - away + 0.5;
      if (coverage > 0) blendPixel(plane, x, y, value, coverage * strength);
    }
  }
}

/** Straight strokes from point to point. */
export function strokePath(
  plane: Plane,
  points: readonly (readonly [number, number])[],
  thickness: number,
  value: number,
  opacity = 1,
): void {
  for (let index = 1; index < points.length; index += 1) {
    const from = points[index - 1];
    const to = points[index];
    if (from && to) strokeSegment(plane, from[0], from[1], to[0], to[1], thickness, value, opacity);
  }
}

/** A filled polygon (even-odd rule), each row sampled four times. */
export function fillPolygon(
  plane: Plane,
  points: readonly (readonly [number, number])[],
  value: number,
  opacity = 1,
): void {
  const top = Math.max(0, Math.floor(Math.min(...points.map((point) => point[1]))));
  const bottom = Math.min(plane.height - 1, Math.ceil(Math.max(...points.map((point) => point[1]))));
  const coverage = new Float64Array(plane.width);
  for (let y = top; y <= bottom; y += 1) {
    coverage.fill(0);
    for (let part = 0; part < 4; part += 1) addSpans(coverage, findCrossings(points, y + (part + 0.5) / 4));
    for (let x = 0; x < plane.width; x += 1) {
      const share = coverage[x] ?? 0;
      if (share > 0) blendPixel(plane, x, y, value, share * opacity);
    }
  }
}

function findCrossings(points: readonly (readonly [number, number])[], y: number): number[] {
  const crossings: number[] = [];
  points.forEach((from, index) => {
    const to = points[(index + 1) % points.length] ?? from;
    if (from[1] <= y === to[1] <= y) return;
    crossings.push(from[0] + ((y - from[1]) / (to[1] - from[1])) * (to[0] - from[0]));
  });
  return crossings.sort((left, right) => left - right);
}

function addSpans(coverage: Float64Array, crossings: number[]): void {
  for (let index = 0; index + 1 < crossings.length; index += 2) {
    const left = Math.max(0, crossings[index] ?? 0);
    const right = Math.min(coverage.length, crossings[index + 1] ?? 0);
    for (let x = Math.floor(left); x < right; x += 1) {
      coverage[x] = (coverage[x] ?? 0) + Math.max(0, Math.min(right, x + 1) - Math.max(left, x)) / 4;
    }
  }
}
