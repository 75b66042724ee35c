import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import type { GraphiQLOptions } from 'graphql-yoga';
import { EXAMPLE_OPERATIONS } from './example-operations.js';

const TITLE = 'gelql';

/** GraphiQL from the server's own files: laboratories have no internet, and yoga's default page loads a CDN. */
export function graphiqlRenderer(): (options?: GraphiQLOptions) => string {
  let page: string | null = null;
  return (options) => (page ??= renderGraphiQL({ ...options }));
}

export const graphiqlOptions: GraphiQLOptions = {
  title: TITLE,
  defaultTabs: EXAMPLE_OPERATIONS.map(({ query, variables }) => ({
    query,
    ...(variables === undefined ? {} : { variables: JSON.stringify(variables, null, 2) }),
  })),
  defaultQuery: EXAMPLE_OPERATIONS[0]?.query ?? '',
  // Sent with each operation; the server refuses multipart requests without it (cross-site request forgery).
  additionalHeaders: { 'x-graphql-yoga-csrf': 'graphiql' },
};
