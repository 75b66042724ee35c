/** What one model said of test pictures. All lists have one entry per picture, in the order of the pictures. */
export interface AnsweredPictures {
  /** Index of the true class. */
  labels: ArrayLike<number>;
  predicted: ArrayLike<number>;
  /** In class order, each row summing to 1. */
  probabilities: readonly ArrayLike<number>[];
  /** Pictures that do not err independently (near-duplicates) share a number; 0..groupCount-1. */
  groups: ArrayLike<number>;
  groupCount: number;
}

/** Two models on the same pictures in the same order. */
export interface AnsweredPair {
  first: AnsweredPictures;
  second: AnsweredPictures;
  labels: ArrayLike<number>;
  groups: ArrayLike<number>;
  groupCount: number;
}

/**
 * Pictures that either side counts as one group are one group: what is known of near-duplicates may differ between two
 * imports, and a pair gives the same answer both ways round.
 */
export function pairAnswers(first: AnsweredPictures, second: AnsweredPictures): AnsweredPair {
  const { labels } = first;
  if (sameNumbers(first.groups, second.groups)) {
    return { first, second, labels, groups: first.groups, groupCount: first.groupCount };
  }
  return { first, second, labels, ...joinGroups([first, second], labels.length) };
}

/** Numbers 0..groupCount-1 in the order in which the keys appear first. */
export function numberGroups(keys: readonly string[]): { groups: Int32Array; groupCount: number } {
  const numbers = new Map<string, number>();
  const groups = Int32Array.from(keys, (key) => {
    const known = numbers.get(key) ?? numbers.size;
    numbers.set(key, known);
    return known;
  });
  return { groups, groupCount: numbers.size };
}

function joinGroups(sides: readonly AnsweredPictures[], count: number) {
  const parent = Int32Array.from({ length: count }, (_, picture) => picture);
  const rootOf = (picture: number): number => {
    let root = picture;
    while (parent[root] !== root) root = parent[root] ?? root;
    parent[picture] = root;
    return root;
  };
  for (const { groups } of sides) {
    const firstOf = new Map<number, number>();
    for (let picture = 0; picture < count; picture++) {
      const group = groups[picture] ?? 0;
      const other = firstOf.get(group);
      if (other === undefined) firstOf.set(group, picture);
      else parent[rootOf(picture)] = rootOf(other);
    }
  }
  return numberGroups(Array.from({ length: count }, (_, picture) => String(rootOf(picture))));
}

function sameNumbers(left: ArrayLike<number>, right: ArrayLike<number>): boolean {
  if (left === right) return true;
  for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return false;
  return left.length === right.length;
}
