/** A small TIFF writer for layouts that no encoder at hand produces: one uncompressed strip per page. */

type Samples =
  Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

export interface TiffPageSpec {
  width: number;
  height: number;
  /** Row-major, interleaved; the type sets BitsPerSample and SampleFormat unless they are given. */
  samples: Samples;
  samplesPerPixel?: number;
  bitsPerSample?: number;
  sampleFormat?: number;
  /** 0 MinIsWhite, 1 MinIsBlack, 2 RGB, 3 palette. */
  photometric?: number;
  /** Further tags: number, field type (3 SHORT, 4 LONG) and values. */
  extraTags?: { tag: number; type: 3 | 4; values: number[] }[];
}

interface Layout {
  isLittleEndian: boolean;
  isBig: boolean;
}

interface Field {
  tag: number;
  type: 3 | 4;
  values: number[];
}

const VALUE_BYTES = { 3: 2, 4: 4 };

export function writeTiff(pages: TiffPageSpec[], options: Partial<Layout> = {}): Uint8Array {
  const layout: Layout = { isLittleEndian: true, isBig: false, ...options };
  const chunks: Buffer[] = [writeHead(layout)];
  let offset = chunks[0]!.length;
  pages.forEach((page, index) => {
    const chunk = writePage(page, offset, layout, index === pages.length - 1);
    chunks.push(chunk);
    offset += chunk.length;
  });
  return new Uint8Array(Buffer.concat(chunks));
}

/** The first directory follows the head at once. */
function writeHead({ isLittleEndian, isBig }: Layout): Buffer {
  const head = Buffer.alloc(isBig ? 16 : 8);
  head.write(isLittleEndian ? 'II' : 'MM', 'latin1');
  writeNumber(head, isBig ? 43 : 42, 2, 2, isLittleEndian);
  if (isBig) writeNumber(head, 8, 4, 2, isLittleEndian);
  writeNumber(head, head.length, isBig ? 8 : 4, isBig ? 8 : 4, isLittleEndian);
  return head;
}

/** Directory, then the values that do not fit into it, then the strip. */
function writePage(page: TiffPageSpec, offset: number, layout: Layout, isLast: boolean): Buffer {
  const { isLittleEndian, isBig } = layout;
  const data = orderedBytes(page.samples, isLittleEndian);
  const fields = listFields(page, data.length);
  const [countBytes, entryBytes, slotBytes] = isBig ? [8, 20, 8] : [2, 12, 4];
  const directoryBytes = countBytes + fields.length * entryBytes + slotBytes;
  const isOutside = ({ type, values }: Field) => VALUE_BYTES[type] * values.length > slotBytes;
  const outsideBytes = fields
    .filter(isOutside)
    .reduce((sum, field) => sum + VALUE_BYTES[field.type] * field.values.length, 0);
  const dataStart = even(directoryBytes + outsideBytes);
  const block = Buffer.alloc(even(dataStart + data.length));

  writeNumber(block, fields.length, 0, countBytes, isLittleEndian);
  let outside = directoryBytes;
  fields.forEach((field, i) => {
    const at = countBytes + i * entryBytes;
    const values = field.tag === 273 ? [offset + dataStart] : field.values;
    writeNumber(block, field.tag, at, 2, isLittleEndian);
    writeNumber(block, field.type, at + 2, 2, isLittleEndian);
    writeNumber(block, values.length, at + 4, slotBytes, isLittleEndian);
    let slot = at + 4 + slotBytes;
    if (isOutside(field)) {
      writeNumber(block, offset + outside, slot, slotBytes, isLittleEndian);
      slot = outside;
      outside += VALUE_BYTES[field.type] * values.length;
    }
    values.forEach((value, k) => {
      writeNumber(block, value, slot + k * VALUE_BYTES[field.type], VALUE_BYTES[field.type], isLittleEndian);
    });
  });
  const next = isLast ? 0 : offset + block.length;
  writeNumber(block, next, directoryBytes - slotBytes, slotBytes, isLittleEndian);
  data.copy(block, dataStart);
  return block;
}

function listFields(page: TiffPageSpec, dataBytes: number): Field[] {
  const samplesPerPixel = page.samplesPerPixel ?? 1;
  const perSample = (value: number) => Array.from({ length: samplesPerPixel }, () => value);
  const short = (tag: number, ...values: number[]): Field => ({ tag, type: 3, values });
  const long = (tag: number, ...values: number[]): Field => ({ tag, type: 4, values });
  return [
    long(256, page.width),
    long(257, page.height),
    short(258, ...perSample(page.bitsPerSample ?? page.samples.BYTES_PER_ELEMENT * 8)),
    short(259, 1),
    short(262, page.photometric ?? (samplesPerPixel >= 3 ? 2 : 1)),
    long(273, 0),
    short(277, samplesPerPixel),
    long(278, page.height),
    long(279, dataBytes),
    short(284, 1),
    short(339, ...perSample(page.sampleFormat ?? sampleFormatOf(page.samples))),
    ...(page.extraTags ?? []),
  ].sort((a, b) => a.tag - b.tag);
}

function sampleFormatOf(samples: Samples): number {
  if (samples instanceof Float32Array || samples instanceof Float64Array) return 3;
  return samples instanceof Int8Array || samples instanceof Int16Array || samples instanceof Int32Array
    ? 2
    : 1;
}

function orderedBytes(samples: Samples, isLittleEndian: boolean): Buffer {
  const bytes = Buffer.from(
    Uint8Array.from(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)),
  );
  if (isLittleEndian || samples.BYTES_PER_ELEMENT === 1) return bytes;
  if (samples.BYTES_PER_ELEMENT === 2) return bytes.swap16();
  return samples.BYTES_PER_ELEMENT === 4 ? bytes.swap32() : bytes.swap64();
}

function writeNumber(
  buffer: Buffer,
  value: number,
  at: number,
  bytes: number,
  isLittleEndian: boolean,
): void {
  if (bytes === 8) {
    if (isLittleEndian) buffer.writeBigUInt64LE(BigInt(value), at);
    else buffer.writeBigUInt64BE(BigInt(value), at);
  } else if (isLittleEndian) buffer.writeUIntLE(value, at, bytes);
  else buffer.writeUIntBE(value, at, bytes);
}

function even(bytes: number): number {
  return bytes + (bytes & 1);
}
