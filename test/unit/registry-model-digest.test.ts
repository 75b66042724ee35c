import { modelDigest, type ModelParts } from '../../src/registry/model-digest.js';

const parts: ModelParts = {
  backboneSha256: 'b'.repeat(64),
  tunedSha256: null,
  featurePoint: 'reference',
  headSha256: 'a'.repeat(64),
  classes: ['gel', 'not_gel'],
  recipe: 'gel-v1',
  mean: [0.485, 0.485, 0.485],
  standardDeviation: [0.229, 0.229, 0.229],
  temperature: 1,
};

test('is the SHA-256 of the parts, whatever order they are named in', () => {
  expect(modelDigest(parts)).toMatch(/^[0-9a-f]{64}$/);
  const reversed = Object.fromEntries(Object.entries(parts).reverse()) as unknown as ModelParts;
  expect(modelDigest(reversed)).toBe(modelDigest(parts));
});

test('stays what it was, as Python computes it: stored models are checked against it', () => {
  expect(modelDigest(parts)).toBe('163ab865cc435db08c5ff2b3d0c6b1679dd1601fd8de9c28505693945d69d8ce');
});

test.each<[string, Partial<ModelParts>]>([
  ['the backbone', { backboneSha256: 'c'.repeat(64) }],
  ['tuned weights', { tunedSha256: 'c'.repeat(64) }],
  ['the cut', { featurePoint: 'gap' }],
  ['the head', { headSha256: 'c'.repeat(64) }],
  ['the order of the classes', { classes: ['not_gel', 'gel'] }],
  ['the border between two classes', { classes: ['gel,not_gel'] }],
  ['the recipe', { recipe: 'reference-v1' }],
  ['the mean', { mean: [0.485, 0.485, 0.4850000000000001] }],
  ['the standard deviation', { standardDeviation: [0.229, 0.229, 0.225] }],
  ['an applied temperature', { temperature: 1.0001 }],
  ['mean and standard deviation exchanged', { mean: parts.standardDeviation, standardDeviation: parts.mean }],
])('changes with %s', (_name, change) => {
  expect(modelDigest({ ...parts, ...change })).not.toBe(modelDigest(parts));
});
