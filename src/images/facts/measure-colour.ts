import type { Samples } from '../luma.js';

export interface ColourMeasure {
  /** Mean of max(R, G, B) - min(R, G, B) on 0..255. */
  chroma: number;
  /** Share of pixels, 0..1, that are coloured and whose hue lies more than 60 degrees from the picture's mean hue. */
  otherHues: number;
}

export const GREY: ColourMeasure = { chroma: 0, otherHues: 0 };

/** Pixels that are looked at: a few thousand settle a mean to well under one level. */
const COLOUR_SAMPLES = 65_536;
/** Chroma below this share of white has no hue to speak of. */
const COLOURED = 0.1;

/** Measures evenly spread pixels. @param maximum the sample value of white */
export function measureColour(samples: Samples, channels: number, maximum: number): ColourMeasure {
  const pixels = samples.length / channels;
  const step = Math.max(1, Math.floor(pixels / COLOUR_SAMPLES));
  // The plane of hues, red to the right.
  const across = new Float64Array(Math.ceil(pixels / step));
  const up = new Float64Array(across.length);
  let [chroma, meanAcross, meanUp] = [0, 0, 0];
  for (let i = 0, k = 0; i < pixels; i += step, k++) {
    const red = samples[i * channels]!;
    const green = samples[i * channels + 1]!;
    const blue = samples[i * channels + 2]!;
    chroma += Math.max(red, green, blue) - Math.min(red, green, blue);
    meanAcross += across[k] = red - (green + blue) / 2;
    meanUp += up[k] = ((green - blue) * Math.sqrt(3)) / 2;
  }
  const meanLength = Math.hypot(meanAcross, meanUp);
  let others = 0;
  for (let k = 0; k < across.length; k++) {
    const length = Math.hypot(across[k]!, up[k]!);
    const cosine = (across[k]! * meanAcross + up[k]! * meanUp) / (length * meanLength);
    if (length > COLOURED * maximum && cosine < 0.5) others++;
  }
  return { chroma: (chroma / across.length / maximum) * 255, otherHues: others / across.length };
}
