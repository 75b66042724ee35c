import { expect } from '@jest/globals';

/**
 * Jest compares typed arrays element by element, by the names of their places: half a minute for the features of a model.
 * Those that hold the same bytes are equal at once; all others are left to Jest, which shows where they differ.
 */
function haveEqualBytes(left: unknown, right: unknown): true | undefined {
  if (!isTypedArray(left) || !isTypedArray(right) || left.constructor !== right.constructor) return undefined;
  return bytesOf(left).equals(bytesOf(right)) ? true : undefined;
}

type TypedArray = NodeJS.TypedArray;

function isTypedArray(value: unknown): value is TypedArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function bytesOf({ buffer, byteOffset, byteLength }: TypedArray): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

expect.addEqualityTesters([haveEqualBytes]);
