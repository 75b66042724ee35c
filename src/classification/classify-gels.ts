import { GelqlError, serializeError, type SerializedError } from '../errors.js';
import type { Logger } from '../logger.js';
import { countOutcome, timeStage } from '../metrics.js';
import { withPermit, type Permit } from '../serving/admission.js';
import {
  classifyGel,
  type Classification,
  type ClassificationRequest,
  type ClassificationServices,
} from './classify-gel.js';
import type { RequestNote } from './request-note.js';

/** One admitted picture of several, which is still to be read. */
export interface AdmittedPicture {
  permit: Permit;
  note: RequestNote;
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

type SharedRequest = Omit<ClassificationRequest, 'filename' | 'bytes' | 'note'>;
type Services = ClassificationServices & { logger: Logger };

/**
 * Classifies the pictures of one request: while one is decoded and computed the next one is read. A picture that fails
 * says why and hinders no other. All are asked to read at once, because their files may come in any order; each reads
 * when its file comes, so that none lies unread in the way of the next.
 */
export function classifyGels(
  services: Services,
  pictures: readonly AdmittedPicture[],
  request: SharedRequest,
): Promise<GelOutcome[]> {
  return Promise.all(pictures.map((picture, position) => classifyOne(services, picture, request, position)));
}

async function classifyOne(
  services: Services,
  { permit, note, read }: AdmittedPicture,
  request: SharedRequest,
  position: number,
): Promise<GelOutcome> {
  const outcome: GelOutcome = { position, filename: null, answers: null, error: null };
  try {
    outcome.answers = await countOutcome(services.metrics, performance.now(), () =>
      withPermit(permit, async () => {
        const file = await timeStage(services.metrics, 'read', () => read(permit));
        outcome.filename = file.filename;
        return classifyGel(services, permit, { ...request, ...file, note });
      }),
    );
  } catch (error) {
    outcome.error = describeFailure(error, services.logger);
  }
  return outcome;
}

function describeFailure(error: unknown, logger: Logger): SerializedError {
  if (error instanceof GelqlError) return serializeError(error);
  logger.error({ err: error }, 'unexpected error in one picture of several');
  return serializeError(new GelqlError('INTERNAL', 'Something went wrong on the server.'));
}
