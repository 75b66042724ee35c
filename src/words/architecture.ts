/** Architectures, weights, heads. */

/** Those of the published experiment, in the order of its table. */
export const REFERENCE_ARCHITECTURES = ['resnet18', 'vgg16', 'mobilenet_v3_large'] as const;
export const ARCHITECTURES = [...REFERENCE_ARCHITECTURES, 'efficientnet_lite0'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** The architectures as the command line and the results table spell them: the published experiment's names, and ours alike. */
export const REFERENCE_NAMES: Record<Architecture, string> = {
  resnet18: 'resnet18',
  vgg16: 'vgg16',
  mobilenet_v3_large: 'mobilenet-v3',
  efficientnet_lite0: 'efficientnet-lite0',
};

/**
 * Where the backbone is cut: `reference` as the published experiment did (ResNet18 512 after the average pool, VGG16 4096
 * after classifier.5, MobileNetV3-Large 1280 after classifier.2; EfficientNet-Lite0 1280 after the average pool); `gap` after a global average of the last feature maps
 * (VGG16 512, needs none of its dense layers).
 */
export const FEATURE_POINTS = ['reference', 'gap'] as const;
export type FeaturePoint = (typeof FEATURE_POINTS)[number];

/** A named tensor in torch layout (conv [out, in/groups, kh, kw], linear [out, in]), row-major float32. */
export interface Tensor {
  shape: readonly number[];
  data: Float32Array;
}
export type TensorMap = Map<string, Tensor>;

/**
 * Everything that makes a backbone the same backbone: architecture, cut, weights and the normalisation that belongs to
 * them. It crosses the worker's message port, so it holds plain values only.
 */
export interface BackboneRecord {
  /** For example `resnet18-gelql-2`; file names and model records use it. */
  id: string;
  architecture: Architecture;
  featurePoint: FeaturePoint;
  /** D, the number of features per picture. */
  featureSize: number;
  /** Per-channel mean and standard deviation on the 0..1 scale. */
  mean: readonly [number, number, number];
  standardDeviation: readonly [number, number, number];
  /** Absolute path of the safetensors file. */
  file: string;
  /** SHA-256 of that file, hex; checked before the file is used. */
  sha256: string;
  /** Where a training has moved some of its tensors: those, which take the place of the file's own. */
  tuned?: TunedWeights | undefined;
}

/** A file of tensors that belongs to one backbone (weights/tuned-weights.ts). */
export interface TunedWeights {
  /** Absolute path of the safetensors file. */
  file: string;
  /** SHA-256 of that file, hex; checked before the file is used. */
  sha256: string;
}

/**
 * What two backbones that answer alike have in common, as text to be used as a key: one file of weights can be cut at two
 * points, normalised in two ways, and have some of its tensors moved.
 */
export function backboneKey({
  sha256,
  tuned,
  featurePoint,
  mean,
  standardDeviation,
}: Omit<BackboneRecord, 'file' | 'id'>): string {
  return JSON.stringify([sha256, tuned?.sha256 ?? null, featurePoint, mean, standardDeviation]);
}

export const HEADS = ['SINGLE', 'MULTI'] as const;
/** `SINGLE` = Linear(D, C); `MULTI` = Linear(D, 512) ReLU Dropout .25 Linear(512, 256) ReLU Dropout .5 Linear(256, C). */
export type HeadKind = (typeof HEADS)[number];
