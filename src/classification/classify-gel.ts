import { GelqlError, serializeError, type SerializedError } from '../errors.js';
import type { Logger } from '../logger.js';
import { countOutcome, outcomeOf, timeStage } from '../metrics.js';
import { withPermit, type AdmissionRequest, type Permit } from '../serving/admission.js';
import type { Priority } from '../words/priority.js';
import { answerPicture, type Classification, type ClassificationServices } from './answer-picture.js';
import type { RequestNote } from './request-note.js';
import {
  resolveModels,
  type AnswerOptions,
  type ModelChoice,
  type ResolvedModels,
} from './resolve-models.js';

/** What one request asks about each of its pictures. */
export interface GelRequest extends AnswerOptions, Pick<AdmissionRequest, 'clientSignal'> {
  choice: ModelChoice;
  /** Page of a multi-page TIFF, from 0; null for the first. */
  page: number | null;
  priority: Priority;
  /** From `receivedAt`. */
  timeoutMs: number;
  /** Moment on the clock of `performance`. */
  receivedAt: number;
  actor: string;
  requestId: string | null;
}

/** A picture that is not read yet. */
export interface UnreadPicture extends Pick<RequestNote, 'clientReference' | 'idempotencyKey'> {
  read: (permit: Permit) => Promise<{ filename: string; bytes: Uint8Array }>;
}

/** What became of one picture of several: either answers, one for each model, or the reason why there are none. */
export interface GelOutcome {
  /** In the request, from 0. */
  position: number;
  /** Null where the file was not read. */
  filename: string | null;
  answers: Classification[] | null;
  error: SerializedError | null;
}

/**
 * Admits a picture, resolves the models, reads the picture, answers and counts the outcome.
 * @returns stored answers, one for each model, in their order
 * @throws GelqlError OVERLOADED, DEADLINE_EXCEEDED, CANCELLED; BAD_REQUEST; of the models, of reading, of answerPicture
 */
export async function classifyGel(
  services: ClassificationServices,
  request: GelRequest,
  picture: UnreadPicture,
): Promise<Classification[]> {
  const [permit] = admit(services, request, 1);
  const models = resolveModels(services, request.choice, request);
  return classifyAdmitted(services, request, models, permit as Permit, picture);
}

/**
 * The same for several pictures, with the same models and under one deadline. While one picture is computed the next one
 * is read. A picture that fails reports its error and hinders no other. All pictures ask to be read at once, because
 * their files may come in any order.
 * @throws GelqlError what refuses all pictures: OVERLOADED, BAD_REQUEST, errors of the models
 */
export async function classifyGels(
  services: ClassificationServices,
  request: GelRequest,
  pictures: readonly UnreadPicture[],
): Promise<GelOutcome[]> {
  const permits = admit(services, request, pictures.length);
  const models = resolveModels(services, request.choice, request);
  const outcomes = pictures.map(async ({ read, ...note }, position) => {
    const outcome: GelOutcome = { position, filename: null, answers: null, error: null };
    const picture = {
      ...note,
      read: async (permit: Permit) => {
        const file = await read(permit);
        outcome.filename = file.filename;
        return file;
      },
    };
    try {
      const permit = permits[position] as Permit;
      outcome.answers = await classifyAdmitted(services, request, models, permit, picture);
    } catch (error) {
      outcome.error = reportFailure(error, services.logger);
    }
    return outcome;
  });
  await models;
  return Promise.all(outcomes);
}

/** All pictures get in, or none; a refusal counts for each. */
function admit(
  { admission, config, metrics }: ClassificationServices,
  request: GelRequest,
  count: number,
): Permit[] {
  const { priority, timeoutMs, receivedAt, clientSignal } = request;
  try {
    if (timeoutMs < 1 || timeoutMs > config.maxTimeoutMs) {
      throw new GelqlError('BAD_REQUEST', `timeoutMs must lie between 1 and ${config.maxTimeoutMs}.`);
    }
    return admission.admitAll(count, { priority, timeoutMs, receivedAt, clientSignal });
  } catch (error) {
    metrics.countRequests(outcomeOf(error), count);
    throw error;
  }
}

function classifyAdmitted(
  services: ClassificationServices,
  request: GelRequest,
  resolving: Promise<ResolvedModels>,
  permit: Permit,
  { read, ...note }: UnreadPicture,
): Promise<Classification[]> {
  const { choice, page, explain, actor, requestId, receivedAt } = request;
  const asked = choice.alias === null ? choice.references : [`alias ${choice.alias}`];
  return countOutcome(services.metrics, receivedAt, () =>
    withPermit(permit, async () => {
      const models = await resolving;
      const file = await timeStage(services.metrics, 'read', () => read(permit));
      const question = { ...models, ...file, page, explain, note: { ...note, actor, requestId, asked } };
      return answerPicture(services, permit, question);
    }),
  );
}

function reportFailure(error: unknown, logger: Logger): SerializedError {
  if (error instanceof GelqlError) return serializeError(error);
  logger.error({ err: error }, 'unexpected error in one picture of several');
  return serializeError(new GelqlError('INTERNAL', 'Something went wrong on the server.'));
}
