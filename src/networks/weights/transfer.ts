import { isNativeError } from 'node:util/types';

/** A connection that ended early or stayed silent: what was received is good, and the rest can be asked for. */
export class ConnectionBroken extends Error {}

/** An answer whose headers fit the file that was asked for. */
export interface Transfer {
  /** Where the first chunk belongs: the position asked for, or 0 where the server does not know Range. */
  start: number;
  /** @throws ConnectionBroken */
  chunks: AsyncIterable<Uint8Array>;
  close(): void;
}

/**
 * Asks for a file from `start` on and checks what can be known before its bytes arrive.
 * @throws ConnectionBroken when no answer comes; Error with the reason when the answer is not the file
 */
export async function openTransfer(
  address: string,
  sizeBytes: number,
  start: number,
  idleTimeoutMs: number,
  signal?: AbortSignal,
): Promise<Transfer> {
  const silence = new AbortController();
  const timer = setTimeout(() => {
    silence.abort(new Error(`the server was silent for ${Math.round(idleTimeoutMs / 1000)} s`));
  }, idleTimeoutMs);
  const signals = signal === undefined ? [silence.signal] : [silence.signal, signal];
  const close = (): void => {
    clearTimeout(timer);
    silence.abort();
  };
  try {
    const response = await request(address, start, AbortSignal.any(signals));
    const position = checkAnswer(response, sizeBytes, start);
    return { start: position, chunks: readChunks(response, () => timer.refresh()), close };
  } catch (error) {
    close();
    throw error;
  }
}

async function request(address: string, start: number, signal: AbortSignal): Promise<Response> {
  // A compressed answer would have another length than the file.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (start > 0) headers.range = `bytes=${start}-`;
  try {
    return await fetch(address, { headers, signal, redirect: 'follow' });
  } catch (cause) {
    throw new ConnectionBroken(reasonOf(cause), { cause });
  }
}

/** @returns the position of the answer's first byte */
function checkAnswer(response: Response, sizeBytes: number, start: number): number {
  const { status, headers } = response;
  if (!response.ok) throw new Error(`the server answered ${status} ${response.statusText}`.trimEnd());
  if (headers.get('content-type')?.startsWith('text/html') === true) {
    throw new Error('the server answered with an HTML page (a sign-in page or a filter?)');
  }
  if (status === 206) return checkRange(headers.get('content-range'), sizeBytes, start);
  const length = headers.get('content-length');
  if (length !== null && Number(length) !== sizeBytes) {
    throw new Error(`the server announced ${length} bytes instead of ${sizeBytes}`);
  }
  return 0;
}

function checkRange(range: string | null, sizeBytes: number, start: number): number {
  const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range ?? '') ?? [];
  if (Number(first) !== start || (total !== '*' && Number(total) !== sizeBytes)) {
    throw new Error(`the server offered ${range ?? 'no range'} instead of byte ${start} on of ${sizeBytes}`);
  }
  return start;
}

async function* readChunks(response: Response, onChunk: () => void): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  for (;;) {
    const { done, value } = await readNext(reader);
    if (done || value === undefined) return;
    onChunk();
    yield value;
  }
}

async function readNext(reader: ReadableStreamDefaultReader<Uint8Array>) {
  try {
    return await reader.read();
  } catch (cause) {
    throw new ConnectionBroken(reasonOf(cause), { cause });
  }
}

/** fetch says "fetch failed" and keeps the reason in `cause`. */
function reasonOf(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  return isNativeError(error.cause) ? `${error.message} (${error.cause.message})` : error.message;
}
