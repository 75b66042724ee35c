import { randomUUID } from 'node:crypto';
import type { Plugin } from 'graphql-yoga';
import { withRequestId } from '../../request-scope.js';

const HEADER = 'x-request-id';
/** What a client may send as the id of its request. */
const SAFE_ID = /^[\w.-]{1,100}$/;

const given = new WeakMap<Request, string>();

/** The client's own id where it sent a usable one, so that its log and ours can be laid side by side. */
export function requestIdOf(request: Request): string {
  const known = given.get(request);
  if (known !== undefined) return known;
  const sent = request.headers.get(HEADER);
  const id = sent !== null && SAFE_ID.test(sent) ? sent : randomUUID();
  given.set(request, id);
  return id;
}

/** Answers every request with the id that its log lines carry. */
export function useRequestId(): Plugin {
  return {
    onRequest(event) {
      const { request, requestHandler } = event;
      event.setRequestHandler((handled, context) =>
        withRequestId(requestIdOf(request), () => requestHandler(handled, context)),
      );
    },
    onResponse({ request, response }) {
      response.headers.set(HEADER, requestIdOf(request));
    },
  };
}
