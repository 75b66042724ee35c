/** The number formats that weight files store, and their exact conversion to and from float32. All little-endian. */

export const BYTES_PER_NUMBER = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  float64: 8,
  int64: 8,
  uint8: 1,
} as const;
export type NumberFormat = keyof typeof BYTES_PER_NUMBER;

const FLOAT16_INFINITY = 0x7c00;
const FLOAT16_QUIET_NAN = 0x7e00;
/** 2^-14, the smallest normal half, as float32 bits. */
const SMALLEST_NORMAL_BITS = 0x38800000;
/** 65520 as float32 bits: half way between the largest half (65504) and 2^16, so a tie that goes to infinity. */
const OVERFLOW_BITS = 0x477ff000;
const FLOAT32_INFINITY_BITS = 0x7f800000;
/** (127 - 15) << 23: the difference of the exponent biases. */
const REBIAS = 0x38000000;

const floatScratch = new Float32Array(1);
const bitsScratch = new Uint32Array(floatScratch.buffer);

/** IEEE 754 binary16 bits (0..65535) -> number, exact. */
export function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** float32 -> IEEE 754 binary16 bits, rounded to nearest, ties to even; beyond 65519.99 it is infinity. */
export function floatToHalf(value: number): number {
  floatScratch[0] = value;
  const bits = bitsScratch[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > FLOAT32_INFINITY_BITS) return sign | FLOAT16_QUIET_NAN;
  if (magnitude >= OVERFLOW_BITS) return sign | FLOAT16_INFINITY;
  if (magnitude < SMALLEST_NORMAL_BITS) {
    floatScratch[0] = value;
    return sign | roundHalfToEven(Math.abs(floatScratch[0]) * 2 ** 24);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - REBIAS) >>> 13);
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest > 0.5 || (rest === 0.5 && below % 2 === 1)) return below + 1;
  return below;
}

let halfTable: Float32Array | undefined;

/** All 65,536 halves: a look-up is about ten times faster than computing each (11 million in a ResNet18). */
function halves(): Float32Array {
  halfTable ??= Float32Array.from({ length: 65536 }, (_, half) => halfToFloat(half));
  return halfTable;
}

/** Bytes -> float32, rounded where the format is wider. `bytes` holds a whole number of values and is not kept. */
export function decodeToFloat32(bytes: Uint8Array, format: NumberFormat): Float32Array {
  switch (format) {
    case 'float32':
      return new Float32Array(alignedCopy(bytes));
    case 'float16':
      return decodeHalves(new Uint16Array(alignedCopy(bytes)));
    case 'bfloat16':
      return decodeBrainFloats(new Uint16Array(alignedCopy(bytes)));
    case 'uint8':
      return Float32Array.from(bytes);
    default:
      return Float32Array.from(decodeToFloat64(bytes, format));
  }
}

function decodeHalves(words: Uint16Array): Float32Array {
  const table = halves();
  const values = new Float32Array(words.length);
  for (let i = 0; i < words.length; i += 1) values[i] = table[words[i] ?? 0] ?? NaN;
  return values;
}

/** A bfloat16 is the upper half of a float32. */
function decodeBrainFloats(words: Uint16Array): Float32Array {
  const bits = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i += 1) bits[i] = (words[i] ?? 0) << 16;
  return new Float32Array(bits.buffer);
}

/** Bytes -> float64: exact for every format but int64 beyond 2^53, which is rounded to nearest. */
export function decodeToFloat64(bytes: Uint8Array, format: NumberFormat): Float64Array {
  if (format === 'float64') return new Float64Array(alignedCopy(bytes));
  if (format === 'int64') {
    const integers = new BigInt64Array(alignedCopy(bytes));
    const values = new Float64Array(integers.length);
    for (let i = 0; i < values.length; i += 1) values[i] = Number(integers[i]);
    return values;
  }
  return Float64Array.from(decodeToFloat32(bytes, format));
}

/** float32 -> little-endian bytes of `format`; `uint8` holds whole numbers from 0 to 255. */
export function encodeFloat32(values: Float32Array, format: 'float32' | 'float16' | 'uint8'): Uint8Array {
  if (format === 'uint8') return Uint8Array.from(values);
  if (format === 'float32')
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength).slice();
  const encoded = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i += 1) encoded[i] = floatToHalf(values[i] ?? 0);
  return new Uint8Array(encoded.buffer);
}

/** A copy that starts at offset 0 of its own buffer, as typed arrays of wider elements need. */
function alignedCopy(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return copy;
}
