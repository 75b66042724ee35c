import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  ARCHITECTURES,
  FEATURE_POINTS,
  REFERENCE_ARCHITECTURES,
  type Architecture,
  type FeaturePoint,
} from '../../src/words/architecture.js';
import { buildGraph, expectedShapes, featureSizeOf } from '../../src/networks/build-graph.js';
import { inputsOf, nodeAt, outputNode } from '../../src/networks/graph.js';

const FIXTURE = resolve('../shared/fixtures/torchvision-parity.json');
const isPresent = existsSync(FIXTURE);

const COUNTS: Record<Architecture, number> = {
  resnet18: 11_689_512,
  vgg16: 138_357_544,
  mobilenet_v3_large: 5_483_032,
  efficientnet_lite0: 4_652_008,
};
const FEATURE_SIZES: [Architecture, FeaturePoint, number][] = [
  ['resnet18', 'reference', 512],
  ['resnet18', 'gap', 512],
  ['vgg16', 'reference', 4096],
  ['vgg16', 'gap', 512],
  ['mobilenet_v3_large', 'reference', 1280],
  ['mobilenet_v3_large', 'gap', 960],
  ['efficientnet_lite0', 'reference', 1280],
  ['efficientnet_lite0', 'gap', 1280],
];
const LAST_MAPS: [Architecture, number[]][] = [
  ['resnet18', [512, 7, 7]],
  ['vgg16', [512, 7, 7]],
  ['mobilenet_v3_large', [960, 7, 7]],
  ['efficientnet_lite0', [1280, 7, 7]],
];

function trainableCount(shapes: ReadonlyMap<string, number[]>): number {
  return [...shapes]
    .filter(([name]) => !name.includes('running_'))
    .reduce((sum, [, shape]) => sum + shape.reduce((product, extent) => product * extent, 1), 0);
}

describe('the graphs of the backbones', () => {
  it.each(ARCHITECTURES)('have as many trainable parameters in %s as its paper says', (architecture) => {
    const shapes = expectedShapes(architecture, 'reference', { withClassifier: true });
    expect(trainableCount(shapes)).toBe(COUNTS[architecture]);
  });

  it.each(FEATURE_SIZES)('cut %s at %s into %i features', (architecture, featurePoint, size) => {
    expect(featureSizeOf(architecture, featurePoint)).toBe(size);
  });

  it.each(LAST_MAPS)('end %s in last maps of %j', (architecture, shape) => {
    for (const end of [...FEATURE_POINTS, 'logits'] as const) {
      const graph = buildGraph(architecture, end);
      expect(nodeAt(graph, graph.outputs.lastMaps).shape).toEqual(shape);
    }
  });

  it('read only what was computed before', () => {
    for (const architecture of ARCHITECTURES) {
      for (const node of buildGraph(architecture, 'logits').nodes) {
        expect(Math.max(-1, ...inputsOf(node))).toBeLessThan(node.id);
      }
    }
  });

  it('leave out what lies behind the feature point', () => {
    const names = (featurePoint: FeaturePoint, architecture: Architecture) => [
      ...expectedShapes(architecture, featurePoint, { withClassifier: false }).keys(),
    ];
    expect(names('reference', 'resnet18').filter((name) => name.startsWith('fc'))).toEqual([]);
    expect(names('reference', 'vgg16').filter((name) => name.startsWith('classifier.6'))).toEqual([]);
    expect(names('reference', 'vgg16')).toContain('classifier.3.weight');
    expect(names('gap', 'vgg16').filter((name) => name.startsWith('classifier'))).toEqual([]);
    expect(names('gap', 'mobilenet_v3_large').filter((name) => name.startsWith('classifier'))).toEqual([]);
  });

  it('pad EfficientNet-Lite0 as TensorFlow does: where the stride is 2, one more behind', () => {
    const strided = buildGraph('efficientnet_lite0', 'gap').nodes.flatMap((node) =>
      node.op === 'conv' && node.stride === 2 ? [[node.kernel, node.padding, node.shape[1]]] : [],
    );
    expect(strided).toEqual([
      [3, [0, 1], 112],
      [3, [0, 1], 56],
      [5, [1, 2], 28],
      [3, [0, 1], 14],
      [5, [1, 2], 7],
    ]);
  });

  it('know the state dict of EfficientNet-Lite0, in its order', () => {
    const { network } = JSON.parse(readFileSync('test/golden/efficientnet-lite0.json', 'utf8')) as {
      network: { params: Record<string, number[]> };
    };
    expect([...expectedShapes('efficientnet_lite0', 'reference', { withClassifier: true })]).toEqual(
      Object.entries(network.params),
    );
  });

  it('have logits only where they reach through the classifier', () => {
    expect(() => outputNode(buildGraph('resnet18', 'gap'), 'logits')).toThrow('no logits');
    const whole = buildGraph('resnet18', 'logits');
    expect(nodeAt(whole, outputNode(whole, 'logits')).shape).toEqual([1000]);
  });
});

(isPresent ? describe : describe.skip)(
  'the expected shapes (needs ../shared/fixtures/torchvision-parity.json)',
  () => {
    it.each(REFERENCE_ARCHITECTURES)('are those of the state dict of %s, in its order', (architecture) => {
      const fixture: { models: Record<string, { params: Record<string, number[]> }> } = JSON.parse(
        readFileSync(FIXTURE, 'utf8'),
      );
      const expected = Object.entries(fixture.models[architecture]?.params ?? {});
      expect([...expectedShapes(architecture, 'reference', { withClassifier: true })]).toEqual(expected);
    });
  },
);
