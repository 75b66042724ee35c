import { parentPort, workerData } from 'node:worker_threads';
import { linkTensorflow } from '../../src/setup/tensorflow/link-tensorflow.js';
import type { TfjsNodePackage } from '../../src/setup/tensorflow/tfjs-node-package.js';

/** Links again and again, as fast as it can; answers whether every call found TensorFlow linked. */
const { cacheDir, tfjs } = workerData as { cacheDir: string; tfjs: TfjsNodePackage };
const outcomes = Array.from({ length: 20 }, () => linkTensorflow(cacheDir, tfjs));
parentPort?.postMessage(outcomes.every((outcome) => outcome.linked));
