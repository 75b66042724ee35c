import { unsupportedCodec, unsupportedSamples } from '../reading/decode-failure.js';
import { CODEC, findUnreadableCodec } from './tiff-codecs.js';
import type { TiffPage } from './tiff-page.js';

/** Colour samples per pixel by photometric tag. */
const COLOUR_SAMPLES: Record<number, number> = { 0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3 };
const COLOUR_SPACES: Record<number, string> = {
  4: 'a transparency mask',
  8: 'CIE L*a*b* colour',
  9: 'ICC L*a*b* colour',
  10: 'ITU L*a*b* colour',
  32803: 'unprocessed colours of a camera sensor',
  32844: 'LogL light',
  32845: 'LogLuv light',
  34892: 'unprocessed colours of a camera',
};
/** BT.601, which luma takes too. */
const COEFFICIENTS = [0.299, 0.587, 0.114];

/** Refuses by the tags, and by name, what the decoder would refuse with an obscure message, or misread. */
export function assertTiffSamples(page: TiffPage): void {
  const { compression, samplesPerPixel, sampleFormat, photometric, isPlanar } = page;
  const codec = findUnreadableCodec(compression);
  if (codec) throw unsupportedCodec(codec, { compression });
  const bits = page.bitsPerSample[0]!;
  if (page.bitsPerSample.some((other) => other !== bits)) {
    throw unsupportedSamples(`samples of ${page.bitsPerSample.join(', ')} bits`, { bitsPerSample: bits });
  }
  assertDepth(bits, sampleFormat);
  if (photometric === null) {
    throw unsupportedSamples('no PhotometricInterpretation tag, so that black and white are unknown', {});
  }
  const colours = COLOUR_SAMPLES[photometric];
  if (colours === undefined) {
    const space = COLOUR_SPACES[photometric] ?? `colours of kind ${photometric}`;
    throw unsupportedSamples(space, { photometric });
  }
  const facts = { samplesPerPixel, photometric, bitsPerSample: bits };
  const extra = samplesPerPixel - colours;
  if (extra < 0)
    throw unsupportedSamples(`${samplesPerPixel} samples per pixel instead of ${colours}`, facts);
  if (extra > 1) {
    const kind = colours === 1 ? 'grey channels' : 'channels';
    throw unsupportedSamples(`${samplesPerPixel} ${kind} per pixel`, facts);
  }
  if (colours > 1 && bits < 8) throw unsupportedSamples(`colours of ${bits} bits`, facts);
  if (sampleFormat === 2 && bits === 16 && samplesPerPixel > 1) {
    throw unsupportedSamples('signed 16-bit samples in several channels', facts);
  }
  if (photometric === 3 && (bits > 8 || isPlanar))
    throw unsupportedSamples(`a palette of ${bits} bits`, facts);
  if (isPlanar && (bits < 8 || compression === CODEC.jpeg || photometric === 5 || page.extraSample === 1)) {
    throw unsupportedSamples('planes that lie apart in an uncommon way', facts);
  }
  if (photometric === 6) assertYCbCr(page, bits);
}

function assertDepth(bitsPerSample: number, sampleFormat: number): void {
  const isFloat = sampleFormat === 3;
  const isKnown = isFloat ? [32, 64].includes(bitsPerSample) : [1, 2, 4, 8, 16, 32].includes(bitsPerSample);
  if (isKnown && sampleFormat < 5) return;
  const kind = sampleFormat >= 5 ? 'complex' : isFloat ? 'float' : bitsPerSample > 32 ? 'integer' : 'packed';
  throw unsupportedSamples(`${bitsPerSample}-bit ${kind} samples`, { bitsPerSample, sampleFormat });
}

/** JPEG converts by itself; of the others only BT.601 at full range is taken, whole or with shared chroma. */
function assertYCbCr(page: TiffPage, bits: number): void {
  if (page.compression === CODEC.jpeg) return;
  const isCommon =
    bits === 8 &&
    (page.yCbCrCoefficients ?? COEFFICIENTS).every(
      (value, i) => Math.abs(value - COEFFICIENTS[i]!) < 0.001,
    ) &&
    isFullRange(page.referenceBlackWhite) &&
    (isWholeYCbCr(page) || (!page.isPlanar && page.samplesPerPixel === 3));
  if (!isCommon) throw unsupportedSamples('YCbCr colour of an uncommon kind', { photometric: 6 });
}

function isFullRange(levels: number[] | null): boolean {
  return levels === null || [0, 255, 128, 255, 128, 255].every((level, i) => levels[i] === level);
}

/** YCbCr with as much chroma as luma, which the decoder hands out as it is; with less it converts. */
export function isWholeYCbCr({ photometric, compression, yCbCrSubsampling }: TiffPage): boolean {
  const [across, down] = yCbCrSubsampling;
  return photometric === 6 && compression !== CODEC.jpeg && across === 1 && down === 1;
}

export function hasExtraSample({ photometric, samplesPerPixel }: TiffPage): boolean {
  return samplesPerPixel > COLOUR_SAMPLES[photometric!]!;
}
