/** A made-up gel: light bands of several lanes on a dark, uneven ground. No symmetry, so that turns and flips show. */
export function drawGel(width: number, height: number): Float64Array {
  const values = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const lane = Math.floor((x / width) * 6);
      const isInLane = (x / width) * 6 - lane > 0.25;
      const bands = [0.15 + lane * 0.05, 0.4 + lane * 0.03, 0.75];
      const light = bands.reduce((sum, band) => sum + Math.exp(-(((y / height - band) / 0.02) ** 2)), 0);
      values[y * width + x] = Math.min(1, 0.08 + 0.1 * (x / width) + (isInLane ? 0.7 * light : 0));
    }
  }
  return values;
}

/** The values, 0..1, as whole numbers up to `maximum`, plus `offset`. */
export function quantise<T extends { [index: number]: number }>(
  values: Float64Array,
  target: T,
  maximum: number,
  offset = 0,
): T {
  values.forEach((value, i) => {
    target[i] = offset + Math.round(value * maximum);
  });
  return target;
}
