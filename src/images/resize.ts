/** Bits after the point of a resize weight. Pillow keeps 32 - 8 bits of pixel - 2 bits of head room. */
const PRECISION = 22;
const ONE = 1 << PRECISION;
const HALF = 1 << (PRECISION - 1);

/** For each output position: the first input position, how many follow, and their weights in units of 2^-22. */
interface Weights {
  first: Int32Array;
  count: Int32Array;
  /** [outputs * stride]. */
  values: Int32Array;
  stride: number;
}

/**
 * Antialiased bilinear resize of one 8-bit plane, bit-exact with Pillow's `resize(..., BILINEAR)`: a triangle filter as
 * wide as the reduction, in 22-bit fixed point, rows first, each pass rounded to 8 bits.
 * @param pixels [height * width]; returns [outputHeight * outputWidth]
 */
export function resizeBilinear(
  pixels: Uint8Array,
  width: number,
  height: number,
  outputWidth: number,
  outputHeight: number,
): Uint8Array {
  const narrow = resizeRows(pixels, width, height, triangleWeights(width, outputWidth));
  return resizeColumns(narrow, outputWidth, triangleWeights(height, outputHeight));
}

function triangleWeights(inputSize: number, outputSize: number): Weights {
  const scale = inputSize / outputSize;
  // Enlarging interpolates between neighbours; reducing averages over the whole footprint.
  const support = Math.max(scale, 1);
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(outputSize);
  const count = new Int32Array(outputSize);
  const values = new Int32Array(outputSize * stride);
  for (let output = 0; output < outputSize; output++) {
    const centre = (output + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(inputSize, Math.trunc(centre + support + 0.5));
    first[output] = start;
    count[output] = end - start;
    const triangle = Array.from({ length: end - start }, (_, i) =>
      Math.max(0, 1 - Math.abs((start + i - centre + 0.5) * (1 / support))),
    );
    const sum = triangle.reduce((total, weight) => total + weight, 0);
    triangle.forEach((weight, i) => {
      values[output * stride + i] = Math.trunc((weight / sum) * ONE + 0.5);
    });
  }
  return { first, count, values, stride };
}

function resizeRows(
  pixels: Uint8Array,
  width: number,
  height: number,
  { first, count, values, stride }: Weights,
): Uint8Array {
  const outputWidth = first.length;
  const result = new Uint8Array(outputWidth * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < outputWidth; x++) {
      let sum = HALF;
      let at = y * width + first[x]!;
      for (let weight = x * stride, end = weight + count[x]!; weight < end; weight++, at++) {
        sum = (sum + Math.imul(pixels[at]!, values[weight]!)) | 0;
      }
      result[y * outputWidth + x] = clip(sum >> PRECISION);
    }
  }
  return result;
}

function resizeColumns(
  pixels: Uint8Array,
  width: number,
  { first, count, values, stride }: Weights,
): Uint8Array {
  const outputHeight = first.length;
  const result = new Uint8Array(width * outputHeight);
  const sums = new Int32Array(width);
  for (let y = 0; y < outputHeight; y++) {
    sums.fill(HALF);
    for (let i = 0; i < count[y]!; i++) {
      const weight = values[y * stride + i]!;
      const row = (first[y]! + i) * width;
      for (let x = 0; x < width; x++) sums[x]! += Math.imul(pixels[row + x]!, weight);
    }
    for (let x = 0; x < width; x++) result[y * width + x] = clip(sums[x]! >> PRECISION);
  }
  return result;
}

/** Rounded weights may sum to a little over one. */
function clip(value: number): number {
  return value > 255 ? 255 : value;
}
