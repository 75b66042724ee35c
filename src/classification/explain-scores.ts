import type { StoredExplanation } from '../words/answer.js';
import { loadBackboneTensors } from '../networks/weights/backbones.js';
import { explainClass, explanationKind, type DenseTail } from './explanation.js';
import type { Scores } from '../serving/picture-passes.js';
import type { ServedModel } from '../serving/served-model.js';

/** Contributions are stored to six significant digits: single precision has no more to tell. */
const DIGITS = 6;

/** Explains the most probable class. The scores must come from a pass that kept the last feature maps. */
export async function explainScores({ model, batch, probabilities }: Scores): Promise<StoredExplanation> {
  const { lastMaps, features } = batch;
  if (lastMaps === undefined)
    throw new Error('The batch was asked for the last feature maps and returned none.');
  const { values, ...explained } = explainClass({
    classes: model.row.classes,
    classIndex: indexOfLargest(probabilities),
    head: model.head,
    features,
    lastMaps,
    tail: await denseTailOf(model),
  });
  return { ...explained, values: Array.from(values, (value) => Number(value.toPrecision(DIGITS))) };
}

/** Dense layers between the global average and the features; 5 MB for each model that was explained. */
const denseTails = new WeakMap<ServedModel, Promise<DenseTail | null>>();

function denseTailOf(model: ServedModel): Promise<DenseTail | null> {
  const known = denseTails.get(model);
  if (known !== undefined) return known;
  const tail = loadDenseTail(model);
  denseTails.set(model, tail);
  // A failure is not remembered: the weights may be there at the next request.
  tail.catch(() => denseTails.delete(model));
  return tail;
}

async function loadDenseTail({ backbone }: ServedModel): Promise<DenseTail | null> {
  if (explanationKind(backbone.architecture, backbone.featurePoint) === 'average') return null;
  const tensors = await loadBackboneTensors(backbone);
  const weight = tensors.get('classifier.0.weight');
  const bias = tensors.get('classifier.0.bias');
  if (weight === undefined || bias === undefined) throw new Error(`${backbone.id} lacks classifier.0`);
  return { weight: { ...weight, data: weight.data.slice() }, bias: { ...bias, data: bias.data.slice() } };
}

function indexOfLargest(values: Float32Array): number {
  let best = 0;
  values.forEach((value, index) => {
    if (value > (values[best] ?? 0)) best = index;
  });
  return best;
}
