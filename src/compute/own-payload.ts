import { isArrayBuffer, isFloat32Array, isInt32Array, isUint8Array } from 'node:util/types';
import type { Payload } from './runner.js';

type Values = Uint8Array | Int32Array | Float32Array;

/**
 * The task with its arrays in memory that the thread takes over: one copy, where cloning makes two, and clones the whole
 * of what a small window looks into. What is handed over is not copied at all.
 */
export function ownPayload<Task extends object, Field extends keyof Task>(
  task: Task & Record<Field, Values>,
  fields: readonly Field[],
  isHandedOver = false,
): Payload {
  const owned = fields.map((field) => {
    const array = task[field];
    return [field, isHandedOver && fillsItsBuffer(array) ? array : copyArray(array)] as const;
  });
  return {
    value: { ...task, ...Object.fromEntries(owned) },
    transfer: owned.flatMap(([, { buffer }]) => (isArrayBuffer(buffer) ? [buffer] : [])),
  };
}

/** The same for a task of unknown kind: all arrays among its fields. What came over a channel are windows into messages. */
export function ownReceivedPayload(task: unknown): Payload {
  if (typeof task !== 'object' || task === null || ArrayBuffer.isView(task))
    return { value: task, transfer: [] };
  const fields = Object.entries(task).flatMap(([field, value]) => (isValues(value) ? [field] : []));
  return ownPayload(task as Record<string, Values>, fields, true);
}

function isValues(value: unknown): value is Values {
  return isUint8Array(value) || isInt32Array(value) || isFloat32Array(value);
}

function fillsItsBuffer({ buffer, byteLength }: Values): boolean {
  return isArrayBuffer(buffer) && buffer.byteLength === byteLength;
}

/** Not `slice`: of a Buffer it copies nothing. */
export function copyArray(values: Uint8Array): Uint8Array<ArrayBuffer>;
export function copyArray(values: Values): Values;
export function copyArray(values: Values): Values {
  if (isUint8Array(values)) return new Uint8Array(values);
  return isInt32Array(values) ? new Int32Array(values) : new Float32Array(values);
}
