import { buildGraph } from '../../src/networks/build-graph.js';
import { extentAt, nodeAt } from '../../src/networks/graph.js';
import type { Architecture, BackboneRecord } from '../../src/words/architecture.js';

/** A record for weights that a formula gives (test/support/formula-weights.ts): nothing has to be carried along. */
export function formulaBackbone(architecture: Architecture): BackboneRecord {
  const graph = buildGraph(architecture, 'reference', 1);
  return {
    id: architecture,
    architecture,
    featurePoint: 'reference',
    featureSize: extentAt(nodeAt(graph, graph.outputs.features), 0),
    mean: [0.485, 0.485, 0.485],
    standardDeviation: [0.229, 0.229, 0.229],
    file: '',
    sha256: '0'.repeat(64),
  };
}
