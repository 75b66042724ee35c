import { setTimeout as delay } from 'node:timers/promises';

/** Input of trainModel. */
export type ProofInput = Record<string, unknown> & { name: string };

const TRAIN = 'mutation ($input: TrainModelInput!) { trainModel(input: $input) { id } }';
const ASK_AGAIN_MS = 500;

/** Both shipped backbones, both heads, both optimizers, each with a seed of its own. */
export function proofInputs(count: number, epochs: { single: number; multi: number }): ProofInput[] {
  return Array.from({ length: count }, (_, index) => {
    const head = index % 4 < 2 ? 'SINGLE' : 'MULTI';
    return {
      dataset: 'proof',
      defaults: 'PUBLISHED',
      name: `proof ${index + 1}`,
      backbone: index % 2 === 0 ? 'MOBILENET_V3_LARGE' : 'RESNET18',
      head,
      optimizer: index % 8 < 4 ? 'ADAM' : 'SGD',
      epochs: head === 'SINGLE' ? epochs.single : epochs.multi,
      seed: index + 1,
    };
  });
}

/**
 * Asks for one run as a client does that does not know whether its request arrived: again and again until there is an
 * answer. The name makes it one run however often it is asked for.
 * @throws Error where the server refuses it, or through `signal`
 */
export async function requestRun(port: number, input: ProofInput, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const answer = await askOnce(port, input).catch(() => null);
    if (answer !== null && answer.errors === undefined) return;
    if (answer !== null) throw new Error(`${input.name} was refused: ${JSON.stringify(answer.errors)}`);
    await delay(ASK_AGAIN_MS);
  }
}

async function askOnce(port: number, input: ProofInput): Promise<{ errors?: unknown }> {
  const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: TRAIN, variables: { input } }),
  });
  return (await response.json()) as { errors?: unknown };
}
