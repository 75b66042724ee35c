import { at } from '../../at.js';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { shouldRenderGraphiQL, type Plugin } from 'graphql-yoga';
import { CSRF_HEADER } from './csrf-header.js';
import { EXAMPLE_OPERATIONS } from '../example-operations.js';

const OPTIONS = {
  title: 'gelql',
  defaultTabs: EXAMPLE_OPERATIONS.map(({ query, variables }) => ({
    query,
    ...(variables === undefined ? {} : { variables: JSON.stringify(variables, null, 2) }),
  })),
  defaultQuery: at(EXAMPLE_OPERATIONS, 0).query,
  additionalHeaders: { [CSRF_HEADER]: 'graphiql' },
};

/**
 * GraphiQL moves its tabs with an animation that never ends where they come with the page: a tab that gets the focus
 * jumps away from below the mouse, and the first click on it is lost.
 */
const MENDED_STYLE = '<style>.graphiql-tab { transform: none !important }</style>';

/** The browser itself refuses whatever is not from this server. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  "style-src 'unsafe-inline'",
  "img-src 'self' data:",
  'font-src data:',
  'worker-src blob:',
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface Page {
  /** Entity tag: changes with the page. */
  tag: string;
  html: string;
  zipped: Uint8Array<ArrayBuffer>;
}

/**
 * GraphiQL from the server's own files: laboratories have no internet, and yoga's default page loads a CDN. The page has
 * 9 MB; it is compressed once (to 2 MB) and sent again only when it has changed.
 */
export function useGraphiql(endpoint: string): Plugin {
  let page: Promise<Page> | null = null;
  return {
    async onRequest(event) {
      const { request, url, fetchAPI } = event;
      if (!shouldRenderGraphiQL(request) || url.pathname.replace(/\/$/, '') !== endpoint) return;
      const { tag, html, zipped } = await (page ??= renderPage());
      const headers = {
        etag: tag,
        'cache-control': 'no-cache',
        vary: 'accept, accept-encoding',
        'content-security-policy': CONTENT_SECURITY_POLICY,
      };
      if (request.headers.get('if-none-match') === tag) {
        event.endResponse(new fetchAPI.Response(null, { status: 304, headers }));
        return;
      }
      const isZipped = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '');
      event.endResponse(
        new fetchAPI.Response(isZipped ? zipped : html, {
          headers: {
            ...headers,
            'content-type': 'text/html; charset=utf-8',
            ...(isZipped ? { 'content-encoding': 'gzip' } : {}),
          },
        }),
      );
    },
  };
}

async function renderPage(): Promise<Page> {
  const html = renderGraphiQL(OPTIONS).trim().replace('</head>', `${MENDED_STYLE}</head>`);
  const tag = `"${createHash('sha256').update(html).digest('base64url')}"`;
  return { tag, html, zipped: new Uint8Array(await promisify(gzip)(html)) };
}
