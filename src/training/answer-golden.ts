import { at } from '../at.js';
import type { TensorMap } from '../words/architecture.js';
import { applyHead } from '../networks/heads.js';
import { chooseGoldenPictures, type GoldenAnswer } from '../registry/golden-answers.js';
import type { TrainingPlan } from './plan-training.js';

/**
 * What the head gives for its golden pictures: some of the test, or of those that it was trained on where the run keeps no
 * test. They show later that the model still answers as it did, not that it answers well.
 * @param testFeatures [test pictures, D]
 * @param fitFeatures [fitted pictures, views, D], of which the unchanged view counts
 */
export function answerGolden(
  { split, images, backbone, ...plan }: TrainingPlan,
  head: TensorMap,
  testFeatures: Float32Array,
  fitFeatures: Float32Array,
): GoldenAnswer[] {
  const hasTest = split.test.length > 0;
  const indices = hasTest ? split.test : split.fitted;
  const features = hasTest ? testFeatures : fitFeatures;
  const rowSize = backbone.featureSize * (hasTest ? 1 : plan.featureViews);
  const pictures = indices.map((index) => ({
    sha256: plan.pictureAt(index).sha256,
    label: plan.labelAt(index),
    name: at(images, index).name,
  }));
  return chooseGoldenPictures(pictures).flatMap((position) => {
    const picture = pictures[position];
    const start = position * rowSize;
    const logits = applyHead(head, features.subarray(start, start + backbone.featureSize), 1);
    return picture === undefined ? [] : [{ name: picture.name, sha256: picture.sha256, logits: [...logits] }];
  });
}
