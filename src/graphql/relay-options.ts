import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../db/keyset.js';
import { GelqlError } from '../errors.js';
import { decodeGlobalId } from './references.js';

/** As the plugin declares it. */
interface GlobalId {
  typename: string;
  id: string;
}
type ResolveOne = (id: GlobalId) => unknown;
type ResolveMany = (ids: GlobalId[]) => Promise<unknown[]>;

/** Names, descriptions and the two node queries of the relay plugin. */
export const relayOptions = {
  clientMutationId: 'omit',
  cursorType: 'String',
  decodeGlobalID: decodeGlobalId,
  idFieldOptions: {
    description: 'Global id, for `node` and for every argument that names an object of this type.',
  },
  nodeTypeOptions: { description: 'An object with a global id.' },
  nodeQueryOptions: {
    description: 'Anything by its global id; null where it does not exist.',
    args: { id: { description: 'Global id.' } },
    resolve: async (
      _root: unknown,
      { id }: { id: GlobalId },
      _context: unknown,
      _info: unknown,
      resolveNode: ResolveOne,
    ) => orNull(() => resolveNode(id)),
  },
  nodesQueryOptions: {
    description: 'Several at once, in the order of the ids; null for those that do not exist.',
    args: { ids: { description: 'Global ids.' } },
    resolve: async (
      _root: unknown,
      { ids }: { ids: GlobalId[] },
      _context: unknown,
      _info: unknown,
      resolveNodes: ResolveMany,
    ) => (await resolveNodes(ids)).map((node) => orNull(() => node)),
  },
  pageInfoTypeOptions: { description: 'Where a page lies in its list.' },
  hasNextPageFieldOptions: { description: 'More comes after this page.' },
  hasPreviousPageFieldOptions: { description: 'More comes before this page.' },
  startCursorFieldOptions: { description: 'Cursor of the first edge; null on an empty page.' },
  endCursorFieldOptions: { description: 'Cursor of the last edge; null on an empty page.' },
  edgesFieldOptions: { description: 'The entries of this page, in order.' },
  pageInfoFieldOptions: { description: 'For the next and the previous page.' },
  cursorFieldOptions: {
    description: 'Position in the list, for `after` and `before`; valid for the same order only.',
  },
  nodeFieldOptions: { description: 'The entry itself.' },
  firstArgOptions: {
    description: `Entries from the start, 1 to ${MAX_PAGE_SIZE}; ${DEFAULT_PAGE_SIZE} where absent.`,
  },
  afterArgOptions: { description: 'Start after this cursor.' },
  lastArgOptions: { description: `Entries from the end, 1 to ${MAX_PAGE_SIZE}; not together with first.` },
  beforeArgOptions: { description: 'End before this cursor.' },
} as const;

/** What `read` gives; null where a row is gone or never was. */
async function orNull(read: () => unknown): Promise<unknown> {
  try {
    const node = await read();
    return isMissing(node) ? null : node;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

function isMissing(value: unknown): boolean {
  return value instanceof GelqlError && value.code === 'NOT_FOUND';
}
