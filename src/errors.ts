/**
 * The closed list of error codes. Each is documented in docs/errors.md; a test proves that list and document agree.
 * `httpStatus` is what a GraphQL response or an HTTP route answers with; `retryable` says whether the same call can
 * succeed later without a change; `advice` is what the caller should do.
 */
export const ERRORS = {
  // --- the caller's input -------------------------------------------------------------------------------------
  BAD_REQUEST: {
    httpStatus: 400,
    retryable: false,
    advice: 'Correct the request: the message names the field.',
  },
  CSRF_HEADER_MISSING: {
    httpStatus: 403,
    retryable: false,
    advice: 'Send the header x-graphql-yoga-csrf, with any value, along with every file upload.',
  },
  NOT_FOUND: { httpStatus: 404, retryable: false, advice: 'Check the identifier; list what exists first.' },
  CONFLICT: {
    httpStatus: 409,
    retryable: false,
    advice:
      'Choose another name or use what exists already; where an alias is not where it was expected, read it again.',
  },
  IDEMPOTENCY_CONFLICT: {
    httpStatus: 409,
    retryable: false,
    advice: 'Use a new key for every picture. A repeated request must be identical to the first one.',
  },
  // --- pictures -----------------------------------------------------------------------------------------------
  FILE_TOO_LARGE: {
    httpStatus: 413,
    retryable: false,
    advice: 'Send a smaller file: crop to the gel or lower the resolution.',
  },
  TOO_MANY_FILES: { httpStatus: 413, retryable: false, advice: 'Send fewer files in one request.' },
  UNSUPPORTED_FORMAT: {
    httpStatus: 415,
    retryable: false,
    advice: 'Export the picture as TIFF (8 or 16 bit), PNG, JPEG, WebP, BMP or GIF.',
  },
  UNSUPPORTED_SAMPLE_TYPE: {
    httpStatus: 415,
    retryable: false,
    advice: 'Export the picture as 8-bit or 16-bit greyscale TIFF, uncompressed or with LZW.',
  },
  UNREADABLE_OR_TRUNCATED: {
    httpStatus: 422,
    retryable: false,
    advice: 'The file is damaged or cut off: export or transfer it again.',
  },
  TOO_MANY_PIXELS: { httpStatus: 422, retryable: false, advice: 'Lower the resolution of the picture.' },
  PICTURE_TOO_COSTLY: {
    httpStatus: 422,
    retryable: false,
    advice:
      'Save the picture anew as an ordinary PNG or TIFF: one page in strips, no frames, no progressive scans.',
  },
  TOO_SMALL: {
    httpStatus: 422,
    retryable: false,
    advice: 'Send a picture whose shorter side has at least 16 pixels.',
  },
  BLANK_IMAGE: {
    httpStatus: 422,
    retryable: false,
    advice: 'The picture holds a single tone: check exposure and export.',
  },
  PICTURE_NOT_KEPT: {
    httpStatus: 409,
    retryable: false,
    advice:
      'Start the server with GELQL_KEEP_PICTURES=true and send the picture again; pictures of data sets are always kept.',
  },
  PAGE_OUT_OF_RANGE: {
    httpStatus: 422,
    retryable: false,
    advice: 'Ask for a page that the file has; pages count from 0.',
  },
  // --- weight files -------------------------------------------------------------------------------------------
  WEIGHTS_MISSING: {
    httpStatus: 409,
    retryable: false,
    advice: 'Run `gelql weights pull NAME`, or `gelql weights import FILE` where there is no network.',
  },
  WEIGHTS_INVALID: {
    httpStatus: 422,
    retryable: false,
    advice: 'The weight file is not what it claims to be: fetch it again from its publisher.',
  },
  WEIGHTS_UNSAFE: {
    httpStatus: 422,
    retryable: false,
    advice: 'The weight file asks to run code. Do not use it; get it from a publisher that you trust.',
  },
  WEIGHTS_DIGEST_MISMATCH: {
    httpStatus: 422,
    retryable: false,
    advice: 'The bytes differ from the pinned SHA-256: fetch the file again.',
  },
  DOWNLOAD_FAILED: {
    httpStatus: 502,
    retryable: true,
    advice: 'Check the network or the mirror address and run the command again: it resumes.',
  },
  // --- data sets and training ---------------------------------------------------------------------------------
  DATASET_INVALID: {
    httpStatus: 422,
    retryable: false,
    advice:
      'A data set is a folder with one folder of pictures per class, optionally below train/ and test/.',
  },
  DATASET_TOO_SMALL: {
    httpStatus: 422,
    retryable: false,
    advice: 'Add pictures: each class needs enough for every split.',
  },
  SWEEP_TOO_LARGE: {
    httpStatus: 422,
    retryable: false,
    advice: 'Shorten the lists of the grid, or ask for several sweeps.',
  },
  RUN_NOT_CANCELLABLE: { httpStatus: 409, retryable: false, advice: 'The run has ended already.' },
  // --- models -------------------------------------------------------------------------------------------------
  NO_MODEL: {
    httpStatus: 409,
    retryable: false,
    advice: 'Train a model first: `trainModel`, or `gelql train`.',
  },
  MODEL_CORRUPT: {
    httpStatus: 500,
    retryable: false,
    advice:
      'The stored model differs from its digest: restore it from a backup, or train one with another seed.',
  },
  NOT_COMPARABLE: {
    httpStatus: 409,
    retryable: false,
    advice:
      'Compare models that were tested on the same pictures: trained on one data set with one split seed, for example.',
  },
  MODEL_ARCHIVED: {
    httpStatus: 409,
    retryable: false,
    advice: 'Name another model, or put this one back into service with `restoreModel`.',
  },
  MODEL_PROBE_FAILED: {
    httpStatus: 409,
    retryable: false,
    advice:
      'The model does not answer here as it did when it was registered; nothing was changed. Try another engine, or train it again.',
  },
  MODEL_INVALID: {
    httpStatus: 422,
    retryable: false,
    advice: 'Export the model again and copy the folder whole; nothing was registered.',
  },
  // --- machine ------------------------------------------------------------------------------------------------
  DEVICE_UNAVAILABLE: {
    httpStatus: 409,
    retryable: false,
    advice:
      'Choose another device, or start a worker that has this one; `gelql doctor` lists what was found.',
  },
  ENGINE_UNAVAILABLE: {
    httpStatus: 409,
    retryable: false,
    advice:
      'Choose another engine, or start a worker that has one; `gelql doctor` says why this one is absent.',
  },
  SETUP_FAILED: {
    httpStatus: 500,
    retryable: true,
    advice: 'Read the line above: it names what is missing and how to install it.',
  },
  DEVICE_LOST: {
    httpStatus: 503,
    retryable: true,
    advice:
      'Send the request again: the engine starts anew. If it happens again, look at the driver and its log.',
  },
  DEVICE_OUT_OF_MEMORY: {
    httpStatus: 503,
    retryable: true,
    advice: 'Lower GELQL_MAX_BATCH, or free the memory of the graphics card.',
  },
  WORKER_CRASHED: {
    httpStatus: 503,
    retryable: true,
    advice: 'Send the request again; if it happens again, report the picture.',
  },
  OVERLOADED: {
    httpStatus: 429,
    retryable: true,
    advice: 'Wait for the seconds in Retry-After and send the request again.',
  },
  DEADLINE_EXCEEDED: {
    httpStatus: 504,
    retryable: true,
    advice: 'Send the request again, or allow it more time.',
  },
  CANCELLED: {
    httpStatus: 499,
    retryable: true,
    advice: 'The caller disconnected or cancelled. Send the request again if you still need the answer.',
  },
  SHUTTING_DOWN: {
    httpStatus: 503,
    retryable: true,
    advice: 'The server is stopping: send the request to another one.',
  },
  // --- database and configuration -----------------------------------------------------------------------------
  DATABASE_TOO_NEW: {
    httpStatus: 500,
    retryable: false,
    advice: 'The database was migrated by a newer gelql: upgrade this one.',
  },
  DATABASE_UNAVAILABLE: {
    httpStatus: 503,
    retryable: true,
    advice:
      'Check DATABASE_URL and that PostgreSQL answers; without it, that GELQL_DATA_DIR can be written and has free space.',
  },
  ADDRESS_UNAVAILABLE: {
    httpStatus: 500,
    retryable: true,
    advice:
      'Stop the program that uses the port, or choose another one with --port or GELQL_PORT; 0 takes a free one.',
  },
  CONFIGURATION_INVALID: {
    httpStatus: 500,
    retryable: false,
    advice: 'Correct the environment variables that the message lists.',
  },
  INTERNAL: {
    httpStatus: 500,
    retryable: false,
    advice: 'Report it with the request id; the log has the cause.',
  },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** An error that a caller can act on. `facts` holds JSON values only, safe to show to the caller. */
export class GelqlError extends Error {
  override readonly name = 'GelqlError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly options: { cause?: unknown; facts?: Record<string, unknown> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
  }

  get advice(): string {
    return ERRORS[this.code].advice;
  }

  get facts(): Record<string, unknown> {
    return this.options.facts ?? {};
  }
}

