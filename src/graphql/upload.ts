import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { processRequest, type FileUpload } from 'graphql-upload-minimal';
import type { Plugin } from 'graphql-yoga';
import { GelqlError } from '../errors.js';
import { toGraphQLError } from './errors.js';

export interface UploadLimits {
  /** Largest file in bytes; one byte more is refused. */
  maxFileBytes: number;
  maxFiles: number;
}

interface NodeServerContext {
  req?: IncomingMessage;
  res?: ServerResponse;
}

/** Largest `operations` or `map` part of a multipart request, in bytes. */
const MAX_FIELD_BYTES = 1_000_000;
/** A sender that is silent for so long has gone, or waits for us while we wait for it. */
const IDLE_MS = 30_000;

/**
 * The only multipart parser: yoga's own buffers the whole request, this one streams. `multipart: false` must be set.
 * Five traps of graphql-upload-minimal are closed here and in `readUpload`; each has a test in test/graphql.
 */
export function useUploads(limits: UploadLimits): Plugin {
  return {
    onRequestParse({ request, setRequestParser, serverContext }) {
      if (!/^multipart\/form-data/i.test(request.headers.get('content-type') ?? '')) return;
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

/**
 * Reads one file of a request. Files are read in the order in which they were sent: one that waits for an earlier one
 * that nobody reads, like one whose sender has fallen silent, is given up after `idleMs`, and its place with it.
 * @throws GelqlError FILE_TOO_LARGE, BAD_REQUEST; DEADLINE_EXCEEDED; CANCELLED when the client went away in the middle
 */
export async function readUpload(
  upload: Promise<FileUpload>,
  { maxFileBytes, idleMs = IDLE_MS }: { maxFileBytes: number; idleMs?: number },
): Promise<{ filename: string; bytes: Uint8Array }> {
  const idle = new AbortController();
  const timer = setTimeout(() => idle.abort(), idleMs);
  try {
    const file = await Promise.race([upload, rejectOnAbort(idle.signal)]);
    const stream = file.createReadStream();
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: string | Buffer) => {
      chunks.push(Buffer.from(chunk));
      timer.refresh();
    });
    // `limit` comes without an error event and the stream would then never end by itself.
    stream.once('limit', () => stream.destroy(tooLarge(maxFileBytes)));
    await once(stream, 'end', { signal: idle.signal });
    return { filename: file.filename, bytes: Buffer.concat(chunks) };
  } catch (error) {
    throw idle.signal.aborted ? stalled(idleMs) : uploadError(error, maxFileBytes);
  } finally {
    clearTimeout(timer);
  }
}

async function rejectOnAbort(signal: AbortSignal): Promise<never> {
  await once(signal, 'abort');
  throw signal.reason;
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
