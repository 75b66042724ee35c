import { GraphBuilder, type Activation, type BackboneEnd, type Graph } from './graph.js';

interface BlockRow {
  kernel: number;
  /** Channels inside the block; where they equal its input's there is no expanding convolution. */
  expanded: number;
  channels: number;
  hasSqueezeExcite: boolean;
  activation: Activation;
  stride: number;
}
const row = (
  kernel: number,
  expanded: number,
  channels: number,
  hasSqueezeExcite: boolean,
  activation: Activation,
  stride: number,
): BlockRow => ({ kernel, expanded, channels, hasSqueezeExcite, activation, stride });

/** MobileNetV3-Large, table 1 of Howard et al. 2019, in torchvision's order: features.1 to features.15. */
const BLOCKS: readonly BlockRow[] = [
  row(3, 16, 16, false, 'relu', 1),
  row(3, 64, 24, false, 'relu', 2),
  row(3, 72, 24, false, 'relu', 1),
  row(5, 72, 40, true, 'relu', 2),
  row(5, 120, 40, true, 'relu', 1),
  row(5, 120, 40, true, 'relu', 1),
  row(3, 240, 80, false, 'hardswish', 2),
  row(3, 200, 80, false, 'hardswish', 1),
  row(3, 184, 80, false, 'hardswish', 1),
  row(3, 184, 80, false, 'hardswish', 1),
  row(3, 480, 112, true, 'hardswish', 1),
  row(3, 672, 112, true, 'hardswish', 1),
  row(5, 672, 160, true, 'hardswish', 2),
  row(5, 960, 160, true, 'hardswish', 1),
  row(5, 960, 160, true, 'hardswish', 1),
];
const STEM_CHANNELS = 16;
const LAST_CHANNELS = 960;
const EPSILON = 1e-3;
const MOMENTUM = 0.01;

/** MobileNetV3-Large as torchvision defines it. Features: 1280 after classifier.1, or 960 at `gap`. */
export function buildMobilenetV3Large(end: BackboneEnd, planes: number, side: number): Graph {
  const builder = new GraphBuilder();
  const input = builder.input(planes, side);
  const stem = { channels: STEM_CHANNELS, kernel: 3, stride: 2, activation: 'hardswish' } as const;
  let maps = addConv(builder, input, { name: 'features.0', ...stem });
  BLOCKS.forEach((block, index) => {
    maps = addBlock(builder, maps, `features.${index + 1}.block`, block);
  });
  const last = { channels: LAST_CHANNELS, kernel: 1, activation: 'hardswish' } as const;
  maps = addConv(builder, maps, { name: `features.${BLOCKS.length + 1}`, ...last });
  const average = builder.flatten(builder.globalAverage(maps));
  if (end === 'gap') return builder.build({ features: average, lastMaps: maps, logits: null });
  const features = builder.linear(average, 'classifier.0', 1280, 'hardswish');
  const logits = end === 'logits' ? builder.linear(features, 'classifier.3', 1000) : null;
  return builder.build({ features, lastMaps: maps, logits });
}

function addBlock(builder: GraphBuilder, input: number, name: string, block: BlockRow): number {
  const { kernel, expanded, channels, hasSqueezeExcite, activation, stride } = block;
  const inputChannels = builder.channelsOf(input);
  let position = 0;
  const nextName = () => `${name}.${position++}`;
  let maps = input;
  if (expanded !== inputChannels) {
    maps = addConv(builder, maps, { name: nextName(), channels: expanded, kernel: 1, activation });
  }
  const depthwise = { channels: expanded, kernel, stride, groups: expanded, activation };
  maps = addConv(builder, maps, { name: nextName(), ...depthwise });
  if (hasSqueezeExcite) maps = addSqueezeExcite(builder, maps, nextName());
  maps = addConv(builder, maps, { name: nextName(), channels, kernel: 1, activation: 'none' });
  return stride === 1 && inputChannels === channels ? builder.add(input, maps, 'none') : maps;
}

function addConv(
  builder: GraphBuilder,
  input: number,
  options: {
    name: string;
    channels: number;
    kernel: number;
    stride?: number;
    groups?: number;
    activation: Activation;
  },
): number {
  const { name, kernel } = options;
  const batchNorm = { name: `${name}.1`, epsilon: EPSILON, momentum: MOMENTUM };
  return builder.conv(input, { ...options, name: `${name}.0`, padding: (kernel - 1) / 2, batchNorm });
}

function addSqueezeExcite(builder: GraphBuilder, maps: number, name: string): number {
  const channels = builder.channelsOf(maps);
  const conv1x1 = { kernel: 1, hasBias: true } as const;
  const squeezed = builder.conv(builder.globalAverage(maps), {
    name: `${name}.fc1`,
    channels: roundToEight(channels / 4),
    activation: 'relu',
    ...conv1x1,
  });
  const factors = builder.conv(squeezed, {
    name: `${name}.fc2`,
    channels,
    activation: 'hardsigmoid',
    ...conv1x1,
  });
  return builder.scale(maps, factors);
}

/** The nearest multiple of 8, at least 8, and never less than nine tenths of the value. */
function roundToEight(value: number): number {
  const rounded = Math.max(8, Math.floor((value + 4) / 8) * 8);
  return rounded < 0.9 * value ? rounded + 8 : rounded;
}
