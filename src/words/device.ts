export const ENGINE_NAMES = [
  'tensorflow',
  'onnxruntime',
  'wasm',
  'tensorflow_gpu',
  'onnxruntime_cuda',
  'webgpu',
  'onnxruntime_webgpu',
] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

/** `CPU`, or `GPU`; a run says which it wants and is refused where no engine serves it. */
export const DEVICES = ['CPU', 'GPU'] as const;
export type Device = (typeof DEVICES)[number];

/** `AUTO` takes the fastest engine of any device. */
export const DEVICE_CHOICES = ['AUTO', ...DEVICES] as const;
export type DeviceChoice = (typeof DEVICE_CHOICES)[number];

/** The engine that a worker trains with, by device. */
export type WorkerEngines = Partial<Record<Device, EngineName>>;
