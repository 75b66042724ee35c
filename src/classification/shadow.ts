import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from '../db/client.js';
import type { Logger } from '../logger.js';
import { ownPermit, type Permit } from '../serving/admission.js';
import type { ClassificationRow } from '../receipts/classifications.js';
import { describeScores } from './describe-scores.js';
import { sharesPass, type PicturePasses } from '../serving/picture-passes.js';
import type { Challenger } from '../serving/ready-challenger.js';
import type { ServedModel } from '../serving/served-model.js';
import { insertShadowScores, type NewShadowScore } from './shadow-scores.js';

/*
 * Scores the challenger on pictures that were answered already, so that nobody waits for it and no answer fails of it.
 *
 *   score() --> LOADING --the champion's features serve it--> WAITING --no statement is under way--> STORED
 *                  |                                             ^                          |
 *                  +--another backbone or recipe--> PASS --------+                          +--fails--> LOST, logged
 *
 * LOADING ends at once for a challenger in memory. At most MAX_LOADING pictures wait for one that is not, and at most
 * MAX_OWN_PASSES pass at once, at bulk priority; those beyond are LOST. A challenger that cannot be loaded scores nothing.
 *
 * What is traded: a process that is killed loses the scores of the answers of its last moment, but no answer.
 */

export interface Shadow {
  /** Begins to score a picture with the challenger. Never throws. */
  score(answered: AnsweredPicture): void;
  /** Waits until what was begun is stored or lost. */
  settle(): Promise<void>;
}

export interface AnsweredPicture {
  /** The stored answer of the champion. */
  row: ClassificationRow;
  champion: ServedModel;
  challenger: Challenger;
  /** Opened for both models. */
  passes: PicturePasses;
}

/** Decoded pictures that wait for a challenger to be loaded; bounds their memory. */
const MAX_LOADING = 256;
/** Pictures that go through a backbone for the challenger alone, at once; bounds their memory. */
const MAX_OWN_PASSES = 32;
const PASS_TIMEOUT_MS = 60_000;
/** PostgreSQL allows 65535 values in a statement, 12 for each row. */
const MAX_ROWS = 500;

export function createShadow(database: Database, logger: Logger): Shadow {
  const begun = new Set<Promise<void>>();
  let waiting: NewShadowScore[] = [];
  let storing: Promise<void> | null = null;
  let ownPasses = 0;
  let loading = 0;

  async function loadChallenger({ model, loaded }: Challenger): Promise<ServedModel | null> {
    if (model !== null) return model;
    if (loading >= MAX_LOADING) throw new Error(`${MAX_LOADING} pictures wait for the challenger already`);
    loading += 1;
    return loaded.finally(() => (loading -= 1));
  }

  async function scoreOne({ challenger: wanted, ...answered }: AnsweredPicture): Promise<void> {
    const challenger = await loadChallenger(wanted);
    if (challenger === null) return;
    const { champion } = answered;
    if (sharesPass(champion, challenger)) {
      waiting.push(await describeShadow({ ...answered, challenger }, true));
    } else {
      if (ownPasses >= MAX_OWN_PASSES) throw new Error(`${MAX_OWN_PASSES} pictures wait for it already`);
      ownPasses += 1;
      const permit = ownPermit('BULK', AbortSignal.timeout(PASS_TIMEOUT_MS));
      try {
        waiting.push(await describeShadow({ ...answered, challenger }, false, permit));
      } finally {
        ownPasses -= 1;
      }
    }
    storing ??= storeWaiting();
    await storing;
  }

  async function storeWaiting(): Promise<void> {
    // The pictures of one batch of the engine are scored in one turn.
    await nextTurn();
    while (waiting.length > 0) {
      const rows = waiting.slice(0, MAX_ROWS);
      waiting = waiting.slice(rows.length);
      await insertShadowScores(database, rows).catch((error: unknown) =>
        logger.warn({ err: error, scores: rows.length }, 'scores of the challenger were lost'),
      );
    }
    storing = null;
  }

  return {
    score(answered) {
      const scoring = scoreOne(answered)
        .catch((error: unknown) =>
          logger.warn(
            { err: error, classification: answered.row.id, challenger: answered.challenger.id },
            'a picture was not scored with the challenger',
          ),
        )
        .finally(() => begun.delete(scoring));
      begun.add(scoring);
    },
    async settle() {
      await Promise.all(begun);
    },
  };
}

async function describeShadow(
  { row, champion, challenger, passes }: Omit<AnsweredPicture, 'challenger'> & { challenger: ServedModel },
  isSharedPass: boolean,
  permit?: Permit,
): Promise<NewShadowScore> {
  const scored = await passes.scoreWith(challenger, permit);
  const { scores, label, probability } = describeScores(scored);
  return {
    classificationId: row.id,
    championId: champion.row.id,
    challengerId: challenger.row.id,
    championLabel: row.label,
    label,
    probability,
    scores,
    isAgreed: label === row.label,
    isSharedPass,
    engine: challenger.engine,
  };
}
