import { createRequire } from 'node:module';
import type * as layersModule from '@tensorflow/tfjs-layers';
import { startWasm } from '../../src/compute/engines/wasm.js';
import type { TfjsModel } from '../../src/networks/tfjs-classifier.js';

/** The build that shares its core with the engine. */
const layers = createRequire(import.meta.url)('@tensorflow/tfjs-layers') as typeof layersModule;

/** Probabilities of an exported classifier, loaded as its users load it. @param inputs grey rasters [count, 224, 224] */
export async function runTfjsLayers(
  { topology, weights }: TfjsModel,
  inputs: Uint8Array,
  count: number,
): Promise<Float32Array> {
  const tf = await startWasm();
  const { modelTopology, weightsManifest } = JSON.parse(JSON.stringify(topology)) as {
    modelTopology: object;
    weightsManifest: { weights: never[] }[];
  };
  const weightData = await new Blob(weights as Float32Array<ArrayBuffer>[]).arrayBuffer();
  const weightSpecs = weightsManifest[0]!.weights;
  const model = await layers.loadLayersModel({
    load: async () => ({ modelTopology, weightSpecs, weightData }),
  });
  const picture = tf.tensor4d(Float32Array.from(inputs), [count, 224, 224, 1]);
  const output = model.predict(picture) as ReturnType<typeof tf.tensor>;
  const probabilities = await output.data<'float32'>();
  tf.dispose([picture, output]);
  model.dispose();
  return probabilities;
}
