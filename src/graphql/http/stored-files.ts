import { createHash } from 'node:crypto';
import type { FetchAPI, Plugin } from 'graphql-yoga';
import type { App } from '../../app.js';
import { createPlaces } from '../../serving/places.js';
import { GelqlError } from '../../errors.js';
import { respondError } from './error-response.js';

/** Something that a browser may keep, with how long it is good. */
export interface StoredFile {
  /** Changes with the content. */
  tag: string;
  /** Whether the content at this address can never change. */
  isFinal: boolean;
  contentSecurityPolicy: string;
  load: () => Promise<FileContent>;
}

export interface FileContent {
  contentType: string;
  body: string | Uint8Array<ArrayBuffer>;
}

/** An entity tag over what the content follows from. */
export function tagOf(...parts: readonly unknown[]): string {
  return `"${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}"`;
}

/**
 * Answers GET and HEAD below `prefix` with what `find` finds there, 304 where the browser has it; errors as JSON with the
 * status of their code.
 * @param options.maxPending requests at once; more are refused with OVERLOADED
 * @param options.what is asked for, in the plural, for that message
 * @param options.find throws GelqlError
 */
export function useStoredFiles(
  { logger }: Pick<App, 'logger'>,
  {
    prefix,
    maxPending,
    what,
    find,
  }: { prefix: string; maxPending: number; what: string; find: (url: URL) => Promise<StoredFile> },
): Plugin {
  const places = createPlaces(maxPending, { what });
  return {
    async onRequest(event) {
      const { request, url, fetchAPI } = event;
      if (!url.pathname.startsWith(prefix) || !['GET', 'HEAD'].includes(request.method)) return;
      try {
        places.assertRoom();
        const place = places.take();
        try {
          event.endResponse(await respond(request, fetchAPI, await find(url)));
        } finally {
          place.release();
        }
      } catch (error) {
        event.endResponse(respondError(error, fetchAPI, logger));
      }
    },
  };
}

/** @throws GelqlError NOT_FOUND for what is no part of an address */
export function decodeSegment(segment: string, { pathname }: URL): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new GelqlError('NOT_FOUND', `There is nothing at ${pathname}.`);
  }
}

async function respond(
  request: Request,
  fetchAPI: FetchAPI,
  { tag, isFinal, contentSecurityPolicy, load }: StoredFile,
): Promise<Response> {
  const headers = {
    etag: tag,
    'cache-control': isFinal ? 'public, max-age=31536000, immutable' : 'no-cache',
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
  };
  const known = (request.headers.get('if-none-match') ?? '').split(/\s*,\s*/);
  if (known.includes(tag) || known.includes(`W/${tag}`)) {
    return new fetchAPI.Response(null, { status: 304, headers });
  }
  const { contentType, body } = await load();
  return new fetchAPI.Response(request.method === 'HEAD' ? null : body, {
    headers: { ...headers, 'content-type': contentType },
  });
}
