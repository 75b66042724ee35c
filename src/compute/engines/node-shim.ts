import util from 'node:util';

/**
 * Puts back two functions that Node 23 removed from `node:util` and that tfjs-node 4.22 still calls. Call it before
 * tfjs-node is imported; it changes nothing where they exist.
 */
export function restoreRemovedNodeFunctions(): void {
  const functions: Record<string, unknown> = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: (value: unknown) => Array.isArray(value),
  };
  for (const [name, implementation] of Object.entries(functions)) {
    if (!(name in util)) Object.defineProperty(util, name, { value: implementation, configurable: true });
  }
}
