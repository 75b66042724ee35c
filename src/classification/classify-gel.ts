import type { Compute } from '../compute/protocol.js';
import type { Config } from '../config.js';
import type { Database } from '../db/client.js';
import { overlayPng } from '../images/overlay.js';
import { INPUT_SIDE } from '../images/picture.js';
import { applyHead, softmax } from '../networks/heads.js';
import { loadBackboneTensors } from '../networks/weights/backbones.js';
import type { BatchedFeatures } from '../compute/batcher.js';
import type { Permit } from './admission.js';
import { insertClassification, type ClassificationRow } from './classifications.js';
import {
  evidenceBytes,
  explainClass,
  explanationKind,
  type DenseTail,
  type Explanation,
} from './explanation.js';
import type { FeatureService } from './feature-service.js';
import type { ServedModel, ServedModels } from './served-models.js';

export interface ClassificationServices {
  config: Config;
  database: Database;
  compute: Compute;
  servedModels: ServedModels;
  features: FeatureService;
}

export interface ClassificationRequest {
  filename: string;
  bytes: Uint8Array;
  /** Id, name or number; null for the best registered model. */
  model: string | null;
  /** Page of a multi-page file, from 0; null for the first. */
  page: number | null;
  explain: boolean;
}

export interface Classification {
  row: ClassificationRow;
  explanation: (Explanation & { overlayPng: Uint8Array }) | null;
}

/**
 * From an uploaded picture to a stored answer. The model is resolved once, so whatever is registered meanwhile, one
 * answer comes from one model.
 * @throws GelqlError of decoding, of the model, or of the engine; nothing is stored then
 */
export async function classifyGel(
  services: ClassificationServices,
  _permit: Permit,
  request: ClassificationRequest,
  signal?: AbortSignal,
): Promise<Classification> {
  const { config, compute, database } = services;
  const model = await services.servedModels.resolve(request.model);
  if (request.explain) explanationKind(model.backbone.architecture, model.backbone.featurePoint);
  const picture = await compute.prepareImage(
    {
      bytes: request.bytes,
      page: request.page,
      recipe: model.row.recipe,
      views: 1,
      maxPixels: config.maxPixels,
    },
    { lane: 'serving', ...(signal === undefined ? {} : { signal }) },
  );
  const batch = await services.features.featuresOf(model.backbone, model.engine, picture.inputs, {
    lastMaps: request.explain,
    signal,
  });
  const logits = applyHead(model.head, batch.features, 1);
  const probabilities = softmax(logits, 1, model.temperature);
  const winner = indexOfLargest(probabilities);
  const explanation = request.explain ? await explain(model, batch, winner, picture.inputs) : null;
  const row = await insertClassification(database, {
    modelId: model.row.id,
    modelDigest: model.row.digest,
    filename: request.filename,
    pictureSha256: picture.facts.sha256,
    facts: picture.facts,
    warnings: picture.warnings,
    label: model.row.classes[winner] ?? '',
    probability: probabilities[winner] ?? 0,
    scores: model.row.classes.map((label, index) => ({
      label,
      probability: probabilities[index] ?? 0,
      logit: logits[index] ?? 0,
    })),
    timing: {
      decodeMs: picture.decodeMs,
      queueMs: batch.queueMs,
      inferMs: batch.inferMs,
      batchSize: batch.batchSize,
      engine: model.engine,
      device: 'CPU',
    },
  });
  return { row, explanation };
}

async function explain(
  model: ServedModel,
  batch: BatchedFeatures,
  classIndex: number,
  input: Uint8Array,
): Promise<NonNullable<Classification['explanation']>> {
  const { lastMaps } = batch;
  if (lastMaps === undefined)
    throw new Error('The batch was asked for the last feature maps and returned none.');
  const explanation = explainClass({
    classes: model.row.classes,
    classIndex,
    head: model.head,
    features: batch.features,
    lastMaps,
    tail: await denseTailOf(model),
  });
  const grid = { width: explanation.width, height: explanation.height, values: evidenceBytes(explanation) };
  return { ...explanation, overlayPng: await overlayPng({ side: INPUT_SIDE, grey: input, grid }) };
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
