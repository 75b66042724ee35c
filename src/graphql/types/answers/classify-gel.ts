import type { Classification } from '../../../classification/answer-picture.js';
import {
  classifyGel,
  classifyGels,
  type GelOutcome,
  type GelRequest,
  type UnreadPicture,
} from '../../../classification/classify-gel.js';
import type { DeviceChoice } from '../../../words/device.js';
import type { Priority } from '../../../words/priority.js';
import { ERRORS, GelqlError, type SerializedError } from '../../../errors.js';
import { ACTOR_DESCRIPTION, actorOf } from '../../actor.js';
import type { Builder } from '../../builder.js';
import type { GraphQLContext } from '../../context.js';
import type { Nodes } from '../../nodes.js';
import { decodeReference } from '../../references.js';
import { MAX_FILES, readUpload, type ReadOptions } from '../../http/upload.js';
import type { Enums } from '../enums.js';

/** Models that answer for one picture. */
const MAX_MODELS = 16;

/** What both mutations take beside their pictures. */
interface SharedArguments {
  model?: string | null | undefined;
  models?: string[] | null | undefined;
  alias?: string | null | undefined;
  page?: number | null | undefined;
  explain?: boolean | null | undefined;
  device?: DeviceChoice | null | undefined;
  priority?: Priority | null | undefined;
  timeoutMs?: number | null | undefined;
  actor?: string | null | undefined;
}

function defineGelOutcome(builder: Builder, enums: Enums, { Classification: Answer }: Nodes) {
  const PictureError = builder.objectRef<SerializedError>('PictureError').implement({
    description: 'Why one picture of several has no answer.',
    fields: (t) => ({
      code: t.expose('code', { type: enums.ErrorCode, description: 'From the closed list.' }),
      message: t.exposeString('message', { description: 'What happened.' }),
      advice: t.string({ description: 'What to do about it.', resolve: ({ code }) => ERRORS[code].advice }),
      retryable: t.boolean({
        description: 'Whether the same picture can succeed later without a change.',
        resolve: ({ code }) => ERRORS[code].retryable,
      }),
    }),
  });
  return builder.objectRef<GelOutcome>('GelOutcome').implement({
    description: 'Outcome of one picture of several: either `classification` or `error` is set.',
    fields: (t) => ({
      position: t.exposeInt('position', { description: 'In `uploads`, from 0.' }),
      filename: t.exposeString('filename', {
        nullable: true,
        description: 'As the client named the file; null where it was not read.',
      }),
      classification: t.field({
        type: Answer,
        nullable: true,
        description: 'The answer, as `classifyGel` gives it.',
        resolve: ({ answers }) => answers && joinAnswers(answers),
      }),
      error: t.field({
        type: PictureError,
        nullable: true,
        description: 'Why there is none.',
        resolve: ({ error }) => error,
      }),
    }),
  });
}

