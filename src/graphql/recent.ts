/** Computed values by key, the most recently used ones; those who ask at the same time share one computation. */
export interface Recent<Value> {
  get(key: string, compute: () => Promise<Value>): Promise<Value>;
}

/** Failures are not kept. */
export function createRecent<Value>(limit: number): Recent<Value> {
  const kept = new Map<string, Promise<Value>>();
  return {
    get(key, compute) {
      const value = kept.get(key) ?? compute();
      // To the end, as the most recently used; the first is the one to forget.
      kept.delete(key);
      kept.set(key, value);
      if (kept.size > limit) kept.delete(kept.keys().next().value ?? '');
      value.catch(() => {
        if (kept.get(key) === value) kept.delete(key);
      });
      return value;
    },
  };
}
