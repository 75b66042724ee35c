import { createHash } from 'node:crypto';
import type { FetchAPI } from 'graphql-yoga';
import type { Logger } from '../logger.js';
import { maskError } from './errors.js';

/** Something that a browser may keep, with how long it is good. */
export interface Stored {
  /** Changes with the content. */
  tag: string;
  /** Whether the content at this address can never change. */
  isFinal: boolean;
  contentSecurityPolicy: string;
  load: () => Promise<{ contentType: string; body: string | Uint8Array<ArrayBuffer> }>;
}

/** An entity tag over what the content follows from. */
export function tagOf(...parts: readonly unknown[]): string {
  return `"${createHash('sha256').update(JSON.stringify(parts)).digest('base64url')}"`;
}

/** Answers 304 without loading anything where the browser has this very content. */
export async function respondStored(
  request: Request,
  fetchAPI: FetchAPI,
  { tag, isFinal, contentSecurityPolicy, load }: Stored,
): Promise<Response> {
  const headers = {
    etag: tag,
    'cache-control': isFinal ? 'public, max-age=31536000, immutable' : 'no-cache',
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
  };
  const known = (request.headers.get('if-none-match') ?? '').split(/\s*,\s*/);
  if (known.includes(tag) || known.includes(`W/${tag}`))
    return new fetchAPI.Response(null, { status: 304, headers });
  const { contentType, body } = await load();
  return new fetchAPI.Response(request.method === 'HEAD' ? null : body, {
    headers: { ...headers, 'content-type': contentType },
  });
}

/** The JSON of a failed GraphQL operation, with the status and the headers of its code. */
export function respondError(error: unknown, fetchAPI: FetchAPI, logger: Logger): Response {
  const masked = maskError(error, logger);
  const { http, ...extensions } = masked.extensions as {
    http?: { status?: number; headers?: Record<string, string> };
  };
  return new fetchAPI.Response(JSON.stringify({ errors: [{ message: masked.message, extensions }] }), {
    status: http?.status ?? 500,
    headers: {
      ...http?.headers,
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    },
  });
}