export function defineClassifyGel(builder: Builder, enums: Enums, nodes: Nodes): void {
  const GelOutcomeRef = defineGelOutcome(builder, enums, nodes);
  const sharedArgs = (priority: Priority) =>
    builder.args((t) => ({
      model: t.string({
        description: 'Id, name or number; the champion where absent, or the best registered model.',
      }),
      alias: t.string({ description: 'Asks the model under this alias instead.' }),
      models: t.stringList({
        description: `Several models instead, at most ${MAX_MODELS}: the picture is decoded once and goes through each backbone once. The first one answers, the others are in \`otherModels\`.`,
      }),
      page: t.int({ description: 'Page of a multi-page TIFF, from 0; the first where absent.' }),
      explain: t.boolean({
        defaultValue: false,
        description: 'Also returns the parts of the picture that speak for the label.',
      }),
      device: t.field({
        type: enums.DeviceChoice,
        description: "Device that computes the backbone; the server's GELQL_DEVICE if absent.",
      }),
      priority: t.field({
        type: enums.Priority,
        defaultValue: priority,
        description: 'Whether somebody waits for the answer.',
      }),
      timeoutMs: t.int({
        description:
          'Milliseconds until DEADLINE_EXCEEDED is answered, counted from the arrival of the request; GELQL_TIMEOUT_MS where absent.',
      }),
      actor: t.string({ description: ACTOR_DESCRIPTION }),
    }));

  builder.mutationField('classifyGel', (t) =>
    t.field({
      type: nodes.Classification,
      description: 'Classifies one picture and stores the answer.',
      args: {
        upload: t.arg({ type: 'Upload', required: true, description: 'JPEG, PNG, TIFF or WebP.' }),
        clientReference: t.arg.string({
          description:
            'Your reference, such as a sample id, to find the answer by; echoed, need not be unique.',
        }),
        idempotencyKey: t.arg.string({
          description:
            'Unique key of this request. Sent again with the same picture it returns the stored answer; with another picture it is an IDEMPOTENCY_CONFLICT. Kept for ever.',
        }),
        ...sharedArgs('INTERACTIVE'),
      },
      resolve: async (_root, { upload, clientReference, idempotencyKey, ...args }, context) => {
        const picture = unreadPicture(upload, clientReference, idempotencyKey, readOptionsOf(context));
        return joinAnswers(await classifyGel(context.app, gelRequest(args, context), picture));
      },
    }),
  );
  builder.mutationField('classifyGels', (t) =>
    t.field({
      type: [GelOutcomeRef],
      description: `Classifies up to ${MAX_FILES} pictures with the same models and one deadline, and reports the outcome of each. A failure does not affect the others.`,
      args: {
        uploads: t.arg({
          type: ['Upload'],
          required: true,
          description: 'JPEG, PNG, TIFF or WebP each; the files may come in any order.',
        }),
        clientReferences: t.arg({
          type: ['String'],
          required: { list: false, items: false },
          description: 'One for each picture, in order; see `classifyGel`.',
        }),
        idempotencyKeys: t.arg({
          type: ['String'],
          required: { list: false, items: false },
          description: 'One for each picture, in order; see `classifyGel`.',
        }),
        ...sharedArgs('BULK'),
      },
      resolve: async (_root, { uploads, clientReferences, idempotencyKeys, ...args }, context) => {
        assertCount('uploads', uploads.length, MAX_FILES);
        assertOneEach('clientReferences', clientReferences, uploads.length);
        assertOneEach('idempotencyKeys', idempotencyKeys, uploads.length);
        const options = { ...readOptionsOf(context), isAwaited: false };
        const pictures = uploads.map((upload, position) =>
          unreadPicture(upload, clientReferences?.[position], idempotencyKeys?.[position], options),
        );
        return classifyGels(context.app, gelRequest(args, context), pictures);
      },
    }),
  );
  builder.queryField('estimatedWaitMs', (t) =>
    t.float({
      nullable: true,
      description:
        'Estimated wait of a picture that arrives now, in milliseconds, at the measured rate; null before the first answer of this process.',
      args: {
        priority: t.arg({
          type: enums.Priority,
          defaultValue: 'INTERACTIVE',
          description: 'Of that picture.',
        }),
      },
      resolve: (_root, { priority }, { app }) => app.admission.estimatedWaitMs(priority ?? 'INTERACTIVE'),
    }),
  );
}

/** @throws GelqlError BAD_REQUEST */
function gelRequest(
  { model, models, alias, page, explain, device, priority, timeoutMs, actor }: SharedArguments,
  { app, request, requestId, receivedAt, signal }: GraphQLContext,
): GelRequest {
  if (model != null && models != null) {
    throw new GelqlError('BAD_REQUEST', 'Give either `model` or `models`.');
  }
  if (models != null) assertCount('models', models.length, MAX_MODELS);
  const references = (models ?? (model == null ? [] : [model])).map((id) => decodeReference('Model', id));
  return {
    choice: { references, alias: alias ?? null },
    page: page ?? null,
    explain: explain ?? false,
    device: device ?? null,
    priority: priority ?? 'INTERACTIVE',
    timeoutMs: timeoutMs ?? app.config.timeoutMs,
    receivedAt,
    clientSignal: signal,
    actor: actorOf(actor, request),
    requestId,
  };
}

function unreadPicture(
  upload: Parameters<typeof readUpload>[0],
  clientReference: string | null | undefined,
  idempotencyKey: string | null | undefined,
  options: ReadOptions,
): UnreadPicture {
  return {
    clientReference: clientReference ?? null,
    idempotencyKey: idempotencyKey ?? null,
    read: (permit) => readUpload(upload, permit, options),
  };
}

function readOptionsOf({ app, contentBytes }: GraphQLContext): ReadOptions {
  return { maxFileBytes: app.config.maxUploadBytes, contentBytes };
}

function assertCount(name: string, count: number, limit: number): void {
  if (count >= 1 && count <= limit) return;
  throw new GelqlError('BAD_REQUEST', `\`${name}\` must hold 1 to ${limit}, not ${count}.`);
}

function assertOneEach(name: string, values: readonly unknown[] | null | undefined, count: number): void {
  if (values == null || values.length === count) return;
  throw new GelqlError('BAD_REQUEST', `\`${name}\` must hold one for each of the ${count} pictures.`);
}

/** The first answer, with those of the other models beside it. */
function joinAnswers([first, ...others]: readonly Classification[]): Classification {
  if (first === undefined) throw new Error('No model answered.');
  return { ...first, others };
}