/**
 * What PostgreSQL (SQLSTATE) and its driver say where nothing is wrong with the statement: no room or no connection left,
 * the server stops, starts or is gone.
 */
const UNAVAILABLE = /^(53\w{3}|57P0[1-5]|08\w{3}|CONNECTION_(CLOSED|ENDED|DESTROYED)|CONNECT_TIMEOUT)$/;

/** What a socket reports; it means the database where a statement of Drizzle's was sent through it. */
const SOCKET_FAILED = /^(EPIPE|ECONNRESET|ECONNREFUSED|ENOENT)$/;

/**
 * The GelqlError that `error` is or was caused by, DATABASE_UNAVAILABLE where the cause is a database that cannot answer;
 * null where there is none.
 */
export function findGelqlError(error: unknown): GelqlError | null {
  let isStatement = false;
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current instanceof GelqlError) return current;
    isStatement ||= 'query' in current;
    const code = 'code' in current ? String(current.code) : '';
    if (UNAVAILABLE.test(code) || (isStatement && SOCKET_FAILED.test(code))) {
      return new GelqlError('DATABASE_UNAVAILABLE', `The database cannot answer: ${current.message}`, {
        cause: current,
      });
    }
  }
  return null;
}

/** The plain form in which a GelqlError crosses a worker's message port or is stored with a failed run. */
export interface SerializedError {
  code: ErrorCode;
  message: string;
  facts: Record<string, unknown>;
}

export function serializeError(error: unknown): SerializedError {
  if (error instanceof GelqlError) return { code: error.code, message: error.message, facts: error.facts };
  return { code: 'INTERNAL', message: error instanceof Error ? error.message : String(error), facts: {} };
}

export function deserializeError(error: SerializedError): GelqlError {
  return new GelqlError(error.code, error.message, { facts: error.facts });
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERRORS, value);
}

/** What the one who waits behind an aborted signal is told: the signal's own reason where it is one of ours. */
export function abortError({ reason }: Pick<AbortSignal, 'reason'>): GelqlError {
  return reason instanceof GelqlError
    ? reason
    : new GelqlError('CANCELLED', 'The caller went away.', { cause: reason });
}
