/** Sets of positions 0..size-1 that grow together. */
export interface Union {
  /** The smallest position of the set. */
  rootOf(position: number): number;
  join(left: number, right: number): void;
  /** Every set with its positions, ascending. */
  sets(): number[][];
}

export function createUnion(size: number): Union {
  const parents = Int32Array.from({ length: size }, (_, position) => position);
  const rootOf = (position: number): number => {
    let root = position;
    while (parents[root] !== root) root = parents[root] ?? root;
    for (let at = position; at !== root;) {
      const parent = parents[at] ?? root;
      parents[at] = root;
      at = parent;
    }
    return root;
  };
  return {
    rootOf,
    join(left, right) {
      const [low, high] = [rootOf(left), rootOf(right)].sort((x, y) => x - y);
      if (low !== undefined && high !== undefined) parents[high] = low;
    },
    sets() {
      const sets = new Map<number, number[]>();
      for (let position = 0; position < size; position += 1) {
        const root = rootOf(position);
        const set = sets.get(root);
        if (set === undefined) sets.set(root, [position]);
        else set.push(position);
      }
      return [...sets.values()];
    },
  };
}
