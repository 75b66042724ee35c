/** What the sample layout of one TIFF page says beyond what the decoder reports. Numbers are the file's own tag values. */
export interface TiffPage {
  bitsPerSample: number;
  samplesPerPixel: number;
  /** 1 unsigned, 2 signed, 3 float, 4 undefined, 5 and 6 complex. */
  sampleFormat: number;
  /** Where the value of the SampleFormat tag lies in the file; null where the tag is absent or an array. */
  sampleFormatOffset: number | null;
  /** Where the value of the photometric tag lies in the file; null where the tag is absent. */
  photometricOffset: number | null;
  /** 0 is MinIsWhite, 1 MinIsBlack, 2 RGB, 3 palette, 5 separated (CMYK), 6 YCbCr. */
  photometric: number;
  /** 7 is JPEG, 6 its older form, 34712 JPEG 2000, 50001 WebP. */
  compression: number;
  /** Meaning of the first extra sample: 0 unspecified, 1 premultiplied alpha, 2 alpha; null where there is none. */
  extraSample: number | null;
  /** Molecular Dynamics MD_FileTag: 2 square root, 128 linear; null for every other file. */
  molecularDynamicsFormat: number | null;
  isLittleEndian: boolean;
}

const TAG = {
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  samplesPerPixel: 277,
  extraSamples: 338,
  sampleFormat: 339,
  molecularDynamicsFormat: 33445,
} as const;

/** Bytes of one value by TIFF field type: BYTE, ASCII, SHORT, LONG, ..., LONG8. */
const TYPE_BYTES: Record<number, number> = { 1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4, 16: 8 };

interface Entry {
  value: number;
  valueOffset: number;
  count: number;
}

/**
 * Reads the tags of one page, counted from 0. Classic TIFF and BigTIFF, both byte orders.
 * Returns null where the directory is damaged or the page does not exist: the decoder then says what is wrong.
 */
export function readTiffPage(bytes: Uint8Array, page: number): TiffPage | null {
  try {
    const reader = new TiffReader(bytes);
    const entries = reader.readPage(page);
    return entries && describePage(entries, reader.isLittleEndian);
  } catch (error) {
    // DataView throws RangeError where an offset points outside the file.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function describePage(entries: Map<number, Entry>, isLittleEndian: boolean): TiffPage {
  const value = (tag: number, absent: number) => entries.get(tag)?.value ?? absent;
  const sampleFormat = entries.get(TAG.sampleFormat);
  return {
    bitsPerSample: value(TAG.bitsPerSample, 1),
    samplesPerPixel: value(TAG.samplesPerPixel, 1),
    sampleFormat: sampleFormat?.value ?? 1,
    sampleFormatOffset: sampleFormat?.count === 1 ? sampleFormat.valueOffset : null,
    photometricOffset: entries.get(TAG.photometric)?.valueOffset ?? null,
    photometric: value(TAG.photometric, 1),
    compression: value(TAG.compression, 1),
    extraSample: entries.get(TAG.extraSamples)?.value ?? null,
    molecularDynamicsFormat: entries.get(TAG.molecularDynamicsFormat)?.value ?? null,
    isLittleEndian,
  };
}

class TiffReader {
  readonly isLittleEndian: boolean;
  private readonly view: DataView;
  private readonly isBig: boolean;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.isLittleEndian = this.view.getUint8(0) === 0x49;
    this.isBig = this.view.getUint16(2, this.isLittleEndian) === 43;
  }

  /** Follows the chain of directories; `page` bounds the walk, so a chain that loops cannot hang it. */
  readPage(page: number): Map<number, Entry> | null {
    let offset = this.isBig ? this.readLong8(8) : this.readLong(4);
    for (let index = 0; offset !== 0; index++) {
      const count = this.isBig ? this.readLong8(offset) : this.readShort(offset);
      const first = offset + (this.isBig ? 8 : 2);
      const entryBytes = this.isBig ? 20 : 12;
      if (index === page) return this.readEntries(first, count, entryBytes);
      const next = first + count * entryBytes;
      offset = this.isBig ? this.readLong8(next) : this.readLong(next);
    }
    return null;
  }

  private readEntries(first: number, count: number, entryBytes: number): Map<number, Entry> {
    const wanted = new Set<number>(Object.values(TAG));
    const entries = new Map<number, Entry>();
    for (let i = 0; i < count; i++) {
      const at = first + i * entryBytes;
      const tag = this.readShort(at);
      if (wanted.has(tag)) entries.set(tag, this.readEntry(at));
    }
    return entries;
  }

  /** The first value of an entry; short values lie in the entry itself, longer ones where it points. */
  private readEntry(at: number): Entry {
    const type = this.readShort(at + 2);
    const count = this.isBig ? this.readLong8(at + 4) : this.readLong(at + 4);
    const field = at + (this.isBig ? 12 : 8);
    const typeBytes = TYPE_BYTES[type] ?? 0;
    const isInline = typeBytes * count <= (this.isBig ? 8 : 4);
    const valueOffset = isInline ? field : this.isBig ? this.readLong8(field) : this.readLong(field);
    return { value: this.readValue(valueOffset, typeBytes), valueOffset, count };
  }

  private readValue(offset: number, typeBytes: number): number {
    if (typeBytes === 1) return this.view.getUint8(offset);
    if (typeBytes === 2) return this.readShort(offset);
    return typeBytes === 8 ? this.readLong8(offset) : this.readLong(offset);
  }

  private readShort(offset: number): number {
    return this.view.getUint16(offset, this.isLittleEndian);
  }

  private readLong(offset: number): number {
    return this.view.getUint32(offset, this.isLittleEndian);
  }

  private readLong8(offset: number): number {
    return Number(this.view.getBigUint64(offset, this.isLittleEndian));
  }
}

/**
 * The file, or a copy in which one tag tells the decoder something that it handles better than the truth:
 * unsigned for signed 16-bit samples, whose negative values it clips to 0 (isSigned16 puts the sign back), and MinIsBlack
 * for unsigned 32-bit ones, which it would turn to values near 2^32 that float32 cannot tell apart.
 */
export function makeDecodable(bytes: Uint8Array, page: TiffPage): Uint8Array {
  if (isSigned16(page)) return withTag(bytes, page.sampleFormatOffset, 1, page.isLittleEndian);
  if (isWhiteZero32(page)) return withTag(bytes, page.photometricOffset, 1, page.isLittleEndian);
  return bytes;
}

export function isSigned16(page: TiffPage): boolean {
  return page.sampleFormat === 2 && page.bitsPerSample === 16;
}

/** Whether white is zero and the decoder leaves it so: it exchanges black and white for unsigned samples. */
export function isLeftWhiteZero(page: TiffPage): boolean {
  return page.photometric === 0 && !isSigned16(page) && (page.sampleFormat !== 1 || isWhiteZero32(page));
}

function isWhiteZero32(page: TiffPage): boolean {
  return page.photometric === 0 && page.sampleFormat === 1 && page.bitsPerSample === 32;
}

function withTag(
  bytes: Uint8Array,
  offset: number | null,
  value: number,
  isLittleEndian: boolean,
): Uint8Array {
  if (offset === null) return bytes;
  const copy = Uint8Array.from(bytes);
  new DataView(copy.buffer).setUint16(offset, value, isLittleEndian);
  return copy;
}
