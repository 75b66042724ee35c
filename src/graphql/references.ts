import { GelqlError } from '../errors.js';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/**
 * Arguments that point at a row take the global id of the schema, the plain UUID, or a name or number: `TW9kZWw6...`,
 * `0199...`, `gelql-base-resnet18`, `12`.
 * @returns what the row functions understand: UUID, name or number as text
 * @throws GelqlError BAD_REQUEST for the global id of another type
 */
export function decodeReference(type: string, reference: string): string {
  const decoded = Buffer.from(reference, 'base64').toString('utf8');
  const [typename, id, ...rest] = decoded.split(':');
  if (typename === undefined || id === undefined || rest.length > 0 || !UUID.test(id)) return reference;
  if (typename !== type) {
    throw new GelqlError('BAD_REQUEST', `${reference} is the id of a ${typename}, not of a ${type}.`);
  }
  return id;
}
