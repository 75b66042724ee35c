import { INPUT_SIDE } from '../words/picture.js';
import { buildClassifierGraph, type Classifier } from './classifier-graph.js';
import { normalisationTables } from './normalise.js';
import { lowerGraph, ONNX_INPUT } from './onnx-file.js';
import { ONNX_TYPES, onnxInitializer, onnxModel, onnxNode, onnxValue } from './onnx-messages.js';
import type { TensorMap } from '../words/architecture.js';
import type { ProtobufMessage } from './protobuf-message.js';

/** Name of the only input: uint8 [n, 1, 224, 224], grey levels 0..255 as they are. */
export const ONNX_PICTURE = 'picture';

/**
 * A whole classifier as the bytes of an ONNX model: grey levels in, `logits` and `probabilities` [n, classes] out. The
 * normalisation is a table look-up inside the graph, so that every level becomes the very number that the server computes
 * with, and nobody can scale the picture wrongly.
 * @param tensors of `classifierTensors`; those used are taken out
 */
export function writeOnnxClassifier(
  classifier: Classifier,
  tensors: TensorMap,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const tables = normalisationTables(classifier.backbone, { sumsPlanes: true });
  const graph = buildClassifierGraph(classifier, tables.length === 1 ? 1 : 3);
  const { nodes, initializers } = lowerGraph(graph, tensors);
  const entry = lowerNormalisation(tables);
  const end = lowerSoftmax(classifier);
  const scores = ['n', classifier.classes.length] as const;
  return onnxModel({
    name: 'classifier',
    nodes: [...entry.nodes, ...nodes, ...end.nodes],
    initializers: [...entry.initializers, ...initializers, ...end.initializers],
    inputs: [onnxValue(ONNX_PICTURE, ['n', 1, INPUT_SIDE, INPUT_SIDE], 'uint8')],
    outputs: [onnxValue('logits', scores), onnxValue('probabilities', scores)],
    metadata,
  }).toBytes();
}

interface Part {
  nodes: ProtobufMessage[];
  initializers: ProtobufMessage[];
}

/** Grey levels to normalised planes: one table for each plane that differs. */
function lowerNormalisation(tables: readonly Float32Array[]): Part {
  const isSingle = tables.length === 1;
  const planeNames = tables.map((_, plane) => (isSingle ? ONNX_INPUT : `plane${plane}`));
  return {
    nodes: [
      onnxNode('Cast', [ONNX_PICTURE], 'levels', [{ name: 'to', integer: ONNX_TYPES.int32 }]),
      ...planeNames.map((name, plane) => onnxNode('Gather', [`table${plane}`, 'levels'], name)),
      ...(isSingle ? [] : [onnxNode('Concat', planeNames, ONNX_INPUT, [{ name: 'axis', integer: 1 }])]),
    ],
    initializers: tables.map((data, plane) =>
      onnxInitializer(`table${plane}`, { shape: [data.length], data }),
    ),
  };
}

function lowerSoftmax({ temperature }: Classifier): Part {
  const softmax = (input: string) =>
    onnxNode('Softmax', [input], 'probabilities', [{ name: 'axis', integer: 1 }]);
  if (temperature === 1) return { nodes: [softmax('logits')], initializers: [] };
  const data = Float32Array.of(temperature);
  return {
    nodes: [onnxNode('Div', ['logits', 'temperature'], 'calibrated'), softmax('calibrated')],
    initializers: [onnxInitializer('temperature', { shape: [1], data })],
  };
}
