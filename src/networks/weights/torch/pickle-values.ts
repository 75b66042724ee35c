/**
 * What a pickle turns into here: inert values only. A global is its name, a call is a name with arguments; nothing is
 * looked up, constructed or run.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleGlobal
  | PickleTuple
  | PickleList
  | PickleDictionary
  | PickleCall
  | PicklePersistent;

export interface PickleGlobal {
  kind: 'global';
  /** `module.name`, on the allow-list. */
  name: string;
}
export interface PickleTuple {
  kind: 'tuple';
  items: readonly PickleValue[];
}
export interface PickleList {
  kind: 'list';
  items: PickleValue[];
}
/** dict and OrderedDict; a repeated key stays visible as a second entry. */
export interface PickleDictionary {
  kind: 'dictionary';
  entries: [PickleValue, PickleValue][];
}
/** An allow-listed function and its arguments, not called. */
export interface PickleCall {
  kind: 'call';
  name: string;
  items: readonly PickleValue[];
}
/** A reference to something outside the pickle: torch's storages. */
export interface PicklePersistent {
  kind: 'persistent';
  items: readonly PickleValue[];
}

type Structured = Exclude<PickleValue, null | boolean | number | bigint | string>;

export function isKind<K extends Structured['kind']>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<Structured, { kind: K }> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}

/** A short word for messages; never shows the content. */
export function describeValue(value: PickleValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'None';
  if (typeof value !== 'object') return typeof value;
  return value.kind === 'call' || value.kind === 'global' ? `${value.kind} ${value.name}` : value.kind;
}
