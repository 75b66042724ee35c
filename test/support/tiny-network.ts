import { GraphBuilder } from '../../src/networks/graph.js';

/** Side of its pictures, and how many channels and features it has. */
export const [TINY_SIDE, TINY_CHANNELS] = [24, 8];

/** A residual network in small, whose layers are called as ResNet18's. */
export function buildTinyGraph() {
  const builder = new GraphBuilder();
  const norm = (name: string) => ({ name, epsilon: 1e-5, momentum: 0.1 });
  const stem = {
    name: 'conv1',
    channels: TINY_CHANNELS,
    kernel: 7,
    stride: 2,
    padding: 3,
    activation: 'relu',
  } as const;
  let maps = builder.conv(builder.input(1, TINY_SIDE), { ...stem, batchNorm: norm('bn1') });
  maps = builder.maxPool(maps, { kernel: 3, stride: 2, padding: 1 });
  const inner = { channels: TINY_CHANNELS, kernel: 3, padding: 1 };
  const second = builder.conv(maps, { ...inner, name: 'layer4.0.conv1', batchNorm: norm('layer4.0.bn1') });
  maps = builder.add(second, maps, 'relu');
  const features = builder.flatten(builder.globalAverage(maps));
  return builder.build({ features, lastMaps: maps, logits: null });
}
