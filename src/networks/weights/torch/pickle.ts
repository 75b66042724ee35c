import { PickleCursor } from './pickle-cursor.js';
import { invalidPickle, unsafeGlobal, unsafePickle } from './pickle-errors.js';
import { PickleStack } from './pickle-stack.js';
import { describeValue, isKind, type PickleDictionary, type PickleValue } from './pickle-values.js';

/** An official file takes about 25 opcodes for each tensor, so this is room for the 5,000 tensors that are allowed. */
const MAX_OPCODES = 500_000;
const ORDERED_DICT = 'collections.OrderedDict';

/** Opcodes that would construct something, with the word for the message. */
const CONSTRUCTING_OPCODES: Record<number, string> = {
  0x6f: 'OBJ',
  0x81: 'NEWOBJ',
  0x82: 'EXT1',
  0x83: 'EXT2',
  0x84: 'EXT4',
  0x92: 'NEWOBJ_EX',
};

/**
 * Reads one pickle of protocol 2 that begins at `offset`, with the opcodes that torch.save uses and no others.
 * @param allowedGlobals full names that GLOBAL may push
 * @returns the value and the position behind STOP
 * @throws GelqlError WEIGHTS_UNSAFE when the pickle asks for code (the message names it), WEIGHTS_INVALID when it is
 * damaged or past a limit
 */
export function readPickle(
  bytes: Uint8Array,
  offset: number,
  allowedGlobals: ReadonlySet<string>,
): { value: PickleValue; end: number } {
  return new PickleMachine(bytes, offset, allowedGlobals).run();
}

class PickleMachine {
  readonly #cursor: PickleCursor;
  readonly #allowedGlobals: ReadonlySet<string>;
  readonly #stack = new PickleStack();

  constructor(bytes: Uint8Array, offset: number, allowedGlobals: ReadonlySet<string>) {
    this.#cursor = new PickleCursor(bytes, offset);
    this.#allowedGlobals = allowedGlobals;
  }

  run(): { value: PickleValue; end: number } {
    for (let count = 0; count < MAX_OPCODES; count += 1) {
      const opcode = this.#cursor.uint8();
      if (opcode === 0x2e) return { value: this.#stack.finish(), end: this.#cursor.position };
      this.#execute(opcode);
    }
    throw invalidPickle(`it has more than ${MAX_OPCODES} opcodes`);
  }

  #execute(opcode: number): void {
    switch (opcode) {
      case 0x80: // PROTO
        return this.#checkProtocol(this.#cursor.uint8());
      case 0x63: // GLOBAL
        return this.#pushGlobal(`${this.#cursor.line()}.${this.#cursor.line()}`);
      case 0x52: // REDUCE
        return this.#reduce();
      case 0x62: // BUILD
        return this.#build();
      case 0x51: // BINPERSID
        return this.#pushPersistent();
      case 0x28: // MARK
        return this.#stack.mark();
      case 0x29: // EMPTY_TUPLE
        return this.#stack.push({ kind: 'tuple', items: [] });
      case 0x74: // TUPLE
        return this.#stack.push({ kind: 'tuple', items: this.#stack.popToMark() });
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return this.#stack.push({ kind: 'tuple', items: this.#stack.popMany(opcode - 0x84) });
      case 0x7d: // EMPTY_DICT
        return this.#stack.push({ kind: 'dictionary', entries: [] });
      case 0x73: // SETITEM
        return this.#setItems(this.#stack.popMany(2));
      case 0x75: // SETITEMS
        return this.#setItems(this.#stack.popToMark());
      case 0x5d: // EMPTY_LIST
        return this.#stack.push({ kind: 'list', items: [] });
      case 0x61: // APPEND
        return this.#append(this.#stack.popMany(1));
      case 0x65: // APPENDS
        return this.#append(this.#stack.popToMark());
      case 0x71: // BINPUT
        return this.#stack.put(this.#cursor.uint8());
      case 0x72: // LONG_BINPUT
        return this.#stack.put(this.#cursor.uint32());
      case 0x68: // BINGET
        return this.#stack.get(this.#cursor.uint8());
      case 0x6a: // LONG_BINGET
        return this.#stack.get(this.#cursor.uint32());
      default:
        return this.#pushScalar(opcode);
    }
  }

