import { ProtobufMessage } from './protobuf-message.js';
import type { Tensor } from '../words/architecture.js';

/** The few messages of onnx.proto3 (github.com/onnx/onnx) that a network of ours needs, with that file's field numbers. */

/** TensorProto.DataType. */
export const ONNX_TYPES = { float32: 1, uint8: 2, int32: 6 } as const;
export type OnnxType = keyof typeof ONNX_TYPES;
const ATTRIBUTE_TYPES = { float: 1, integer: 2, integers: 7 } as const;
const IR_VERSION = 8;
/** Published in 2022; every current runtime reads it. */
const OPSET_VERSION = 17;

export type OnnxAttribute =
  | { name: string; float: number }
  | { name: string; integer: number }
  | { name: string; integers: readonly number[] };

/** A dimension with a name is free: the batch. */
export type OnnxDimension = number | string;

export function onnxNode(
  operator: string,
  inputs: readonly string[],
  output: string,
  attributes: readonly OnnxAttribute[] = [],
): ProtobufMessage {
  const message = new ProtobufMessage();
  for (const input of inputs) message.text(1, input);
  message.text(2, output).text(3, output).text(4, operator);
  for (const attribute of attributes) message.message(5, onnxAttribute(attribute));
  return message;
}

/** A constant. The data is written as this machine keeps it: ONNX wants little-endian, as all of Node's platforms but s390x are. */
export function onnxInitializer(name: string, { shape, data }: Tensor): ProtobufMessage {
  const message = new ProtobufMessage();
  for (const extent of shape) message.integer(1, extent);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return message.integer(2, ONNX_TYPES.float32).text(8, name).bytes(9, bytes);
}

/** An input or output of the graph. */
export function onnxValue(
  name: string,
  dimensions: readonly OnnxDimension[],
  type: OnnxType = 'float32',
): ProtobufMessage {
  const shape = new ProtobufMessage();
  for (const dimension of dimensions) {
    const message = new ProtobufMessage();
    shape.message(
      1,
      typeof dimension === 'number' ? message.integer(1, dimension) : message.text(2, dimension),
    );
  }
  const tensorType = new ProtobufMessage().integer(1, ONNX_TYPES[type]).message(2, shape);
  return new ProtobufMessage().text(1, name).message(2, new ProtobufMessage().message(1, tensorType));
}

export function onnxModel(graph: {
  name: string;
  nodes: readonly ProtobufMessage[];
  initializers: readonly ProtobufMessage[];
  inputs: readonly ProtobufMessage[];
  outputs: readonly ProtobufMessage[];
  /** What whoever opens the file may want to know; read by no runtime. */
  metadata?: Readonly<Record<string, string>>;
}): ProtobufMessage {
  const message = new ProtobufMessage();
  for (const node of graph.nodes) message.message(1, node);
  message.text(2, graph.name);
  for (const initializer of graph.initializers) message.message(5, initializer);
  for (const input of graph.inputs) message.message(11, input);
  for (const output of graph.outputs) message.message(12, output);
  const operators = new ProtobufMessage().text(1, '').integer(2, OPSET_VERSION);
  const model = new ProtobufMessage()
    .integer(1, IR_VERSION)
    .text(2, 'gelql')
    .message(7, message)
    .message(8, operators);
  for (const [key, value] of Object.entries(graph.metadata ?? {})) {
    model.message(14, new ProtobufMessage().text(1, key).text(2, value));
  }
  return model;
}

function onnxAttribute(attribute: OnnxAttribute): ProtobufMessage {
  const message = new ProtobufMessage().text(1, attribute.name);
  if ('float' in attribute) return message.float(2, attribute.float).integer(20, ATTRIBUTE_TYPES.float);
  if ('integer' in attribute)
    return message.integer(3, attribute.integer).integer(20, ATTRIBUTE_TYPES.integer);
  for (const value of attribute.integers) message.integer(8, value);
  return message.integer(20, ATTRIBUTE_TYPES.integers);
}
