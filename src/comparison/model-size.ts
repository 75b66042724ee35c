import type { Architecture, HeadKind } from '../words/architecture.js';
import { expectedShapes, featureSizeOf } from '../networks/build-graph.js';
import { headShapes } from '../networks/heads.js';

/** Parameters of backbone and head together; the running means and variances of batch norm are not parameters. */
export function countParameters(model: {
  architecture: Architecture;
  featureSize: number;
  head: HeadKind;
  classes: readonly string[];
}): number {
  const { architecture, featureSize } = model;
  const point = featureSizeOf(architecture, 'reference') === featureSize ? 'reference' : 'gap';
  const backbone = expectedShapes(architecture, point, { withClassifier: false });
  const head = headShapes(model.head, featureSize, model.classes.length);
  return [...backbone, ...head]
    .filter(([name]) => !/\.running_(mean|var)$/.test(name))
    .reduce((sum, [, shape]) => sum + shape.reduce((product, extent) => product * extent, 1), 0);
}
