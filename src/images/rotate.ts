/** Bits after the point of sine and cosine. */
const ANGLE_BITS = 14;
/** Radians in a tenth of a degree. */
const TENTH_OF_DEGREE = Math.PI / 1800;

/**
 * Turns a square 8-bit picture about its centre with bilinear interpolation; what comes in from outside is the picture
 * mirrored at its edge, because black corners would be a cue. Fixed point: sine and cosine with 14 bits, positions with 8.
 * @param square [side * side], side up to 1024; @param tenths angle in tenths of a degree, clockwise, within -450..450
 */
export function rotate(square: Uint8Array, side: number, tenths: number): Uint8Array {
  if (tenths === 0) return square;
  const { sine, cosine } = fixedSineCosine(tenths);
  const result = new Uint8Array(square.length);
  const last = side - 1;
  for (let y = 0; y < side; y++) {
    // Distances from the centre are counted in half pixels, so that they are whole numbers for even sides too.
    const dy = 2 * y - last;
    for (let x = 0; x < side; x++) {
      const dx = 2 * x - last;
      const sourceX = (cosine * dx + sine * dy + (last << ANGLE_BITS)) >> (ANGLE_BITS - 7);
      const sourceY = (cosine * dy - sine * dx + (last << ANGLE_BITS)) >> (ANGLE_BITS - 7);
      result[y * side + x] = interpolate(square, side, sourceX, sourceY);
    }
  }
  return result;
}

/** The value at a position given in 1/256 pixels. */
function interpolate(square: Uint8Array, side: number, x256: number, y256: number): number {
  const left = mirror(x256 >> 8, side);
  const right = mirror((x256 >> 8) + 1, side);
  const top = mirror(y256 >> 8, side) * side;
  const bottom = mirror((y256 >> 8) + 1, side) * side;
  const alongX = x256 & 255;
  const alongY = y256 & 255;
  const upper = square[top + left]! * (256 - alongX) + square[top + right]! * alongX;
  const lower = square[bottom + left]! * (256 - alongX) + square[bottom + right]! * alongX;
  return (upper * (256 - alongY) + lower * alongY + 32768) >> 16;
}

/** Mirrors with the edge pixel repeated: -1 -> 0, side -> side - 1. */
function mirror(index: number, side: number): number {
  if (index < 0) return -1 - index;
  return index >= side ? 2 * side - 1 - index : index;
}

/** By the Taylor series, not Math.sin, whose last bits differ between engines. The next terms are below 2^-20 at 45 degrees. */
function fixedSineCosine(tenths: number): { sine: number; cosine: number } {
  const angle = tenths * TENTH_OF_DEGREE;
  const square = angle * angle;
  const sine = angle * (1 - (square / 6) * (1 - (square / 20) * (1 - square / 42)));
  const cosine = 1 - (square / 2) * (1 - (square / 12) * (1 - (square / 30) * (1 - square / 56)));
  const one = 1 << ANGLE_BITS;
  return { sine: Math.round(sine * one), cosine: Math.round(cosine * one) };
}
