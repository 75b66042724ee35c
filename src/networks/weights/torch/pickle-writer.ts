/** Writes the few opcodes of pickle protocol 2 that a state_dict needs; no memo, so equal strings are written again. */
export class PickleWriter {
  readonly #parts: Uint8Array[] = [Uint8Array.of(0x80, 2)];

  mark(): this {
    return this.#append(0x28);
  }

  closeTuple(): this {
    return this.#append(0x74);
  }

  reduce(): this {
    return this.#append(0x52);
  }

  setItems(): this {
    return this.#append(0x75);
  }

  persistentId(): this {
    return this.#append(0x51);
  }

  boolean(value: boolean): this {
    return this.#append(value ? 0x88 : 0x89);
  }

  global(module: string, name: string): this {
    return this.#append(0x63, ...new TextEncoder().encode(`${module}\n${name}\n`));
  }

  text(value: string): this {
    const encoded = new TextEncoder().encode(value);
    const opcode = new DataView(new ArrayBuffer(5));
    opcode.setUint8(0, 0x58);
    opcode.setUint32(1, encoded.byteLength, true);
    return this.#append(...new Uint8Array(opcode.buffer), ...encoded);
  }

  /** A whole number from 0 to 2^47 - 1: BININT up to 2^31 - 1, LONG1 of six bytes beyond. */
  integer(value: number): this {
    const opcode = new DataView(new ArrayBuffer(9));
    if (value < 2 ** 31) {
      opcode.setUint8(0, 0x4a);
      opcode.setInt32(1, value, true);
      return this.#append(...new Uint8Array(opcode.buffer, 0, 5));
    }
    opcode.setBigUint64(1, BigInt(value), true);
    return this.#append(0x8a, 6, ...new Uint8Array(opcode.buffer, 1, 6));
  }

  integers(values: readonly number[]): this {
    this.mark();
    for (const value of values) this.integer(value);
    return this.closeTuple();
  }

  emptyOrderedDict(): this {
    return this.global('collections', 'OrderedDict').#append(0x29).reduce();
  }

  stop(): Uint8Array {
    this.#append(0x2e);
    return new Uint8Array(Buffer.concat(this.#parts));
  }

  #append(...bytes: number[]): this {
    this.#parts.push(Uint8Array.from(bytes));
    return this;
  }
}
