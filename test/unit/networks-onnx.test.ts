import { ProtobufMessage } from '../../src/networks/protobuf-message.js';
import { onnxInitializer } from '../../src/networks/onnx-messages.js';
import { writeOnnxModel } from '../../src/networks/onnx-file.js';
import { GraphBuilder } from '../../src/networks/graph.js';

const hex = (message: ProtobufMessage) => Buffer.from(message.toBytes()).toString('hex');

describe('a protobuf message', () => {
  it('writes the examples of the format description', () => {
    expect(hex(new ProtobufMessage().integer(1, 150))).toBe('089601');
    expect(hex(new ProtobufMessage().text(2, 'testing'))).toBe('120774657374696e67');
    expect(hex(new ProtobufMessage().message(3, new ProtobufMessage().integer(1, 150)))).toBe('1a03089601');
  });

  it('writes numbers past 32 bits, floats and two-byte keys', () => {
    expect(hex(new ProtobufMessage().integer(1, 2 ** 40))).toBe('08808080808020');
    expect(hex(new ProtobufMessage().float(2, 0.5))).toBe('150000003f');
    expect(hex(new ProtobufMessage().integer(20, 1))).toBe('a00101');
  });

  it('keeps large payloads by reference until the end', () => {
    const payload = new Uint8Array([1, 2, 3]);
    const message = new ProtobufMessage().bytes(9, payload);
    payload[0] = 7;
    expect(hex(message)).toBe('4a03070203');
  });
});

describe('an ONNX model', () => {
  it('writes a constant with its shape, type, name and little-endian values', () => {
    const data = new Float32Array([9, 1, 2]).subarray(1);
    expect(hex(onnxInitializer('w', { shape: [1, 2], data }))).toBe(
      '08010802100142017' + '74a080000803f00000040',
    );
  });

  it('takes the weights out of the map and carries each of them once', () => {
    const builder = new GraphBuilder();
    const features = builder.linear(builder.flatten(builder.input(1, 224)), 'fc', 4);
    const graph = builder.build({ features, lastMaps: 0, logits: null });
    const size = 224 * 224;
    const tensors = new Map([
      ['fc.weight', { shape: [4, size], data: new Float32Array(4 * size).fill(0.5) }],
      ['fc.bias', { shape: [4], data: new Float32Array(4) }],
    ]);
    const bytes = writeOnnxModel(graph, tensors);
    expect(tensors.size).toBe(0);
    expect(bytes.byteLength).toBeGreaterThan(16 * size);
    expect(bytes.byteLength).toBeLessThan(16 * size + 1000);
  });
});
