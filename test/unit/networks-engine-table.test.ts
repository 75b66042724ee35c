import { tmpdir } from 'node:os';
import { ENGINE_NAMES } from '../../src/words/device.js';
import { ENGINES } from '../../src/compute/engines/table.js';

const PLACE = { softwareGpu: false, card: null, cacheDir: tmpdir() };

describe('the engine table', () => {
  it('has every engine under its own name', () => {
    expect(Object.keys(ENGINES).sort()).toEqual([...ENGINE_NAMES].sort());
    for (const name of ENGINE_NAMES) expect(ENGINES[name].name).toBe(name);
  });

  it('finds ONNX Runtime and wasm, which install with the package', async () => {
    expect(await ENGINES.onnxruntime.probe(PLACE)).toEqual({
      available: true,
      version: expect.stringMatching(/^onnxruntime-node \d+\.\d+/),
    });
    expect(await ENGINES.wasm.probe(PLACE)).toEqual({
      available: true,
      version: expect.stringMatching(/^tfjs-wasm \d+\.\d+/),
    });
  });

  it('says which TensorFlow it found, or why there is none', async () => {
    const probe = await ENGINES.tensorflow.probe(PLACE);
    if (probe.available) {
      expect(probe.version).toMatch(/^tensorflow \d+\.\d+\.\d+ \(tfjs-node \d+\.\d+\.\d+\)$/);
    } else {
      expect(probe.reason).toMatch(/^Native TensorFlow (is not set up: run `gelql setup|does not load: )/);
    }
  });
});
