import { at } from '../at.js';
import type { Page, PageRequest } from '../db/keyset.js';

/** Names and descriptions of a connection and of its edge, after what they hold. */
export function connectionNames<T extends string>(type: T) {
  return [
    { name: `${type}Connection`, description: `A page of ${type} objects.` },
    { name: `${type}Edge`, description: `A ${type} and its place in the list.` },
  ] as const;
}

/** What a relay connection field returns. */
export interface ConnectionShape<Node> {
  edges: { cursor: string; node: Node }[];
  pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

export async function connectionOf<Row>(
  args: PageRequest,
  read: (page: PageRequest) => Promise<Page<Row>>,
): Promise<ConnectionShape<Row>>;
export async function connectionOf<Row, Node>(
  args: PageRequest,
  read: (page: PageRequest) => Promise<Page<Row>>,
  toNode: (row: Row) => Node,
): Promise<ConnectionShape<Node>>;
export async function connectionOf<Row, Node>(
  { first, after, last, before }: PageRequest,
  read: (page: PageRequest) => Promise<Page<Row>>,
  toNode?: (row: Row) => Node,
): Promise<ConnectionShape<Row | Node>> {
  const { rows, cursors, hasNextPage, hasPreviousPage } = await read({ first, after, last, before });
  const edges = rows.map((row, index) => ({
    cursor: at(cursors, index),
    node: toNode === undefined ? row : toNode(row),
  }));
  return {
    edges,
    pageInfo: {
      hasNextPage,
      hasPreviousPage,
      startCursor: cursors[0] ?? null,
      endCursor: cursors.at(-1) ?? null,
    },
  };
}
