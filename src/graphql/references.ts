import { GelqlError } from '../errors.js';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** The types that have global ids. */
export const NODE_TYPES = ['Classification', 'Dataset', 'Model', 'Result', 'Sweep', 'TrainingRun'] as const;
export type NodeType = (typeof NODE_TYPES)[number];

/** What a global id says: the base64 of `Model:0199...`. */
export interface GlobalId {
  typename: NodeType;
  id: string;
}

/**
 * For `node` and `nodes`, which take global ids only.
 * @throws GelqlError BAD_REQUEST for anything else
 */
export function decodeGlobalId(globalId: string): GlobalId {
  const decoded = parseGlobalId(globalId);
  if (decoded === null) throw new GelqlError('BAD_REQUEST', `"${globalId}" is no global id of this server.`);
  return decoded;
}

/**
 * Arguments that point at a row take the global id of the schema, the plain UUID, or a name or number: `TW9kZWw6...`,
 * `0199...`, `gelql-base-resnet18`, `12`.
 * @returns what the row functions understand: UUID, name or number as text
 * @throws GelqlError BAD_REQUEST for the global id of another type
 */
export function decodeReference(type: NodeType, reference: string): string {
  const decoded = parseGlobalId(reference);
  if (decoded === null) return reference;
  if (decoded.typename !== type) {
    throw new GelqlError(
      'BAD_REQUEST',
      `"${reference}" is the id of a ${decoded.typename}, not of a ${type}.`,
    );
  }
  return decoded.id;
}

function parseGlobalId(text: string): GlobalId | null {
  const [name, id, ...rest] = Buffer.from(text, 'base64').toString('utf8').split(':');
  const typename = NODE_TYPES.find((type) => type === name);
  if (typename === undefined || id === undefined || rest.length > 0 || !UUID.test(id)) return null;
  return { typename, id };
}
