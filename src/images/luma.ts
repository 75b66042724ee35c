/**
 * Greyscale by BT.601 luma in OpenCV's 14-bit fixed point, so that results equal `cv2.imread(IMREAD_GRAYSCALE)`.
 * Every function takes interleaved samples of `channels` per pixel and returns one plane of the same type.
 */

export type Samples = Uint8Array | Uint16Array | Float32Array;

/** Weights of red, green and blue in units of 1/16384. */
const RED = 4899;
const GREEN = 9617;
const BLUE = 1868;
const SHIFT = 14;
const HALF = 1 << (SHIFT - 1);

/** The first of `channels` samples of each pixel. */
export function firstChannel<T extends Samples>(samples: T, channels: number): T {
  if (channels === 1) return samples;
  const grey = emptyLike(samples, samples.length / channels);
  for (let i = 0, at = 0; i < grey.length; i++, at += channels) grey[i] = samples[at]!;
  return grey;
}

/** Luma of red, green, blue (and further samples, ignored): [pixels * channels] -> [pixels]. */
export function luma<T extends Samples>(samples: T, channels: number): T {
  const grey = emptyLike(samples, samples.length / channels);
  if (samples instanceof Float32Array) {
    for (let i = 0, at = 0; i < grey.length; i++, at += channels) {
      grey[i] = (samples[at]! * RED + samples[at + 1]! * GREEN + samples[at + 2]! * BLUE) / (1 << SHIFT);
    }
  } else {
    // 65535 * 2^14 stays below 2^31: integer arithmetic for both depths.
    for (let i = 0, at = 0; i < grey.length; i++, at += channels) {
      grey[i] = (samples[at]! * RED + samples[at + 1]! * GREEN + samples[at + 2]! * BLUE + HALF) >> SHIFT;
    }
  }
  return grey;
}

/**
 * Luma as libpng computes it for a PNG that states its gamma: in linear light, through two 8-bit tables and 15-bit
 * weights; equal samples pass unchanged. Measured bit-exact against OpenCV 4.6.
 * @param gamma the file's gamma in units of 1/100000 (45455 for sRGB)
 */
export function linearLightLuma(samples: Uint8Array, channels: number, gamma: number): Uint8Array {
  const exponent = gamma === 45455 ? 0.45455 : gamma / 100_000;
  const toLinear = powerTable(100_000 / gamma);
  const fromLinear = powerTable(exponent);
  const grey = new Uint8Array(samples.length / channels);
  for (let i = 0, at = 0; i < grey.length; i++, at += channels) {
    const red = samples[at]!;
    const green = samples[at + 1]!;
    const blue = samples[at + 2]!;
    if (red === green && red === blue) {
      grey[i] = red;
    } else {
      const linear = 9798 * toLinear[red]! + 19235 * toLinear[green]! + 3735 * toLinear[blue]! + 16384;
      grey[i] = fromLinear[linear >> 15]!;
    }
  }
  return grey;
}

function powerTable(exponent: number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) => Math.floor(255 * (value / 255) ** exponent + 0.5));
}

/**
 * Luma of cyan, magenta, yellow, key with 0 for no ink: each ink scales what the key leaves, as OpenCV's decoder does.
 */
export function cmykLuma(samples: Uint8Array, channels: number): Uint8Array {
  const grey = new Uint8Array(samples.length / channels);
  for (let i = 0, at = 0; i < grey.length; i++, at += channels) {
    const light = 255 - samples[at + 3]!;
    const red = light - ((samples[at]! * light) >> 8);
    const green = light - ((samples[at + 1]! * light) >> 8);
    const blue = light - ((samples[at + 2]! * light) >> 8);
    grey[i] = (red * RED + green * GREEN + blue * BLUE + HALF) >> SHIFT;
  }
  return grey;
}

/**
 * Luma of luma and two chroma samples around 128 (BT.601, full range): the colour is formed first, because what leaves
 * 0..255 is cut there.
 */
export function yCbCrLuma(samples: Uint8Array, channels: number): Uint8Array {
  const colours = new Uint8ClampedArray(samples.length);
  for (let at = 0; at < samples.length; at += channels) {
    const blue = samples[at + 1]! - 128;
    const red = samples[at + 2]! - 128;
    colours[at] = samples[at]! + 1.402 * red;
    colours[at + 1] = samples[at]! - 0.344136 * blue - 0.714136 * red;
    colours[at + 2] = samples[at]! + 1.772 * blue;
  }
  return luma(new Uint8Array(colours.buffer), channels);
}

/**
 * Lays a grey plane over white by its alpha, in place, and says whether any pixel was not opaque. Luma is linear, so
 * flattening the plane equals flattening the colours up to rounding.
 * @param samples interleaved, alpha last; @param maximum the value of white and of opaque
 */
export function flattenOnWhite(
  grey: Uint8Array | Uint16Array,
  samples: Uint8Array | Uint16Array,
  channels: number,
  maximum: number,
): boolean {
  let isTransparent = false;
  const half = maximum >> 1;
  for (let i = 0, at = channels - 1; i < grey.length; i++, at += channels) {
    const alpha = samples[at]!;
    if (alpha === maximum) continue;
    isTransparent = true;
    grey[i] = Math.floor((grey[i]! * alpha + maximum * (maximum - alpha) + half) / maximum);
  }
  return isTransparent;
}

/** An array of the same type. */
export function emptyLike<T extends Samples>(samples: T, length: number): T {
  if (samples instanceof Uint8Array) return new Uint8Array(length) as T;
  if (samples instanceof Uint16Array) return new Uint16Array(length) as T;
  return new Float32Array(length) as T;
}
