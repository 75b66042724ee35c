import { GelqlError } from '../../errors.js';
import { unreadable } from '../reading/decode-failure.js';
import { assertSegments } from './assert-segments.js';
import { assertTiffSamples, hasExtraSample, isWholeYCbCr } from './assert-samples.js';
import { rewritePage } from './rewrite-page.js';
import { narrowFloats } from './narrow-floats.js';
import { TAG, type TiffDirectory, TiffFile } from './tiff-file.js';
import { findMainPage, readTiffPage, type TiffPage } from './tiff-page.js';

/** One page of a TIFF file, judged by its tags and made ready for the decoder. */
export interface OpenTiff {
  page: number;
  pageCount: number;
  /** Whether the file names a further page that it does not hold. */
  isChainBroken: boolean;
  tags: TiffPage;
  /** Bits per sample in the file. */
  storedBits: number;
  /** Whether a sample follows those of the colour. */
  hasExtraSample: boolean;
  /** Single-page files that the decoder reads without a complaint: one, or one for each plane that lies apart. */
  files: Buffer[];
  isSigned16: boolean;
  /** Whether black and white are still to be exchanged after decoding. */
  isWhiteZero: boolean;
  /** Whether the three samples that come are luma and two of chroma. */
  isYCbCr: boolean;
}

/**
 * @param options.page from 0; null takes the first at full resolution
 * @param options.assertSize called with the size before anything that grows with it is done
 * @param options.maxBytes decoded bytes that strips or tiles may come to
 * @throws GelqlError UNREADABLE_OR_TRUNCATED, PAGE_OUT_OF_RANGE, UNSUPPORTED_SAMPLE_TYPE, PICTURE_TOO_COSTLY, and what
 * assertSize throws
 */
export function openTiff(
  bytes: Uint8Array,
  options: {
    page: number | null;
    maxBytes: number;
    assertPage(page: number, pageCount: number): void;
    assertSize(width: number, height: number): void;
  },
): OpenTiff {
  try {
    const original = new TiffFile(bytes);
    const { offsets, isBroken } = original.listDirectories();
    const page = options.page ?? findMainPage(original, offsets);
    options.assertPage(page, offsets.length);
    const directory = original.readDirectory(offsets[page]!);
    const read = readTiffPage(original, directory);
    options.assertSize(read.width, read.height);
    assertTiffSamples(read);
    const priced = assertSegments(read, bytes, options.maxBytes);
    const { file, page: tags } = narrow(original, directory, priced);
    const { sampleFormat, photometric, isSigned16, isWhiteZero } = planPolarity(tags);
    const isYCbCr = isWholeYCbCr(tags);
    const layout = { photometric: isYCbCr ? 2 : photometric, sampleFormat };
    const files = tags.isPlanar
      ? Array.from({ length: tags.samplesPerPixel }, (_, plane) =>
          rewritePage(file, directory, tags, { ...layout, plane }),
        )
      : [rewritePage(file, directory, tags, layout)];
    return {
      page,
      pageCount: offsets.length,
      isChainBroken: isBroken,
      tags,
      storedBits: read.bitsPerSample[0]!,
      hasExtraSample: hasExtraSample(tags),
      files,
      isSigned16,
      isWhiteZero,
      isYCbCr,
    };
  } catch (error) {
    if (error instanceof GelqlError) throw error;
    throw unreadable(error, 'tiff');
  }
}

function narrow(
  file: TiffFile,
  directory: TiffDirectory,
  page: TiffPage,
): { file: TiffFile; page: TiffPage } {
  if (page.sampleFormat !== 3 || page.bitsPerSample[0] === 32) return { file, page };
  const hasPredictor = (file.readValues(directory, TAG.predictor)?.[0] ?? 1) !== 1;
  const { isLittleEndian } = file;
  const narrowed = narrowFloats(file.bytes, page, { isLittleEndian, hasPredictor });
  return { file: new TiffFile(narrowed.bytes), page: narrowed.page };
}

/** The decoder exchanges black and white of unsigned samples of up to 16 bits in one plane; the others are ours to turn. */
function planPolarity(tags: TiffPage) {
  const { sampleFormat, photometric } = tags;
  const bits = tags.bitsPerSample[0]!;
  const isSigned16 = sampleFormat === 2 && bits === 16;
  const isUnsigned = sampleFormat === 1 || sampleFormat === 4;
  const isOurs = photometric === 0 && (tags.isPlanar || !(isSigned16 || (isUnsigned && bits <= 16)));
  return {
    sampleFormat: isSigned16 || sampleFormat === 4 ? 1 : sampleFormat,
    photometric: isOurs ? 1 : photometric!,
    isSigned16,
    isWhiteZero: isOurs,
  };
}
