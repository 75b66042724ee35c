/**
 * On a processor. Beyond 8 the maps leave the caches and every engine is slower or as fast (ms a picture at 8 and 32: ONNX
 * Runtime 31 and 33, TensorFlow 38 and 38, wasm 120 and 119 for ResNet18 on one thread), while memory would grow with the
 * batch (TensorFlow 620 and 930 MB).
 */
export const CPU_BATCH_SIZES: readonly number[] = [1, 2, 4, 8];

/** On a graphics card, whose thousands of lanes a few pictures leave idle. */
export const GPU_BATCH_SIZES: readonly number[] = [1, 8, 32, 128, 256];

/** @returns the most pictures that go through a network at once */
export function largestOf(batchSizes: readonly number[]): number {
  return Math.max(...batchSizes);
}

/** @param count from 1 upwards */
export function nextPowerOfTwo(count: number): number {
  return 2 ** Math.ceil(Math.log2(count));
}
