/** GraphQL spells an absent input field null or leaves it out; further in it is undefined. */
export function dropNulls<T extends object>(input: T): { [K in keyof T]: Exclude<T[K], null> | undefined } {
  return Object.fromEntries(Object.entries(input).map(([key, value]) => [key, value ?? undefined])) as {
    [K in keyof T]: Exclude<T[K], null> | undefined;
  };
}
