import { GraphBuilder, type BackboneEnd, type Graph } from './graph.js';

interface StageRow {
  blocks: number;
  kernel: number;
  /** Stride of the stage's first block; the others have 1. */
  stride: number;
  /** Channels inside a block as a multiple of its input's; 1 means no expanding convolution. */
  expansion: number;
  channels: number;
}
const row = (
  blocks: number,
  kernel: number,
  stride: number,
  expansion: number,
  channels: number,
): StageRow => ({ blocks, kernel, stride, expansion, channels });

/** EfficientNet-B0, table 1 of Tan and Le 2019, of which Lite0 keeps every width and depth. */
const STAGES: readonly StageRow[] = [
  row(1, 3, 1, 1, 16),
  row(2, 3, 2, 6, 24),
  row(2, 5, 2, 6, 40),
  row(3, 3, 2, 6, 80),
  row(3, 5, 1, 6, 112),
  row(4, 5, 2, 6, 192),
  row(1, 3, 1, 6, 320),
];
const STEM_CHANNELS = 32;
const HEAD_CHANNELS = 1280;
const EPSILON = 1e-3;
const MOMENTUM = 0.01;

/**
 * EfficientNet-Lite0 (tensorflow/tpu): EfficientNet-B0 without squeeze-and-excitation and with ReLU6 for swish, padded as
 * TensorFlow pads. Parameters have the names of its PyTorch port. Both feature points are the global average: 1280.
 */
export function buildEfficientnetLite0(end: BackboneEnd, planes: number, side: number): Graph {
  const builder = new GraphBuilder();
  const input = builder.input(planes, side);
  let maps = addConv(builder, input, {
    ...{ name: '_conv_stem', norm: '_bn0', channels: STEM_CHANNELS, kernel: 3, stride: 2 },
    activation: 'relu6',
  });
  let index = 0;
  for (const { blocks, stride, ...block } of STAGES) {
    for (let place = 0; place < blocks; place++) {
      maps = addBlock(builder, maps, `_blocks.${index}`, { ...block, stride: place === 0 ? stride : 1 });
      index += 1;
    }
  }
  maps = addConv(builder, maps, {
    ...{ name: '_conv_head', norm: '_bn1', channels: HEAD_CHANNELS, kernel: 1 },
    activation: 'relu6',
  });
  const features = builder.flatten(builder.globalAverage(maps));
  const logits = end === 'logits' ? builder.linear(features, '_fc', 1000) : null;
  return builder.build({ features, lastMaps: maps, logits });
}

/** An inverted bottleneck (Sandler et al. 2018). */
function addBlock(
  builder: GraphBuilder,
  input: number,
  name: string,
  { kernel, stride, expansion, channels }: Omit<StageRow, 'blocks'>,
): number {
  const inputChannels = builder.channelsOf(input);
  const expanded = expansion * inputChannels;
  let maps = input;
  if (expansion > 1) {
    maps = addConv(builder, maps, {
      ...{ name: `${name}._expand_conv`, norm: `${name}._bn0`, channels: expanded, kernel: 1 },
      activation: 'relu6',
    });
  }
  maps = addConv(builder, maps, {
    ...{ name: `${name}._depthwise_conv`, norm: `${name}._bn1`, channels: expanded, kernel, stride },
    groups: expanded,
    activation: 'relu6',
  });
  maps = addConv(builder, maps, {
    ...{ name: `${name}._project_conv`, norm: `${name}._bn2`, channels, kernel: 1 },
    activation: 'none',
  });
  return stride === 1 && inputChannels === channels ? builder.add(input, maps, 'none') : maps;
}

function addConv(
  builder: GraphBuilder,
  input: number,
  {
    norm,
    ...options
  }: {
    name: string;
    norm: string;
    channels: number;
    kernel: number;
    stride?: number;
    groups?: number;
    activation: 'relu6' | 'none';
  },
): number {
  const batchNorm = { name: norm, epsilon: EPSILON, momentum: MOMENTUM };
  return builder.conv(input, { ...options, padding: 'same', batchNorm });
}
