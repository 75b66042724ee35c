import type { PinnedWheel } from '../platforms.js';

/** CUDA's libraries as TensorFlow 2.18.1 asks for them, by requirement. */
export const PINNED_CUDA_WHEELS: Readonly<Record<string, PinnedWheel>> = {
  'nvidia-cublas-cu12==12.5.3.2': {
    fileName: 'nvidia_cublas_cu12-12.5.3.2-py3-none-manylinux2014_x86_64.whl',
    sha256: 'ca070ad70e9fa6654084575d01bd001f30cc4665e33d4bb9fc8e0f321caa034b',
    sizeBytes: 363_313_169,
  },
  'nvidia-cuda-cupti-cu12==12.5.82': {
    fileName: 'nvidia_cuda_cupti_cu12-12.5.82-py3-none-manylinux2014_x86_64.whl',
    sha256: 'bde77a5feb66752ec61db2adfe47f56b941842825b4c7e2068aff27c9d107953',
    sizeBytes: 13_811_507,
  },
  'nvidia-cuda-nvcc-cu12==12.5.82': {
    fileName: 'nvidia_cuda_nvcc_cu12-12.5.82-py3-none-manylinux2014_x86_64.whl',
    sha256: 'b03e545b8e8c3ce7ebcd7fc44063180ff52ff01d064ece2127ed90a04ef12cd0',
    sizeBytes: 22_468_537,
  },
  'nvidia-cuda-nvrtc-cu12==12.5.82': {
    fileName: 'nvidia_cuda_nvrtc_cu12-12.5.82-py3-none-manylinux2014_x86_64.whl',
    sha256: '3dbd97b0104b4bfbc3c4f8c79cd2496307c89c43c29a9f83125f1d76296ff3fd',
    sizeBytes: 24_873_108,
  },
  'nvidia-cuda-runtime-cu12==12.5.82': {
    fileName: 'nvidia_cuda_runtime_cu12-12.5.82-py3-none-manylinux2014_x86_64.whl',
    sha256: '3e79a060e126df40fd3a068f3f787eb000fa51b251ec6cd97d09579632687115',
    sizeBytes: 895_707,
  },
  'nvidia-cudnn-cu12==9.3.0.75': {
    fileName: 'nvidia_cudnn_cu12-9.3.0.75-py3-none-manylinux2014_x86_64.whl',
    sha256: '9ad9c6929ebb5295eb4a1728024666d1c88283373e265a0c5c883e6f9d5cd76d',
    sizeBytes: 577_163_502,
  },
  'nvidia-cufft-cu12==11.2.3.61': {
    fileName: 'nvidia_cufft_cu12-11.2.3.61-py3-none-manylinux2014_x86_64.whl',
    sha256: '9a6e8df162585750f61983a638104a48c756aa13f9f48e19ab079b38e3c828b8',
    sizeBytes: 192_524_114,
  },
  'nvidia-curand-cu12==10.3.6.82': {
    fileName: 'nvidia_curand_cu12-10.3.6.82-py3-none-manylinux2014_x86_64.whl',
    sha256: '2823fb27de4e44dbb22394a6adf53aa6e1b013aca0f8c22867d1cfae58405536',
    sizeBytes: 56_309_107,
  },
  'nvidia-cusolver-cu12==11.6.3.83': {
    fileName: 'nvidia_cusolver_cu12-11.6.3.83-py3-none-manylinux2014_x86_64.whl',
    sha256: '93cfafacde4428b71778eeb092ec615a02a3d05404da1bcf91c53e3fa1bce42b',
    sizeBytes: 130_341_232,
  },
  'nvidia-cusparse-cu12==12.5.1.3': {
    fileName: 'nvidia_cusparse_cu12-12.5.1.3-py3-none-manylinux2014_x86_64.whl',
    sha256: '016df8e993c437e8301e62739f01775cba988fd5253cd4c64173f8e8d2f8e752',
    sizeBytes: 217_558_979,
  },
  'nvidia-nccl-cu12==2.21.5': {
    fileName: 'nvidia_nccl_cu12-2.21.5-py3-none-manylinux2014_x86_64.whl',
    sha256: '8579076d30a8c24988834445f8d633c697d42397e92ffc3f63fa26766d25e0a0',
    sizeBytes: 188_654_414,
  },
  'nvidia-nvjitlink-cu12==12.5.82': {
    fileName: 'nvidia_nvjitlink_cu12-12.5.82-py3-none-manylinux2014_x86_64.whl',
    sha256: 'f9b37bc5c8cf7509665cb6ada5aaa0ce65618f2332b7d3e78e9790511f111212',
    sizeBytes: 21_298_879,
  },
};

/**
 * What the extra `and-cuda` of a TensorFlow wheel asks for, as pip takes it: for example `nvidia-cublas-cu12==12.5.3.2`.
 * @param metadata the wheel's METADATA
 * @returns in the order of the file; none where the wheel is not built for graphics cards
 */
export function readCudaRequirements(metadata: string): string[] {
  const lines = metadata.matchAll(/^Requires-Dist: *([^;\n]+?) *;[^\n]*extra *== *['"]and-cuda['"]/gm);
  return [...lines].map(([, requirement = '']) => requirement.replace(/[\s()]/g, ''));
}
