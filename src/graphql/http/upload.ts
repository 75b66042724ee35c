import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { processRequest, type FileUpload } from 'graphql-upload-minimal';
import type { Plugin } from 'graphql-yoga';
import type { Permit } from '../../serving/admission.js';
import { untilAborted } from '../../serving/deadline.js';
import { GelqlError } from '../../errors.js';
import { toGraphQLError } from '../errors.js';
import { inviteBody } from './expect-continue.js';

export interface UploadLimits {
  /** Largest file in bytes; one byte more is refused. */
  maxFileBytes: number;
  maxFiles: number;
}

/** Node's own objects below a request; absent where it did not come over a socket. */
export interface NodeServerContext {
  req?: IncomingMessage;
  res?: ServerResponse;
}

/** Pictures in one multipart request. */
export const MAX_FILES = 16;
/** Largest `operations` or `map` part of a multipart request, in bytes. */
const MAX_FIELD_BYTES = 1_000_000;
/** A sender that is silent for so long has gone, or waits for us while we wait for it. */
const IDLE_MS = 30_000;

export function isMultipart(request: Pick<Request, 'headers'>): boolean {
  return /^multipart\/form-data/i.test(request.headers.get('content-type') ?? '');
}

/**
 * The only multipart parser: yoga's own buffers the whole request, this one streams. `multipart: false` must be set.
 * Five traps of graphql-upload-minimal are closed here and in `readUpload`; each has a test in test/graphql.
 */
export function useUploads(limits: UploadLimits): Plugin {
  return {
    onRequestParse({ request, setRequestParser, serverContext }) {
      if (!isMultipart(request)) return;
      const { req, res } = serverContext as NodeServerContext;
      if (req === undefined || res === undefined) return;
      setRequestParser(async () => {
        // A file that no resolver consumes would leave the keep-alive connection stuck for its next request.
        res.once('finish', () => {
          if (req.complete) return;
          req.unpipe();
          req.resume();
        });
        keepErrorListener(req);
        inviteBody(res);
        try {
          // The library refuses at size == maxFileSize, hence the extra byte.
          const operation = await processRequest(req, res, {
            maxFieldSize: MAX_FIELD_BYTES,
            maxFileSize: limits.maxFileBytes + 1,
            maxFiles: limits.maxFiles,
          });
          return operation as never;
        } catch (error) {
          throw toGraphQLError(uploadError(error, limits.maxFileBytes));
        }
      });
    },
  };
}

/**
 * The library listens once for the parser's errors and then destroys it, which raises a second error that nobody would
 * hear: a malformed part header would end the process.
 */
function keepErrorListener(req: IncomingMessage): void {
  const pipe = req.pipe.bind(req);
  req.pipe = (destination, options) => {
    destination.on('error', () => undefined);
    return pipe(destination, options);
  };
}

export interface ReadOptions {
  maxFileBytes: number;
  /** Announced size of the whole request. */
  contentBytes?: number | null;
  /** Longest silence inside the file, and before it where `isAwaited`. */
  idleMs?: number;
  /** The file is the next one of the request: it is late when it does not come. */
  isAwaited?: boolean;
}

/**
 * Reads one file of a request into memory of its own, once the permit has room for it. Files are read in the order in
 * which they were sent: one that waits for an earlier one that nobody reads, like one whose sender has fallen silent, is
 * given up after `idleMs`, and its place with it. What is not wanted any more is read on and thrown away, so that the
 * files behind it get through.
 * @returns the bytes, and the file name, empty where the part has none
 * @throws GelqlError FILE_TOO_LARGE, BAD_REQUEST; DEADLINE_EXCEEDED; CANCELLED when the client went away in the middle
 */
export async function readUpload(
  upload: Promise<FileUpload>,
  permit: Permit,
  { maxFileBytes, contentBytes = null, idleMs = IDLE_MS, isAwaited = true }: ReadOptions,
): Promise<{ filename: string; bytes: Uint8Array }> {
  const silence = new AbortController();
  const signal = AbortSignal.any([permit.signal, silence.signal]);
  const timer = createSilenceTimer(idleMs, () => silence.abort(stalled(idleMs)));
  try {
    if (isAwaited) timer.start();
    const file = await untilAborted(upload, signal);
    timer.stop();
    const bytes = await readOn(file.createReadStream(), async (stream) => {
      const held = await permit.holdBytes(Math.min(maxFileBytes, contentBytes ?? maxFileBytes));
      timer.start();
      const read = await collect(stream, maxFileBytes, { signal, onChunk: () => timer.start() });
      held.shrinkTo(read.length);
      return read;
    });
    // The library's type hides that a part may come without a name, as some clients send it.
    const filename = file.filename as string | null | undefined;
    return { filename: filename ?? '', bytes };
  } catch (error) {
    throw uploadError(error, maxFileBytes);
  } finally {
    timer.stop();
  }
}

function createSilenceTimer(idleMs: number, onSilence: () => void): { start(): void; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  return {
    start() {
      if (timer === undefined) timer = setTimeout(onSilence, idleMs);
      else timer.refresh();
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}

/** However the work ends, the stream flows on to its end: the next file stands behind it. */
async function readOn<T>(stream: Readable, work: (stream: Readable) => Promise<T>): Promise<T> {
  try {
    return await work(stream);
  } finally {
    stream.removeAllListeners('data').resume();
    stream.on('error', () => undefined);
  }
}

function collect(
  stream: Readable,
  maxFileBytes: number,
  { signal, onChunk }: { signal: AbortSignal; onChunk: () => void },
): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  const reading = new Promise<Uint8Array>((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      onChunk();
      chunks.push(chunk);
    });
    // It comes without an error event.
    stream.once('limit', () => reject(tooLarge(maxFileBytes)));
    stream.once('error', reject);
    stream.once('end', () => resolve(join(chunks)));
  });
  return untilAborted(reading, signal);
}

/** Not `Buffer.concat`: small ones would lie in a pool that cannot be handed over to a thread. */
function join(chunks: readonly Buffer[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function stalled(idleMs: number): GelqlError {
  return new GelqlError(
    'DEADLINE_EXCEEDED',
    `Nothing of the file came for ${idleMs / 1000} s. Several files must be sent in the order in which the operation reads them.`,
    { facts: { idleMs } },
  );
}

function tooLarge(maxFileBytes: number): GelqlError {
  return new GelqlError('FILE_TOO_LARGE', `A file is larger than ${maxFileBytes} bytes.`, {
    facts: { maxFileBytes },
  });
}

/** The library tells its errors apart by status and text only. */
function uploadError(error: unknown, maxFileBytes: number): GelqlError {
  if (error instanceof GelqlError) return error;
  const status = (error as { status?: unknown } | null)?.status;
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith('File truncated')) return tooLarge(maxFileBytes);
  if (message.includes('max file uploads'))
    return new GelqlError('TOO_MANY_FILES', message, { cause: error });
  if (message.includes('createReadStream() multiple times')) {
    return new GelqlError('BAD_REQUEST', 'A file can be used once only in a request: send it twice.');
  }
  if (status === 499) return new GelqlError('CANCELLED', 'The upload broke off.', { cause: error });
  return new GelqlError('BAD_REQUEST', `The multipart request is not usable: ${message}`, { cause: error });
}
