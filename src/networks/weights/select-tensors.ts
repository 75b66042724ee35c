import { GelqlError } from '../../errors.js';
import { listNames } from '../../list-names.js';
import type { Architecture, FeaturePoint, Tensor, TensorMap } from '../../words/architecture.js';
import { expectedShapes } from '../build-graph.js';

/** The parameters that a network needs: `expectedShapes` of the graph, or a table of a test's own. */
export type ShapesOf = (
  architecture: Architecture,
  featurePoint: FeaturePoint,
  options: { withClassifier: boolean },
) => Map<string, readonly number[]>;

const MAX_NAMED = 3;

/**
 * The tensors that a backbone needs up to its feature point, each checked for shape and finiteness. Tensors of the whole
 * network behind the feature point are left out; a name that the network does not know is refused, because it says that
 * the file holds another network.
 * @throws GelqlError WEIGHTS_INVALID
 */
export function selectBackboneTensors(
  tensors: TensorMap,
  { architecture, featurePoint }: { architecture: Architecture; featurePoint: FeaturePoint },
  shapesOf: ShapesOf = expectedShapes,
): TensorMap {
  const needed = shapesOf(architecture, featurePoint, { withClassifier: false });
  const whole = shapesOf(architecture, featurePoint, { withClassifier: true });
  const missing = [...needed.keys()].filter((name) => !tensors.has(name));
  const unknown = [...tensors.keys()].filter((name) => !whole.has(name) && !needed.has(name));
  if (missing.length + unknown.length > 0) throw otherNetwork(architecture, missing, unknown);
  const selected: TensorMap = new Map();
  for (const [name, shape] of needed) {
    const tensor = tensors.get(name);
    if (tensor !== undefined) selected.set(name, checkTensor(name, tensor, shape));
  }
  return selected;
}

/** What is there beside what is not tells a prefix, another network and a head apart. */
function otherNetwork(
  architecture: Architecture,
  missing: readonly string[],
  unknown: readonly string[],
): GelqlError {
  const lack = missing.length === 0 ? [] : [`it has no ${listNames(missing, MAX_NAMED)}`];
  const surplus = unknown.length === 0 ? [] : [`it has the unknown ${listNames(unknown, MAX_NAMED)}`];
  return new GelqlError(
    'WEIGHTS_INVALID',
    `The file is not a ${architecture}: ${[...lack, ...surplus].join('; ')}.`,
    { facts: { missing: missing.slice(0, MAX_NAMED), unknown: unknown.slice(0, MAX_NAMED) } },
  );
}

/** @throws GelqlError WEIGHTS_INVALID where the shape is another or a number is not finite */
export function checkTensor(name: string, tensor: Tensor, shape: readonly number[]): Tensor {
  if (tensor.shape.join() !== shape.join()) {
    throw new GelqlError(
      'WEIGHTS_INVALID',
      `${name} has the shape [${tensor.shape.join(', ')}] where [${shape.join(', ')}] is needed.`,
    );
  }
  if (!areFinite(tensor.data)) {
    throw new GelqlError('WEIGHTS_INVALID', `${name} holds a number that is not finite.`);
  }
  return tensor;
}

/** `x * 0` is NaN exactly where x is not finite, and NaN spreads through a sum: no branch for each of 11 million. */
function areFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += (values[i] ?? NaN) * 0;
  return sum === 0;
}
