/** One plane of light, row-major; 0 is dark, there is no upper bound until the exposure sets one. */
export interface Plane {
  width: number;
  height: number;
  values: Float32Array;
}

export function createPlane(width: number, height: number, value = 0): Plane {
  const values = new Float32Array(width * height);
  if (value !== 0) values.fill(value);
  return { width, height, values };
}

/** Changes every pixel: `change` receives the value and its place and returns the new value. */
export function mapPlane(plane: Plane, change: (value: number, x: number, y: number) => number): void {
  let index = 0;
  for (let y = 0; y < plane.height; y += 1) {
    for (let x = 0; x < plane.width; x += 1, index += 1) {
      plane.values[index] = change(plane.values[index] ?? 0, x, y);
    }
  }
}

/** Changes whole rows: each becomes `scale` times its values plus `shift`, both functions of the row. */
export function mapRows(plane: Plane, change: (y: number) => { scale: number; shift: number }): void {
  for (let y = 0; y < plane.height; y += 1) {
    const { scale, shift } = change(y);
    const end = (y + 1) * plane.width;
    for (let index = y * plane.width; index < end; index += 1) {
      plane.values[index] = (plane.values[index] ?? 0) * scale + shift;
    }
  }
}

/** Bilinear value at a place in pixels (pixel centres at whole numbers); the border repeats outwards. */
export function sampleBilinear(plane: Plane, x: number, y: number): number {
  const { width, height, values } = plane;
  const insideX = x < 0 ? 0 : x > width - 1 ? width - 1 : x;
  const insideY = y < 0 ? 0 : y > height - 1 ? height - 1 : y;
  // Neither is negative here, so that cutting off the fraction is rounding down.
  const left = insideX | 0;
  const top = insideY | 0;
  const shareX = insideX - left;
  const shareY = insideY - top;
  const right = left + 1 < width ? left + 1 : left;
  const upper = top * width;
  const lower = (top + 1 < height ? top + 1 : top) * width;
  const above = (values[upper + left] ?? 0) * (1 - shareX) + (values[upper + right] ?? 0) * shareX;
  const below = (values[lower + left] ?? 0) * (1 - shareX) + (values[lower + right] ?? 0) * shareX;
  return above * (1 - shareY) + below * shareY;
}

/** The value below which `share` (0..1) of the pixels lie, exact to 1/4096 of the range. */
export function findPercentile(plane: Plane, share: number): number {
  let lowest = Infinity;
  let highest = -Infinity;
  for (const value of plane.values) {
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  if (!(highest > lowest)) return highest;
  const scale = 4095 / (highest - lowest);
  const counts = new Uint32Array(4096);
  for (const value of plane.values) {
    const bin = ((value - lowest) * scale) | 0;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  let remaining = share * plane.values.length;
  for (let bin = 0; bin < counts.length; bin += 1) {
    remaining -= counts[bin] ?? 0;
    if (remaining <= 0) return lowest + (bin + 1) / scale;
  }
  return highest;
}

export function clampUnit(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}
