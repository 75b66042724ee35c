import { GraphBuilder, type BackboneEnd, type Graph } from './graph.js';

/** Layers 1 to 4: channels and the stride of the first block. Each has two basic blocks. */
const LAYERS = [
  { channels: 64, stride: 1 },
  { channels: 128, stride: 2 },
  { channels: 256, stride: 2 },
  { channels: 512, stride: 2 },
] as const;
const EPSILON = 1e-5;
const MOMENTUM = 0.1;

/** ResNet18 as torchvision defines it (He et al. 2016, basic blocks). Both feature points are the global average: 512. */
export function buildResnet18(end: BackboneEnd, planes: number, side: number): Graph {
  const builder = new GraphBuilder();
  const input = builder.input(planes, side);
  const stem = builder.conv(input, {
    name: 'conv1',
    channels: 64,
    kernel: 7,
    stride: 2,
    padding: 3,
    batchNorm: { name: 'bn1', epsilon: EPSILON, momentum: MOMENTUM },
    activation: 'relu',
  });
  let maps = builder.maxPool(stem, { kernel: 3, stride: 2, padding: 1 });
  LAYERS.forEach(({ channels, stride }, index) => {
    maps = addBasicBlock(builder, maps, { name: `layer${index + 1}.0`, channels, stride });
    maps = addBasicBlock(builder, maps, { name: `layer${index + 1}.1`, channels, stride: 1 });
  });
  const features = builder.flatten(builder.globalAverage(maps));
  const logits = end === 'logits' ? builder.linear(features, 'fc', 1000) : null;
  return builder.build({ features, lastMaps: maps, logits });
}

function addBasicBlock(
  builder: GraphBuilder,
  input: number,
  { name, channels, stride }: { name: string; channels: number; stride: number },
): number {
  const normalisedBy = (suffix: string) => ({
    name: `${name}.${suffix}`,
    epsilon: EPSILON,
    momentum: MOMENTUM,
  });
  const first = builder.conv(input, {
    name: `${name}.conv1`,
    channels,
    kernel: 3,
    stride,
    padding: 1,
    batchNorm: normalisedBy('bn1'),
    activation: 'relu',
  });
  const second = builder.conv(first, {
    name: `${name}.conv2`,
    channels,
    kernel: 3,
    padding: 1,
    batchNorm: normalisedBy('bn2'),
  });
  const keepsShape = stride === 1 && builder.channelsOf(input) === channels;
  const shortcut = keepsShape
    ? input
    : builder.conv(input, {
        name: `${name}.downsample.0`,
        channels,
        kernel: 1,
        stride,
        batchNorm: normalisedBy('downsample.1'),
      });
  return builder.add(second, shortcut, 'relu');
}
