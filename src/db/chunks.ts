/** What goes into one value: the embedded database keeps its thread busy for some 20 ms with it. */
const CHUNK_BYTES = 4 * 1024 * 1024;

/** Windows into `bytes`, in order. */
export function chunksOf(bytes: Uint8Array): Uint8Array[] {
  const count = Math.ceil(bytes.length / CHUNK_BYTES);
  return Array.from({ length: count }, (_, position) =>
    bytes.subarray(position * CHUNK_BYTES, (position + 1) * CHUNK_BYTES),
  );
}
