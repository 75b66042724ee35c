import { z } from 'zod';
import type { DeviceChoice } from '../words/device.js';
import { GelqlError, isErrorCode } from '../errors.js';

const DOCUMENT = `mutation Classify($upload: Upload!, $model: String, $page: Int, $device: DeviceChoice, $actor: String, $reference: String) {
  classifyGel(upload: $upload, model: $model, page: $page, device: $device, actor: $actor, clientReference: $reference) {
    id label probability decision decisionReasons model { name digest } warnings { code }
    timing { decodeMs queueMs inferMs batchSize engine }
  }
}`;

const answerSchema = z.object({
  id: z.string(),
  label: z.string(),
  probability: z.number(),
  decision: z.string().nullable(),
  decisionReasons: z.array(z.string()),
  model: z.object({ name: z.string(), digest: z.string() }),
  warnings: z.array(z.object({ code: z.string() })),
  timing: z.object({
    decodeMs: z.number(),
    queueMs: z.number(),
    inferMs: z.number(),
    batchSize: z.number(),
    engine: z.string(),
  }),
});

const responseSchema = z.object({
  data: z.object({ classifyGel: answerSchema.nullish() }).nullish(),
  errors: z
    .array(
      z.object({
        message: z.string(),
        extensions: z
          .object({ code: z.string().optional(), facts: z.record(z.string(), z.unknown()).optional() })
          .optional(),
      }),
    )
    .optional(),
});

export type HttpAnswer = z.infer<typeof answerSchema>;

/**
 * One picture to a running server, as any client of the GraphQL multipart request specification sends it.
 * @param url of the server, with or without /graphql
 * @throws GelqlError with the server's code; BAD_REQUEST where no gelql server answers there
 */
export async function classifyOverHttp(
  url: string,
  picture: {
    filename: string;
    bytes: Uint8Array;
    model?: string | undefined;
    page?: number | undefined;
    device?: DeviceChoice | undefined;
    actor?: string | undefined;
    reference?: string | undefined;
  },
): Promise<HttpAnswer> {
  const form = new FormData();
  const { model = null, page = null, device = null, actor = null, reference = null } = picture;
  const variables = { upload: null, model, page, device, actor, reference };
  form.set('operations', JSON.stringify({ query: DOCUMENT, variables }));
  form.set('map', JSON.stringify({ file: ['variables.upload'] }));
  form.set('file', new Blob([Uint8Array.from(picture.bytes)]), picture.filename);
  const address = url.endsWith('/graphql') ? url : `${url.replace(/\/$/, '')}/graphql`;
  const parsed = await post(address, form);
  const [error] = parsed.errors ?? [];
  if (error !== undefined) {
    const code = error.extensions?.code;
    throw new GelqlError(isErrorCode(code) ? code : 'INTERNAL', error.message, {
      facts: error.extensions?.facts ?? {},
    });
  }
  if (parsed.data?.classifyGel == null) throw new GelqlError('INTERNAL', `${address} answered without data.`);
  return parsed.data.classifyGel;
}

async function post(address: string, body: FormData): Promise<z.infer<typeof responseSchema>> {
  try {
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'x-graphql-yoga-csrf': 'gelql', accept: 'application/json' },
      body,
    });
    return responseSchema.parse(await response.json());
  } catch (cause) {
    throw new GelqlError('BAD_REQUEST', `No gelql server answers at ${address}: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

/** `fetch failed` says nothing; what it was caused by does. */
function reasonOf(error: unknown): string {
  if (error instanceof z.ZodError) return 'what answers there is something else';
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
