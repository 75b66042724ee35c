import type { NewClassification } from '../../src/receipts/classifications.js';
import { RandomDraws } from '../../tools/synthesize/random-draws.js';
import { inventFacts } from './invent-facts.js';

const facts = inventFacts(RandomDraws.of('answers'), {
  sha256: 'a'.repeat(64),
  rasterSha256: 'b'.repeat(64),
});

/** An answer as it is stored; only what a test gives is meant to be looked at. */
export function newAnswer(
  given: Partial<NewClassification> & Pick<NewClassification, 'modelId'>,
): NewClassification {
  return {
    actor: 'anonymous',
    requestId: null,
    clientReference: null,
    idempotencyKey: null,
    requestFingerprint: null,
    requestPosition: 0,
    modelDigest: '0'.repeat(64),
    recipe: 'gel-v1',
    filename: 'picture.png',
    pictureSha256: facts.sha256,
    facts,
    warnings: [],
    label: 'gel',
    probability: 1,
    decision: 'CLASSIFIED',
    decisionReasons: ['NOT_CALIBRATED'],
    decisionThreshold: 0.8,
    novelty: null,
    nearest: null,
    seenInTraining: null,
    explanation: null,
    scores: [{ label: 'gel', probability: 1, logit: 1 }],
    timing: { decodeMs: 1, queueMs: 0, inferMs: 2, batchSize: 1, engine: 'wasm', device: 'CPU' },
    ...given,
  };
}
