/**
 * Runs `action` once the signal is aborted, at once where it is already.
 * @returns a function that stops listening and waits for an action that has begun @throws what the action threw
 */
export function whenAborted(
  signal: AbortSignal | undefined,
  action: () => Promise<unknown>,
): () => Promise<void> {
  let begun: Promise<unknown> | null = null;
  const begin = (): void => {
    begun = action();
    // Whoever stops listening is told; until then nobody waits for it.
    begun.catch(() => undefined);
  };
  if (signal?.aborted === true) begin();
  else signal?.addEventListener('abort', begin, { once: true });
  return async () => {
    signal?.removeEventListener('abort', begin);
    await begun;
  };
}
