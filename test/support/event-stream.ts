/** One message of a stream of server-sent events. */
export interface SentEvent {
  event: string;
  data: string;
}

/** The part of a response that a reader of its stream needs. */
export type Streamed = Pick<Response, 'status' | 'headers' | 'body'>;

type Fetch = (url: string, init: RequestInit) => Streamed | Promise<Streamed>;

/** Opens a GraphQL operation as a stream of server-sent events, as any client without a library does. */
export async function openStream(
  url: string,
  body: { query: string; variables?: Record<string, unknown> | undefined },
  options: { signal?: AbortSignal; headers?: Record<string, string>; fetch?: Fetch } = {},
): Promise<Streamed> {
  return (options.fetch ?? fetch)(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...options.headers },
    body: JSON.stringify(body),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** The messages of the stream to its end; comments, which keep the connection alive, are left out. */
export async function* readStream(response: Pick<Response, 'body'>): AsyncGenerator<SentEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const messages = text.split('\n\n');
    text = messages.pop() ?? '';
    for (const message of messages) {
      const sent = parseMessage(message);
      if (sent !== null) yield sent;
    }
  }
}

function parseMessage(message: string): SentEvent | null {
  const lines = message.split('\n').filter((line) => line !== '' && !line.startsWith(':'));
  if (lines.length === 0) return null;
  const valueOf = (field: string) =>
    lines
      .filter((line) => line.startsWith(`${field}:`))
      .map((line) => line.slice(field.length + 1).trim())
      .join('\n');
  return { event: valueOf('event'), data: valueOf('data') };
}
