import { ARCHITECTURES } from '../../src/words/architecture.js';
import { buildGraph, expectedShapes } from '../../src/networks/build-graph.js';
import { cutGraph, isTrained, planesOf } from '../../src/networks/trainable-part.js';
import { TRAINED_PARTS } from '../../src/words/training-settings.js';

const layersOf = (graph: ReturnType<typeof buildGraph>) =>
  graph.nodes.flatMap((node) => (node.op === 'conv' || node.op === 'linear' ? [node.name] : []));

describe.each(ARCHITECTURES)('the parts of %s that can be trained', (architecture) => {
  const whole = buildGraph(architecture, 'reference');

  it.each(TRAINED_PARTS)('cut the graph for %s so that both sides together are the whole', (part) => {
    const { frozen, trained } = cutGraph(whole, part, architecture);
    expect([...(frozen === null ? [] : layersOf(frozen)), ...layersOf(trained)]).toEqual(layersOf(whole));
    expect(trained.nodes.map(({ id }) => id)).toEqual(trained.nodes.map((_, place) => place));
    expect(trained.nodes[trained.outputs.features]?.shape).toEqual(
      whole.nodes[whole.outputs.features]?.shape,
    );
    if (frozen !== null) {
      expect(layersOf(frozen).some((name) => isTrained(part, architecture, name))).toBe(false);
      expect(frozen.nodes[frozen.outputs.features]?.shape).toEqual(trained.nodes[0]?.shape);
    }
    expect(isTrained(part, architecture, layersOf(trained)[0] ?? '')).toBe(true);
  });

  it('keep the maps of 14 x 14 in front of the last stage', () => {
    const { frozen } = cutGraph(whole, 'LAST_STAGE', architecture);
    expect(frozen?.nodes[frozen.outputs.features]?.shape.slice(1)).toEqual([14, 14]);
  });

  it('train exactly one layer for the stem, fed with one plane', () => {
    expect(planesOf('STEM_AND_HEAD')).toBe(1);
    const trained = layersOf(whole).filter((name) => isTrained('STEM_AND_HEAD', architecture, name));
    expect(trained).toEqual([layersOf(whole)[0]]);
    const shapes = expectedShapes(architecture, 'reference', { withClassifier: false });
    expect(shapes.has(`${trained[0]}.weight`)).toBe(true);
  });
});
