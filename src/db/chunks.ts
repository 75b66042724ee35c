import { setImmediate } from 'node:timers/promises';

/** What goes into one value, or is done at once: the driver writes it out as text, which takes some milliseconds. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Windows into `bytes`, in order, each in a turn of the event loop of its own, so that other work gets its turn.
 */
export async function* chunksInTurn(
  bytes: Uint8Array,
): AsyncGenerator<{ position: number; chunk: Uint8Array }> {
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    yield { position: start / CHUNK_BYTES, chunk: bytes.subarray(start, start + CHUNK_BYTES) };
    await setImmediate();
  }
}
