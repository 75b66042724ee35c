import type { IncomingMessage, ServerResponse } from 'node:http';

/*
 * A client that sends `Expect: 100-continue` (curl does, from 1 MB on) waits with its body until it is asked for it. An
 * upload is asked for when somebody reads it; who is refused before that never sends it.
 */

const held = new WeakSet<ServerResponse>();

/** Waits with the invitation where the request is an upload. */
export function holdBody(request: IncomingMessage, response: ServerResponse): void {
  held.add(response);
  // A connection whose body was announced and never sent cannot carry another request.
  response.setHeader('connection', 'close');
  if (!/^multipart\/form-data/i.test(request.headers['content-type'] ?? '')) inviteBody(response);
}

/** Asks for the body where the client waits for that. */
export function inviteBody(response: ServerResponse): void {
  if (!held.delete(response)) return;
  response.removeHeader('connection');
  response.writeContinue();
}
