import type { TensorMap } from '../../words/architecture.js';

/** What DataParallel, torch.compile, Lightning and people's own modules put in front of every name. */
const PREFIXES = ['module.', '_orig_mod.', 'model.', 'backbone.', 'net.'];

/**
 * Takes away what stands in front of every name, such as `model.` or `model.module.`.
 * @returns the tensors in their order, and the prefix; empty where there is none
 */
export function stripNamePrefix(tensors: TensorMap): { tensors: TensorMap; prefix: string } {
  const names = [...tensors.keys()];
  const [first = ''] = names;
  let prefix = '';
  for (let next = nextPrefix(first, prefix); next !== null; next = nextPrefix(first, prefix)) {
    const longer = prefix + next;
    if (!names.every((name) => name.startsWith(longer))) break;
    prefix = longer;
  }
  if (prefix === '') return { tensors, prefix };
  return {
    tensors: new Map([...tensors].map(([name, tensor]) => [name.slice(prefix.length), tensor])),
    prefix,
  };
}

function nextPrefix(name: string, prefix: string): string | null {
  return PREFIXES.find((candidate) => name.startsWith(prefix + candidate)) ?? null;
}
