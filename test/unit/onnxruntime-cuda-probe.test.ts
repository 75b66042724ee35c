import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  findCudaOnnxruntimeAbsence,
  findMissingProvider,
  probeCudaOnnxruntime,
} from '../../src/compute/engines/onnxruntime-cuda-probe.js';
import { cardEnvironment } from '../../src/config.js';

describe('ONNX Runtime with CUDA', () => {
  let directory: string;
  beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), 'gelql-onnxruntime-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  it('names the library that its package does not bring, and how to fetch it', () => {
    const bin = join(directory, 'bin', 'napi-v6', 'linux', 'x64');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'libonnxruntime_providers_shared.so'), '');
    expect(findMissingProvider(directory)).toMatch(
      /^ONNX Runtime's libonnxruntime_providers_cuda\.so is not installed\. .*install\.js --onnxruntime-node-install/,
    );
    writeFileSync(join(bin, 'libonnxruntime_providers_cuda.so'), '');
    expect(findMissingProvider(directory)).toBeNull();
  });

  it('names the card that its process sees, whatever number that was asked for by', () => {
    writeFileSync(join(directory, 'nvidia-smi'), '#!/bin/sh\necho "card $4"\n', { mode: 0o755 });
    const probe = pathToFileURL(resolve('src/compute/engines/onnxruntime-cuda-probe.ts')).href;
    const program = `const { readCardName } = await import('${probe}'); console.log(await readCardName());`;
    // As engine-trials.ts starts the process of the probe.
    const environment = cardEnvironment(1, { PATH: `${directory}:/usr/bin:/bin` });
    const args = ['--import', 'tsx', '--input-type=module', '-e', program];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8', env: environment })).toBe('card 1\n');
  });

  it('is absent with a reason where it cannot run, found without loading it or by a run', async () => {
    const probe = await probeCudaOnnxruntime({ card: null });
    if (probe.available) return expect(findCudaOnnxruntimeAbsence()).toBeNull();
    expect(probe.reason).toMatch(/is not installed|does not start on the graphics card/);
    expect(findCudaOnnxruntimeAbsence() ?? probe.reason).toMatch(
      /only, not on|^No NVIDIA driver|not installed|does not start/,
    );
  });
});
