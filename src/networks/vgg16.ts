import { GraphBuilder, type BackboneEnd, type Graph } from './graph.js';

/** Configuration D of Simonyan and Zisserman 2015: channels of the 3 x 3 convolutions, a pooling after each row. */
const STAGES = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
] as const;

/**
 * VGG16 without BatchNorm as torchvision defines it. Its adaptive average pool to 7 x 7 is left out: the maps of a
 * 224 x 224 picture have that size already.
 */
export function buildVgg16(end: BackboneEnd, planes: number, side: number): Graph {
  const builder = new GraphBuilder();
  let maps = builder.input(planes, side);
  let index = 0;
  for (const stage of STAGES) {
    for (const channels of stage) {
      const name = `features.${index}`;
      maps = builder.conv(maps, { name, channels, kernel: 3, padding: 1, hasBias: true, activation: 'relu' });
      index += 2;
    }
    maps = builder.maxPool(maps, { kernel: 2, stride: 2 });
    index += 1;
  }
  if (end === 'gap') {
    const features = builder.flatten(builder.globalAverage(maps));
    return builder.build({ features, lastMaps: maps, logits: null });
  }
  const hidden = builder.linear(builder.flatten(maps), 'classifier.0', 4096, 'relu');
  const features = builder.linear(hidden, 'classifier.3', 4096, 'relu');
  const logits = end === 'logits' ? builder.linear(features, 'classifier.6', 1000) : null;
  return builder.build({ features, lastMaps: maps, logits });
}
