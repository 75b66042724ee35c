import fc from 'fast-check';
import { expandGrid, MAX_SWEEP_PARTS, resolveGrid } from '../../src/sweeps/sweep-grid.js';
import { REFERENCE_NAMES } from '../../src/words/architecture.js';
import { CATALOG } from '../../src/networks/weights/catalog.js';
import { caughtError } from '../support/caught-error.js';

/**
 * The published table's rows: model_id, hardware_type, pretrained_model, classifier_head, opt_alg
 * (github.com/kalthommusa/Gel-Electrophoresis-Image-Classification).
 */
const PUBLISHED = [
  '1 cpu resnet18 single adam',
  '2 cpu resnet18 single sgd',
  '3 cpu resnet18 multi adam',
  '4 cpu resnet18 multi sgd',
  '5 cpu vgg16 single adam',
  '6 cpu vgg16 single sgd',
  '7 cpu vgg16 multi adam',
  '8 cpu vgg16 multi sgd',
  '9 cpu mobilenet-v3 single adam',
  '10 cpu mobilenet-v3 single sgd',
  '11 cpu mobilenet-v3 multi adam',
  '12 cpu mobilenet-v3 multi sgd',
  '13 gpu resnet18 single adam',
  '14 gpu resnet18 single sgd',
  '15 gpu resnet18 multi adam',
  '16 gpu resnet18 multi sgd',
  '17 gpu vgg16 single adam',
  '18 gpu vgg16 single sgd',
  '19 gpu vgg16 multi adam',
  '20 gpu vgg16 multi sgd',
  '21 gpu mobilenet-v3 single adam',
  '22 gpu mobilenet-v3 single sgd',
  '23 gpu mobilenet-v3 multi adam',
  '24 gpu mobilenet-v3 multi sgd',
];

describe('the grid of a sweep', () => {
  it("is the published experiment's where nothing is asked for, numbered as there", () => {
    const parts = expandGrid(resolveGrid({}));
    const described = parts.map(({ number, configuration }) => {
      const { device, backboneId, head, optimizer } = configuration;
      const architecture = CATALOG.find(({ id }) => id === backboneId)!.architecture;
      return [number, device, REFERENCE_NAMES[architecture], head, optimizer].join(' ').toLowerCase();
    });
    expect(described).toEqual(PUBLISHED);
    for (const { configuration } of parts) {
      expect(configuration).toMatchObject({
        learningRate: 0.001,
        batchSize: 23,
        epochs: 20,
        validationFraction: 0.2,
        seed: 1,
      });
    }
  });

  it('trains inside networks where that is asked for, each part at a rate that follows from its own', () => {
    const grid = resolveGrid({
      devices: ['CPU'],
      architectures: ['resnet18'],
      heads: ['SINGLE'],
      optimizers: ['ADAM'],
      learningRates: [0.01, 0.001],
      trainables: ['HEAD', 'LAST_STAGE', 'STEM_AND_HEAD'],
    });
    const networks = expandGrid(grid).map(({ configuration }) => [
      configuration.trainable,
      configuration.learningRate,
      configuration.backboneLearningRate,
    ]);
    expect(networks).toEqual([
      ['HEAD', 0.01, null],
      ['HEAD', 0.001, null],
      ['LAST_STAGE', 0.01, 0.001],
      ['LAST_STAGE', 0.001, 0.0001],
      ['STEM_AND_HEAD', 0.01, 0.01],
      ['STEM_AND_HEAD', 0.001, 0.001],
    ]);
    const fixed = expandGrid(resolveGrid({ trainables: ['ALL'], backboneLearningRate: 0.5 }));
    expect(new Set(fixed.map(({ configuration }) => configuration.backboneLearningRate))).toEqual(
      new Set([0.5]),
    );
  });

  it.each([
    ['a rate for backbones that stay as they are', { backboneLearningRate: 0.5 }, /trainables/],
    ['folds inside a network', { trainables: ['HEAD', 'ALL'], folds: 3 }, /folds/],
  ] as const)('refuses %s', (_case, request, message) => {
    const error = caughtError(() => resolveGrid(request));
    expect(error.code).toBe('BAD_REQUEST');
    expect(error.message).toMatch(message);
  });

  it('has every combination once, those of one backbone on one device together', () => {
    const subset = <T>(values: readonly T[]) => fc.shuffledSubarray([...values], { minLength: 1 });
    fc.assert(
      fc.property(
        fc.record({
          devices: subset(['CPU', 'GPU'] as const),
          architectures: subset(['resnet18', 'vgg16', 'mobilenet_v3_large'] as const),
          heads: subset(['SINGLE', 'MULTI'] as const),
          optimizers: subset(['ADAM', 'SGD'] as const),
          learningRates: subset([0.1, 0.01]),
          batchSizes: subset([8, 16]),
          epochs: subset([1, 5]),
          seeds: subset([1, 2, 3]),
        }),
        (request) => {
          const parts = expandGrid(resolveGrid(request));
          const expected = Object.values(request).reduce((product, { length }) => product * length, 1);
          const texts = parts.map(({ configuration }) => JSON.stringify(configuration));
          expect(new Set(texts).size).toBe(expected);
          expect(parts.map(({ number }) => number)).toEqual(texts.map((_, index) => index + 1));
          const places = parts.map(({ configuration: { device, backboneId } }) => `${device} ${backboneId}`);
          const changes = places.filter((place, index) => place !== places[index - 1]).length;
          expect(changes).toBe(new Set(places).size);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('takes weights by name beside architectures, and the settings that hold for all parts', () => {
    const grid = resolveGrid({
      architectures: ['resnet18'],
      backboneIds: ['my-own-1'],
      heads: ['SINGLE'],
      optimizers: ['SGD'],
      devices: ['CPU'],
      recipe: 'reference-v1',
      augmentationViews: 3,
      testFraction: 0.3,
    });
    expect(grid).toMatchObject({
      backboneIds: ['resnet18-gelql-2', 'my-own-1'],
      recipe: 'reference-v1',
      augmentationViews: 3,
      testFraction: 0.3,
    });
    expect(expandGrid(grid).map(({ configuration }) => configuration)).toMatchObject([
      { backboneId: 'resnet18-gelql-2', recipe: 'reference-v1', augmentationViews: 3 },
      { backboneId: 'my-own-1', recipe: 'reference-v1', augmentationViews: 3 },
    ]);
  });

  it('refuses empty lists, repeated values and values out of range', () => {
    const refused = (action: () => unknown) => caughtError(action).code;
    expect(refused(() => resolveGrid({ heads: [] }))).toBe('BAD_REQUEST');
    expect(refused(() => resolveGrid({ seeds: [1, 2, 1] }))).toBe('BAD_REQUEST');
    expect(
      refused(() => resolveGrid({ architectures: ['resnet18'], backboneIds: ['resnet18-gelql-2'] })),
    ).toBe('BAD_REQUEST');
    expect(refused(() => resolveGrid({ testFraction: 2 }))).toBe('BAD_REQUEST');
    expect(refused(() => resolveGrid({ epochs: [20, 0] }))).toBe('BAD_REQUEST');
  });

  it(`has at most ${MAX_SWEEP_PARTS} parts`, () => {
    const seeds = Array.from({ length: 42 }, (_, index) => index);
    const error = caughtError(() => resolveGrid({ seeds }));
    expect(error).toMatchObject({ code: 'SWEEP_TOO_LARGE', facts: { parts: 1008, limit: 1000 } });
    expect(expandGrid(resolveGrid({ seeds: seeds.slice(1) }))).toHaveLength(984);
  });
});
