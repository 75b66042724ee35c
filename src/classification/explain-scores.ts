import { overlayPng } from '../images/overlay.js';
import { INPUT_SIDE } from '../images/picture.js';
import { loadBackboneTensors } from '../networks/weights/backbones.js';
import {
  evidenceBytes,
  explainClass,
  explanationKind,
  type DenseTail,
  type Explanation,
} from './explanation.js';
import type { Scores } from './picture-passes.js';
import type { ServedModel } from './served-model.js';

/** An explanation with its picture: the network input, the evidence over it. */
export interface ShownExplanation extends Explanation {
  overlayPng: Uint8Array;
}

/** Explains the most probable class. The scores must come from a pass that kept the last feature maps. */
export async function explainScores({
  model,
  picture,
  batch,
  probabilities,
}: Scores): Promise<ShownExplanation> {
  const { lastMaps, features } = batch;
  if (lastMaps === undefined)
    throw new Error('The batch was asked for the last feature maps and returned none.');
  const explanation = explainClass({
    classes: model.row.classes,
    classIndex: indexOfLargest(probabilities),
    head: model.head,
    features,
    lastMaps,
    tail: await denseTailOf(model),
  });
  const grid = { width: explanation.width, height: explanation.height, values: evidenceBytes(explanation) };
  return {
    ...explanation,
    overlayPng: await overlayPng({ side: INPUT_SIDE, grey: picture.inputs, grid }),
  };
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
