import { invalidPickle } from './pickle-errors.js';

const MAX_PICKLE_BYTES = 8 * 1024 * 1024;
const MAX_STRING_BYTES = 64 * 1024;
const MAX_LONG_BYTES = 16;
const LINE_FEED = 0x0a;

/** Reads a pickle's operands; every read is bounded by the file and by 8 MB from the start. */
export class PickleCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #limit: number;
  #position: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = offset;
    this.#limit = Math.min(bytes.byteLength, offset + MAX_PICKLE_BYTES);
  }

  get position(): number {
    return this.#position;
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  /** Big-endian: the one number that pickles store so. */
  float64(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  /** Little-endian two's complement of `count` bytes; a bigint only where a number would lose digits. */
  long(count: number): number | bigint {
    if (count > MAX_LONG_BYTES) throw invalidPickle(`it has an integer of ${count} bytes`);
    const start = this.#take(count);
    let value = 0n;
    for (let i = count - 1; i >= 0; i -= 1) value = (value << 8n) | BigInt(this.#view.getUint8(start + i));
    value = BigInt.asIntN(count * 8, value);
    const narrow = Number(value);
    return Number.isSafeInteger(narrow) ? narrow : value;
  }

  text(count: number, encoding: 'utf-8' | 'latin1'): string {
    if (count > MAX_STRING_BYTES) throw invalidPickle(`it has a string of ${count} bytes`);
    const start = this.#take(count);
    return new TextDecoder(encoding).decode(this.#bytes.subarray(start, start + count));
  }

  /** Text up to the next line feed, which is skipped. */
  line(): string {
    const end = this.#bytes.indexOf(LINE_FEED, this.#position);
    if (end < 0) throw invalidPickle('a name is cut off');
    const text = this.text(end - this.#position, 'utf-8');
    this.#take(1);
    return text;
  }

  #take(count: number): number {
    const start = this.#position;
    if (start + count > this.#limit) throw invalidPickle('it is cut off or longer than 8 MB');
    this.#position = start + count;
    return start;
  }
}
