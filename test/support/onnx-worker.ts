import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { OnnxTask } from './run-onnx.js';

const { model, inputs, count } = workerData as OnnxTask;
const session = await InferenceSession.create(model);
const { logits, probabilities } = await session.run({
  picture: new Tensor('uint8', inputs, [count, 1, 224, 224]),
});
await session.release();
parentPort?.postMessage({ logits: logits?.data, probabilities: probabilities?.data });