  #pushScalar(opcode: number): void {
    switch (opcode) {
      case 0x4e: // NONE
        return this.#stack.push(null);
      case 0x88: // NEWTRUE
        return this.#stack.push(true);
      case 0x89: // NEWFALSE
        return this.#stack.push(false);
      case 0x4a: // BININT
        return this.#stack.push(this.#cursor.int32());
      case 0x4b: // BININT1
        return this.#stack.push(this.#cursor.uint8());
      case 0x4d: // BININT2
        return this.#stack.push(this.#cursor.uint16());
      case 0x8a: // LONG1
        return this.#stack.push(this.#cursor.long(this.#cursor.uint8()));
      case 0x47: // BINFLOAT
        return this.#stack.push(this.#cursor.float64());
      case 0x58: // BINUNICODE
        return this.#stack.push(this.#cursor.text(this.#cursor.uint32(), 'utf-8'));
      case 0x55: // SHORT_BINSTRING, written by Python 2
        return this.#stack.push(this.#cursor.text(this.#cursor.uint8(), 'latin1'));
      default:
        return this.#refuse(opcode);
    }
  }

  /** Says what an opcode outside the list asks for, as far as it can be told. */
  #refuse(opcode: number): never {
    if (opcode === 0x69) throw unsafeGlobal(`${this.#cursor.line()}.${this.#cursor.line()}`); // INST
    if (opcode === 0x93) {
      const [module, name] = this.#stack.popMany(2); // STACK_GLOBAL
      throw unsafeGlobal(`${nameOf(module)}.${nameOf(name)}`);
    }
    const word = CONSTRUCTING_OPCODES[opcode];
    if (word !== undefined) throw unsafePickle(`the opcode ${word}, which constructs an object`);
    throw invalidPickle(`it uses the opcode 0x${opcode.toString(16)}, which torch.save does not write`);
  }

  #checkProtocol(protocol: number): void {
    if (protocol !== 2) throw invalidPickle(`it is of protocol ${protocol}; torch.save writes protocol 2`);
  }

  #pushGlobal(name: string): void {
    if (!this.#allowedGlobals.has(name)) throw unsafeGlobal(name);
    this.#stack.push({ kind: 'global', name });
  }

  #reduce(): void {
    const [target, list] = this.#stack.popMany(2);
    if (!isKind(target, 'global')) throw unsafePickle(`a call of ${describeValue(target)}`);
    if (!isKind(list, 'tuple')) throw invalidPickle(`a call of ${target.name} has no arguments`);
    this.#stack.push(
      target.name === ORDERED_DICT
        ? orderedDictionary(list.items)
        : { kind: 'call', name: target.name, items: list.items },
    );
  }

  /** Only dictionaries get attributes (torch's `_metadata`), and they are dropped. */
  #build(): void {
    const [target] = this.#stack.popMany(2);
    if (!isKind(target, 'dictionary')) throw unsafePickle(`attributes on ${describeValue(target)}`);
    this.#stack.push(target);
  }

  #pushPersistent(): void {
    const id = this.#stack.pop();
    if (!isKind(id, 'tuple')) throw invalidPickle('a persistent id is not a tuple');
    if (id.items[0] === 'module') throw unsafePickle('a whole pickled module, with its source code');
    if (id.items[0] !== 'storage') throw invalidPickle('a persistent id is not a storage');
    this.#stack.push({ kind: 'persistent', items: id.items });
  }

  #setItems(items: PickleValue[]): void {
    if (items.length % 2 !== 0) throw invalidPickle('a dictionary has a key without a value');
    const target = this.#stack.peekContainer('dictionary');
    for (let i = 0; i < items.length; i += 2) target.entries.push([items[i] ?? null, items[i + 1] ?? null]);
  }

  #append(items: PickleValue[]): void {
    const target = this.#stack.peekContainer('list');
    for (const item of items) target.items.push(item);
  }
}

/** OrderedDict() or, as Python 2 wrote it, OrderedDict([[key, value], ...]). */
function orderedDictionary(items: readonly PickleValue[]): PickleDictionary {
  const [pairs, ...surplus] = items;
  if (pairs === undefined) return { kind: 'dictionary', entries: [] };
  if (!isKind(pairs, 'list') || surplus.length > 0) throw invalidPickle('an OrderedDict has odd arguments');
  const entries = pairs.items.map((pair): [PickleValue, PickleValue] => {
    if (!isKind(pair, 'list') && !isKind(pair, 'tuple')) throw invalidPickle('an OrderedDict has odd pairs');
    const [key, value, ...more] = pair.items;
    if (key === undefined || value === undefined || more.length > 0) {
      throw invalidPickle('an OrderedDict has odd pairs');
    }
    return [key, value];
  });
  return { kind: 'dictionary', entries };
}

function nameOf(value: PickleValue | undefined): string {
  return typeof value === 'string' ? value : describeValue(value);
}
