import { isArrayBuffer, isFloat32Array, isInt32Array, isUint8Array } from 'node:util/types';

type Values = Uint8Array | Int32Array | Float32Array;

export interface Owned {
  value: unknown;
  /** The memory of the arrays in `value`, to be handed over to a thread. */
  memory: ArrayBuffer[];
}

/**
 * A message whose arrays, at any depth of plain objects, lie in memory that a thread can take over: one copy, where
 * cloning makes two, and clones the whole of what a small window looks into. What is handed over is not copied at all
 * where it fills its memory; an engine may answer with a window into a larger pool, or into WebAssembly's.
 */
export function ownArrays(value: unknown, isHandedOver: boolean): Owned {
  const memory = new Set<ArrayBuffer>();
  const own = (part: unknown): unknown => {
    if (isValues(part)) {
      const owned = isHandedOver && fillsItsBuffer(part) ? part : copyArray(part);
      if (isArrayBuffer(owned.buffer)) memory.add(owned.buffer);
      return owned;
    }
    if (!isPlainObject(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([field, inner]) => [field, own(inner)]));
  };
  return { value: own(value), memory: [...memory] };
}

function isValues(value: unknown): value is Values {
  return isUint8Array(value) || isInt32Array(value) || isFloat32Array(value);
}

/** By the name of its constructor: what came out of a message may be of another realm. */
function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && value.constructor?.name === 'Object';
}

function fillsItsBuffer({ buffer, byteLength }: Values): boolean {
  return isArrayBuffer(buffer) && buffer.byteLength === byteLength;
}

/** Not `slice`: of a Buffer it copies nothing. */
function copyArray(values: Values): Values {
  if (isUint8Array(values)) return new Uint8Array(values);
  return isInt32Array(values) ? new Int32Array(values) : new Float32Array(values);
}
