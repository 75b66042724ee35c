import { withPermit, type AdmissionRequest, type Permit } from '../../serving/admission.js';
import {
  classifyGel,
  resolveModels,
  type Classification,
  type ResolvedModels,
} from '../../classification/classify-gel.js';
import { classifyGels, type GelOutcome } from '../../classification/classify-gels.js';
import type { RequestNote } from '../../classification/request-note.js';
import type { DeviceChoice } from '../../words/device.js';
import type { Priority } from '../../words/priority.js';
import { countOutcome, outcomeOf, timeStage } from '../../metrics.js';
import { ERRORS, GelqlError, type SerializedError } from '../../errors.js';
import { ACTOR_DESCRIPTION, actorOf } from '../actor.js';
import type { Builder } from '../builder.js';
import type { GraphQLContext } from '../context.js';
import type { Nodes } from '../nodes.js';
import { decodeReference } from '../references.js';
import { MAX_FILES, readUpload, type ReadOptions } from '../http/upload.js';
import type { Enums } from './enums.js';

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

/** What is asked of all pictures of a request, with what each note of them begins with. */
interface SharedRequest extends ResolvedModels {
  page: number | null;
  explain: boolean;
  caller: Pick<RequestNote, 'actor' | 'requestId' | 'asked'>;
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
    description: 'What became of one picture of several: either `classification` or `error` is there.',
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
      alias: t.string({ description: 'The model under this alias instead.' }),
      models: t.stringList({
        description: `Several models instead, at most ${MAX_MODELS}: the picture is decoded once and goes through each backbone once. The first one answers, the others are in \`otherModels\`.`,
      }),
      page: t.int({ description: 'Page of a multi-page TIFF, from 0; the first where absent.' }),
      explain: t.boolean({
        defaultValue: false,
        description: 'Also say which parts of the picture speak for the label.',
      }),
      device: t.field({
        type: enums.DeviceChoice,
        description: 'What the backbone is computed on; GELQL_DEVICE of the server where absent.',
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
          description: 'Whatever you want to find the answer by, such as a sample id; echoed, not unique.',
        }),
        idempotencyKey: t.arg.string({
          description:
            'Unique for this request: sent again with the same picture, it gives the answer that is stored already; with another picture IDEMPOTENCY_CONFLICT. Kept for ever.',
        }),
        ...sharedArgs('INTERACTIVE'),
      },
      resolve: async (_root, { upload, clientReference, idempotencyKey, ...args }, context) => {
        const { app, receivedAt } = context;
        const answers = await countOutcome(app.metrics, receivedAt, async () => {
          const permit = app.admission.admit(conditionsOf(args, context));
          return withPermit(permit, async () => {
            const { caller, ...shared } = await sharedRequest(args, context);
            const read = () => readUpload(upload, permit, readOptionsOf(context));
            const file = await timeStage(app.metrics, 'read', read);
            const note = noteOf(caller, clientReference, idempotencyKey);
            return classifyGel(app, permit, { ...shared, ...file, note });
          });
        });
        return joinAnswers(answers);
      },
    }),
  );
  builder.mutationField('classifyGels', (t) =>
    t.field({
      type: [GelOutcomeRef],
      description: `Classifies up to ${MAX_FILES} pictures with the same models, all under one deadline, and says of each what became of it. One that fails hinders no other.`,
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
        const { caller, ...shared } = await sharedRequest(args, context);
        const permits = admitAll(uploads.length, conditionsOf(args, context), context);
        const options = { ...readOptionsOf(context), isAwaited: false };
        const pictures = permits.map((permit, position) => ({
          permit,
          note: noteOf(caller, clientReferences?.[position], idempotencyKeys?.[position]),
          read: () => readUpload(uploads[position]!, permit, options),
        }));
        return classifyGels(context.app, pictures, shared);
      },
    }),
  );
  builder.queryField('estimatedWaitMs', (t) =>
    t.float({
      nullable: true,
      description:
        'Milliseconds that a picture which came now would wait for those before it, at the measured rate; null before the first answer of this process.',
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

/** Counts a refusal for each of the pictures; what becomes of admitted ones is counted one by one. */
function admitAll(count: number, conditions: AdmissionRequest, { app }: GraphQLContext): Permit[] {
  try {
    return app.admission.admitAll(count, conditions);
  } catch (error) {
    app.metrics.countRequests(outcomeOf(error), count);
    throw error;
  }
}

/** @throws GelqlError BAD_REQUEST, and of the models */
async function sharedRequest(
  { model, models, alias, page, explain, device, actor }: SharedArguments,
  { app, request, requestId }: GraphQLContext,
): Promise<SharedRequest> {
  if (model != null && models != null) {
    throw new GelqlError('BAD_REQUEST', 'Give either `model` or `models`.');
  }
  if (models != null) assertCount('models', models.length, MAX_MODELS);
  const references = models ?? (model == null ? [] : [model]);
  const options = { explain: explain ?? false };
  const decoded = references.map((reference) => decodeReference('Model', reference));
  const choice = { references: decoded, alias: alias ?? null };
  const resolved = await resolveModels(app, choice, { ...options, device: device ?? null });
  const asked = alias == null ? decoded : [`alias ${alias}`];
  const caller = { actor: actorOf(actor, request), requestId, asked };
  return { ...resolved, page: page ?? null, ...options, caller };
}

function noteOf(
  caller: SharedRequest['caller'],
  clientReference: string | null | undefined,
  idempotencyKey: string | null | undefined,
): RequestNote {
  return { ...caller, clientReference: clientReference ?? null, idempotencyKey: idempotencyKey ?? null };
}

/** @throws GelqlError BAD_REQUEST */
function conditionsOf(
  { priority, timeoutMs }: SharedArguments,
  { app, receivedAt, signal }: GraphQLContext,
): AdmissionRequest {
  const { maxTimeoutMs } = app.config;
  if (timeoutMs != null && (timeoutMs < 1 || timeoutMs > maxTimeoutMs)) {
    throw new GelqlError('BAD_REQUEST', `timeoutMs must lie between 1 and ${maxTimeoutMs}.`);
  }
  return {
    priority: priority ?? 'INTERACTIVE',
    timeoutMs: timeoutMs ?? app.config.timeoutMs,
    receivedAt,
    clientSignal: signal,
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
