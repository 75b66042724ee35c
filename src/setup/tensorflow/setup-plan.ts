import type { TensorflowPlatform, TensorflowVariant } from './platforms.js';
import type { TfjsNodePackage } from './tfjs-node-package.js';

export interface SetupOptions {
  cacheDir: string;
  /** `cpu` where absent. */
  variant?: TensorflowVariant;
  /** TensorFlow version; by default the pinned one, or the one that `wheel` holds. */
  version?: string | undefined;
  /** A wheel brought by hand: nothing is downloaded. Those of CUDA's libraries are taken from the folder that it lies in. */
  wheel?: string | undefined;
  onProgress: (line: string) => void;
  signal?: AbortSignal | undefined;
  /** The tfjs-node to build for and to link; by default the installed one. */
  tfjs?: TfjsNodePackage;
}

/** What is asked for, with nothing left open. */
export interface SetupPlan extends SetupOptions {
  variant: TensorflowVariant;
  version: string;
  platform: TensorflowPlatform;
  tfjs: TfjsNodePackage;
  /** The place of the finished installation. */
  directory: string;
}
