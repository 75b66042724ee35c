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

/**
 * The only multipart parser: yoga's own buffers the whole request, this one streams. `multipart: false` must be set.
 * Four traps of graphql-upload-minimal are closed here and in `readUpload`; each has a test in test/graphql.
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
        try {
          // The library refuses at size == maxFileSize, hence the extra byte.
          const operation = await processRequest(req, res, {
            maxFieldSize: MAX_FIELD_BYTES,
            maxFileSize: limits.maxFileBytes + 1,
            maxFiles: limits.maxFiles,
          });
          return operation as never;
        } catch (error) {
          throw toGraphQLError(uploadError(error));
        }
      });
    },
  };
}

/** @throws GelqlError FILE_TOO_LARGE, BAD_REQUEST; CANCELLED when the client went away in the middle */
export async function readUpload(
  upload: Promise<FileUpload>,
  maxFileBytes: number,
): Promise<{ filename: string; bytes: Uint8Array }> {
  const file = await upload.catch((error: unknown) => {
    throw uploadError(error);
  });
  const stream = file.createReadStream();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: string | Buffer) => chunks.push(Buffer.from(chunk)));
  // `limit` comes without an error event and the stream would then never end by itself.
  stream.once('limit', () => stream.destroy(tooLarge(file.filename, maxFileBytes)));
  try {
    await once(stream, 'end');
  } catch (error) {
    throw error instanceof GelqlError
      ? error
      : new GelqlError('CANCELLED', `The upload of ${file.filename} broke off.`, { cause: error });
  }
  return { filename: file.filename, bytes: Buffer.concat(chunks) };
}

function tooLarge(filename: string, maxFileBytes: number): GelqlError {
  return new GelqlError('FILE_TOO_LARGE', `${filename} is larger than ${maxFileBytes} bytes.`, {
    facts: { maxFileBytes },
  });
}

function uploadError(error: unknown): GelqlError {
  const status = (error as { status?: unknown } | null)?.status;
  const message = error instanceof Error ? error.message : String(error);
  if (status === 413) return new GelqlError('TOO_MANY_FILES', message, { cause: error });
  return new GelqlError('BAD_REQUEST', `The multipart request is not usable: ${message}`, { cause: error });
}
