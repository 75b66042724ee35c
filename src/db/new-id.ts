import { v7 } from 'uuid';

/** A new row id, UUID version 7: ids made later sort later, also within one millisecond of one process. */
export function newId(): string {
  return v7();
}

/** Whether `text` has the form of a row id; PostgreSQL refuses the whole statement where it has not. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text);
}
