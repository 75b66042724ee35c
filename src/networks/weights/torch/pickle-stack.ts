import { invalidPickle } from './pickle-errors.js';
import { describeValue, isKind, type PickleValue } from './pickle-values.js';

const MAX_MEMO = 200_000;
const MAX_OPEN_MARKS = 64;

/** The stack of a pickle machine with its marks and memo. Values below the last mark belong to an outer construction. */
export class PickleStack {
  readonly #values: PickleValue[] = [];
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();

  /** @throws GelqlError WEIGHTS_INVALID unless exactly one value is left and nothing is open */
  finish(): PickleValue {
    if (this.#values.length !== 1 || this.#marks.length !== 0) throw invalidPickle('it stops in the middle');
    return this.pop();
  }

  push(value: PickleValue): void {
    this.#values.push(value);
  }

  pop(): PickleValue {
    const value = this.peek();
    this.#values.length -= 1;
    return value;
  }

  peek(): PickleValue {
    const value = this.#values.at(-1);
    if (value === undefined || this.#values.length <= this.#floor())
      throw invalidPickle('its stack ran empty');
    return value;
  }

  /** The value on top, which has to be a container of that kind. */
  peekContainer<K extends 'list' | 'dictionary'>(kind: K) {
    const value = this.peek();
    if (!isKind(value, kind)) throw invalidPickle(`it fills ${describeValue(value)} as a ${kind}`);
    return value;
  }

  popMany(count: number): PickleValue[] {
    const start = this.#values.length - count;
    if (start < this.#floor()) throw invalidPickle('its stack ran empty');
    return this.#values.splice(start);
  }

  mark(): void {
    if (this.#marks.length >= MAX_OPEN_MARKS) throw invalidPickle(`it nests deeper than ${MAX_OPEN_MARKS}`);
    this.#marks.push(this.#values.length);
  }

  popToMark(): PickleValue[] {
    const start = this.#marks.pop();
    if (start === undefined) throw invalidPickle('it closes what it never opened');
    return this.#values.splice(start);
  }

  /** Remembers the value on top. */
  put(index: number): void {
    this.#memo.set(index, this.peek());
    if (this.#memo.size > MAX_MEMO) throw invalidPickle(`it remembers more than ${MAX_MEMO} values`);
  }

  /** Pushes a remembered value again. */
  get(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw invalidPickle(`it recalls value ${index}, which it never stored`);
    this.push(value);
  }

  #floor(): number {
    return this.#marks.at(-1) ?? 0;
  }
}
