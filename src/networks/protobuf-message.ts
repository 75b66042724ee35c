const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/**
 * Writes one protobuf message. Pieces are kept by reference until `toBytes` lays them into one buffer of the right size,
 * so that hundreds of megabytes of weights are copied once, however deep they are nested.
 */
export class ProtobufMessage {
  readonly #pieces: Uint8Array[] = [];
  #byteLength = 0;

  /** @param value not negative, at most 2^53 - 1 */
  integer(field: number, value: number): this {
    return this.#append(encodeVarint(field * 8 + VARINT)).#append(encodeVarint(value));
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    return this.#append(encodeVarint(field * 8 + FIXED_32)).#append(bytes);
  }

  text(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#header(field, value.byteLength).#append(value);
  }

  message(field: number, value: ProtobufMessage): this {
    this.#header(field, value.#byteLength);
    for (const piece of value.#pieces) this.#append(piece);
    return this;
  }

  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.#byteLength);
    let offset = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece, offset);
      offset += piece.byteLength;
    }
    return bytes;
  }

  #header(field: number, byteLength: number): this {
    return this.#append(encodeVarint(field * 8 + LENGTH_DELIMITED)).#append(encodeVarint(byteLength));
  }

  #append(piece: Uint8Array): this {
    this.#pieces.push(piece);
    this.#byteLength += piece.byteLength;
    return this;
  }
}

function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}
