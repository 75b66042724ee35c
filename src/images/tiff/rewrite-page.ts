import { TAG, type TiffDirectory, type TiffFile } from './tiff-file.js';
import { countSegments, type TiffPage } from './tiff-page.js';

interface Field {
  tag: number;
  type: 3 | 4 | 7;
  values: readonly number[];
}

const VALUE_BYTES = { 3: 2, 4: 4, 7: 1 };
const ENTRY_BYTES = 12;
const HEAD_BYTES = 8;

/**
 * The file with one directory in place of all others: that of `page`, holding only the tags that say how its samples lie,
 * all with possible values. So the decoder meets no oddity that it would report beside real damage, walks no chain of
 * pages, and is told what it handles better than the truth:
 * unsigned for signed 16-bit samples, whose negative values it clips to 0 (the caller puts the sign back); MinIsBlack for
 * unsigned 32-bit ones, which it would turn to values near 2^32 that float32 cannot tell apart; RGB for whole YCbCr.
 * @param options.plane where planes lie apart: the one to show as a grey picture
 */
export function rewritePage(
  file: TiffFile,
  directory: TiffDirectory,
  page: TiffPage,
  options: { plane?: number; photometric: number; sampleFormat: number },
): Buffer {
  const fields = listFields(file, directory, page, options);
  const start = file.bytes.length + (file.bytes.length & 1);
  const outside = fields.reduce((sum, field) => sum + outsideBytes(field), 0);
  const result = Buffer.alloc(start + 2 + fields.length * ENTRY_BYTES + 4 + outside);
  result.set(file.bytes);
  const view = new DataView(result.buffer, result.byteOffset, result.length);
  const isLittle = file.isLittleEndian;
  view.setUint16(2, 42, isLittle);
  view.setUint32(4, start, isLittle);
  view.setUint16(start, fields.length, isLittle);
  let free = start + 2 + fields.length * ENTRY_BYTES + 4;
  fields.forEach((field, i) => {
    const at = start + 2 + i * ENTRY_BYTES;
    view.setUint16(at, field.tag, isLittle);
    view.setUint16(at + 2, field.type, isLittle);
    view.setUint32(at + 4, field.values.length, isLittle);
    const bytes = outsideBytes(field);
    if (bytes > 0) view.setUint32(at + HEAD_BYTES, free, isLittle);
    writeValues(view, field, bytes > 0 ? free : at + HEAD_BYTES, isLittle);
    free += bytes;
  });
  return result;
}

function listFields(
  file: TiffFile,
  directory: TiffDirectory,
  page: TiffPage,
  { plane, photometric, sampleFormat }: { plane?: number; photometric: number; sampleFormat: number },
): Field[] {
  const samples = plane === undefined ? page.samplesPerPixel : 1;
  const perSample = (value: number) => Array.from({ length: samples }, () => value);
  const short = (tag: number, ...values: number[]): Field => ({ tag, type: 3, values });
  const long = (tag: number, values: readonly number[]): Field => ({ tag, type: 4, values });
  const { tile, rowsPerStrip, offsets, byteCounts } = page.segments;
  const count = countSegments(page);
  const first = (plane ?? 0) * count;
  const own = (list: readonly number[]) => list.slice(first, first + count);
  const bits = page.bitsPerSample[0]!;
  const fields = [
    long(TAG.width, [page.width]),
    long(TAG.height, [page.height]),
    short(TAG.bitsPerSample, ...perSample(bits)),
    short(TAG.compression, page.compression),
    short(TAG.photometric, plane === undefined ? photometric : 1),
    short(TAG.orientation, page.orientation),
    short(TAG.samplesPerPixel, samples),
    short(TAG.planarConfiguration, 1),
    short(TAG.sampleFormat, ...perSample(sampleFormat)),
    ...(tile
      ? [
          long(TAG.tileWidth, [tile.width]),
          long(TAG.tileHeight, [tile.height]),
          long(TAG.tileOffsets, own(offsets)),
          long(TAG.tileByteCounts, own(byteCounts)),
        ]
      : [
          long(TAG.rowsPerStrip, [rowsPerStrip]),
          long(TAG.stripOffsets, own(offsets)),
          long(TAG.stripByteCounts, own(byteCounts)),
        ]),
    ...(plane === undefined ? copyFields(file, directory, [TAG.extraSamples], 3) : []),
    ...copyFields(file, directory, [TAG.predictor, TAG.colourMap], 3),
    ...copyFields(file, directory, [TAG.t4Options, TAG.t6Options], 4),
    ...copyFields(file, directory, [TAG.jpegTables], 7),
  ];
  if (file.readValues(directory, TAG.fillOrder)?.[0] === 2) fields.push(short(TAG.fillOrder, 2));
  if (photometric === 6) fields.push(short(TAG.yCbCrSubsampling, ...page.yCbCrSubsampling));
  return fields.sort((a, b) => a.tag - b.tag);
}

function copyFields(
  file: TiffFile,
  directory: TiffDirectory,
  tags: readonly number[],
  type: Field['type'],
): Field[] {
  return tags.flatMap((tag) => {
    const values = file.readValues(directory, tag);
    return values ? [{ tag, type, values }] : [];
  });
}

function outsideBytes({ type, values }: Field): number {
  const bytes = VALUE_BYTES[type] * values.length;
  return bytes > 4 ? bytes + (bytes & 1) : 0;
}

function writeValues(view: DataView, { type, values }: Field, at: number, isLittle: boolean): void {
  values.forEach((value, i) => {
    if (type === 7) view.setUint8(at + i, value);
    else if (type === 3) view.setUint16(at + i * 2, value, isLittle);
    else view.setUint32(at + i * 4, value, isLittle);
  });
}
