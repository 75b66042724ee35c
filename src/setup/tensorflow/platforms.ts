import { GelqlError } from '../../errors.js';

/** The TensorFlow that gelql is tested with. */
export const DEFAULT_TENSORFLOW_VERSION = '2.18.1';

/** Python tag of the wheels that pip is asked for. The C library inside is the same for all; one tag means one hash. */
export const WHEEL_PYTHON = { version: '311', abi: 'cp311' } as const;

/** What TensorFlow computes on: the processor, or NVIDIA's graphics cards. */
export type TensorflowVariant = 'cpu' | 'gpu';

export interface PinnedWheel {
  fileName: string;
  sha256: string;
  sizeBytes: number;
}

/** Where one platform's TensorFlow comes from and how an addon is linked against it. */
export interface TensorflowPlatform {
  /** Name of the distribution on the package index. */
  distribution: string;
  /** Platform tags that pip may choose from, in order of preference. */
  tags: readonly string[];
  /** What the name of a wheel for this platform ends in. */
  wheelName: RegExp;
  /** The C API and the runtime below it, as they are named in the wheel and at run time. */
  libraries: readonly [string, string];
  /** Arguments that make the compiler build a loadable addon which finds the libraries beside itself. */
  linkArguments: readonly string[];
  pinned: Readonly<Record<string, PinnedWheel>>;
}

const LINUX = {
  libraries: ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'],
  linkArguments: ['-shared', '-Wl,-rpath,$ORIGIN'],
} as const;

/**
 * Proven end to end on linux-x64. For the other two, the pinned wheels were fetched and export every function that the
 * addon calls; there the proof at the end of the set-up decides on the spot.
 */
const PLATFORMS: Readonly<Record<string, TensorflowPlatform>> = {
  'linux-x64': {
    ...LINUX,
    distribution: 'tensorflow-cpu',
    tags: ['manylinux2014_x86_64', 'manylinux_2_27_x86_64', 'manylinux_2_28_x86_64'],
    wheelName: /linux.*_x86_64\.whl$/,
    pinned: {
      '2.18.1': {
        fileName: 'tensorflow_cpu-2.18.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
        sha256: '810c75d7149d2da0cb2092187817b0dcabb80728ca9f9cf3a61f3f42fadd1298',
        sizeBytes: 230_236_181,
      },
      '2.21.0': {
        fileName: 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
        sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
        sizeBytes: 273_829_956,
      },
    },
  },
  'linux-arm64': {
    ...LINUX,
    distribution: 'tensorflow',
    tags: ['manylinux2014_aarch64', 'manylinux_2_27_aarch64', 'manylinux_2_28_aarch64'],
    wheelName: /linux.*_aarch64\.whl$/,
    pinned: {
      '2.18.1': {
        fileName: 'tensorflow-2.18.1-cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64.whl',
        sha256: '8a6485edd2148f70d011dbd1d8dc2c775e91774a5a159466e83d0d1f21580944',
        sizeBytes: 231_937_898,
      },
    },
  },
  'darwin-arm64': {
    distribution: 'tensorflow',
    tags: ['macosx_12_0_arm64'],
    wheelName: /macosx.*_arm64\.whl$/,
    libraries: ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib'],
    linkArguments: ['-bundle', '-undefined', 'dynamic_lookup', '-Wl,-rpath,@loader_path'],
    pinned: {
      '2.18.1': {
        fileName: 'tensorflow-2.18.1-cp311-cp311-macosx_12_0_arm64.whl',
        sha256: '661029cd769b311db910b79a3a6ef50a5a61ecc947172228c777a49989722508',
        sizeBytes: 239_549_037,
      },
    },
  },
};

/**
 * NVIDIA's cards. This build computes on the processor, too, where it finds no card, but is a separate installation: nobody
 * without a card has to fetch its gigabytes.
 */
const GPU_PLATFORMS: Readonly<Record<string, TensorflowPlatform>> = {
  'linux-x64': {
    ...LINUX,
    distribution: 'tensorflow',
    tags: ['manylinux2014_x86_64', 'manylinux_2_27_x86_64', 'manylinux_2_28_x86_64'],
    wheelName: /^tensorflow-.*linux.*_x86_64\.whl$/,
    pinned: {
      '2.18.1': {
        fileName: 'tensorflow-2.18.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl',
        sha256: 'c9f87e5d2a680a4595f5dc30daf6bbaec9d4129b46d7ef1b2af63c46ac7d2828',
        sizeBytes: 615_510_377,
      },
    },
  },
};

/**
 * @param platform `process.platform`
 * @param arch `process.arch`
 * @param hasGlibc false on a Linux with another C library; TensorFlow's wheels are built for glibc
 * @throws GelqlError SETUP_FAILED where TensorFlow publishes no library for this machine
 */
export function selectPlatform(
  platform: string,
  arch: string,
  hasGlibc: boolean,
  variant: TensorflowVariant = 'cpu',
): TensorflowPlatform {
  const platforms = variant === 'gpu' ? GPU_PLATFORMS : PLATFORMS;
  const row = platforms[`${platform}-${arch}`];
  if (row === undefined) {
    const what = variant === 'gpu' ? "TensorFlow for NVIDIA's graphics cards" : 'native TensorFlow';
    throw new GelqlError(
      'SETUP_FAILED',
      `${what} is offered on ${Object.keys(platforms).join(', ')}, not on ${platform}-${arch}; the other engines work here`,
    );
  }
  if (platform === 'linux' && !hasGlibc) {
    throw new GelqlError(
      'SETUP_FAILED',
      'native TensorFlow needs glibc, and this Linux uses another C library (Alpine?): take a Debian, Ubuntu or Fedora image; the other engines work here',
    );
  }
  return row;
}

/** Whether this process runs on glibc, as Node's own diagnostic report has it. */
export function detectGlibc(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime !== undefined;
}
