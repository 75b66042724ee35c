/** Numbers of the tags that say how a page's samples lie in the file. */
export const TAG = {
  newSubfileType: 254,
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  fillOrder: 266,
  stripOffsets: 273,
  orientation: 274,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planarConfiguration: 284,
  t4Options: 292,
  t6Options: 293,
  predictor: 317,
  colourMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  extraSamples: 338,
  sampleFormat: 339,
  jpegTables: 347,
  yCbCrCoefficients: 529,
  yCbCrSubsampling: 530,
  referenceBlackWhite: 532,
  molecularDynamicsFormat: 33445,
} as const;

/** Bytes of one value by field type: BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG, LONG8. */
const TYPE_BYTES: Record<number, number> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 16: 8 };
const RATIONAL = 5;

interface Entry {
  type: number;
  count: number;
  valueOffset: number;
}

/** One directory of a TIFF file. Values are read when they are asked for; tags of unknown type are never touched. */
export type TiffDirectory = Map<number, Entry>;

/**
 * Reads classic TIFF and BigTIFF in both byte orders. Every method throws RangeError where an offset points outside the
 * file; nothing that the file says makes it read more than the file holds.
 */
export class TiffFile {
  readonly isLittleEndian: boolean;
  private readonly view: DataView;
  private readonly isBig: boolean;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.isLittleEndian = this.view.getUint8(0) === 0x49;
    this.isBig = this.view.getUint16(2, this.isLittleEndian) === 43;
  }

  /**
   * Where the directories begin, in the order of their chain. A chain that bites its tail ends there; one that leaves the
   * file ends too, and `isBroken` says so.
   * @throws RangeError where not even the first directory lies in the file
   */
  listDirectories(): { offsets: number[]; isBroken: boolean } {
    const offsets = new Set<number>();
    let offset = this.isBig ? this.readLong8(8) : this.readLong(4);
    while (offset !== 0 && !offsets.has(offset)) {
      const next = this.findNextDirectory(offset);
      if (next === null) break;
      offsets.add(offset);
      offset = next;
    }
    if (offsets.size === 0) throw new RangeError('the first directory lies outside the file');
    return { offsets: [...offsets], isBroken: offset !== 0 };
  }

  readDirectory(offset: number): TiffDirectory {
    const { count, first, entryBytes } = this.measureDirectory(offset);
    const directory: TiffDirectory = new Map();
    for (let i = 0; i < count; i++) {
      const at = first + i * entryBytes;
      const type = this.readShort(at + 2);
      const values = this.isBig ? this.readLong8(at + 4) : this.readLong(at + 4);
      const field = at + (this.isBig ? 12 : 8);
      const isInline = (TYPE_BYTES[type] ?? 0) * values <= (this.isBig ? 8 : 4);
      const valueOffset = isInline ? field : this.isBig ? this.readLong8(field) : this.readLong(field);
      const tag = this.readShort(at);
      if (!directory.has(tag)) directory.set(tag, { type, count: values, valueOffset });
    }
    return directory;
  }

  /** All values of a tag; null where it is absent or of a type that holds no numbers. Rationals come as quotients. */
  readValues(directory: TiffDirectory, tag: number): number[] | null {
    const entry = directory.get(tag);
    const typeBytes = entry && TYPE_BYTES[entry.type];
    if (!entry || !typeBytes || entry.count === 0) return null;
    if (entry.valueOffset + entry.count * typeBytes > this.bytes.length) {
      throw new RangeError(`the values of tag ${tag} lie outside the file`);
    }
    return Array.from({ length: entry.count }, (_, i) =>
      this.readValue(entry.valueOffset + i * typeBytes, entry.type, typeBytes),
    );
  }

  /** The next directory's offset, 0 at the end of the chain; null where this directory does not lie in the file. */
  private findNextDirectory(offset: number): number | null {
    const headBytes = this.isBig ? 8 : 2;
    if (offset + headBytes > this.bytes.length) return null;
    const { count, first, entryBytes } = this.measureDirectory(offset);
    const link = first + count * entryBytes;
    if (link > this.bytes.length || count === 0) return null;
    // Some writers leave the last link away where the directory ends the file.
    if (link + (this.isBig ? 8 : 4) > this.bytes.length) return 0;
    return this.isBig ? this.readLong8(link) : this.readLong(link);
  }

  private measureDirectory(offset: number) {
    const count = this.isBig ? this.readLong8(offset) : this.readShort(offset);
    return { count, first: offset + (this.isBig ? 8 : 2), entryBytes: this.isBig ? 20 : 12 };
  }

  private readValue(offset: number, type: number, typeBytes: number): number {
    if (type === RATIONAL) return this.readLong(offset) / this.readLong(offset + 4);
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
