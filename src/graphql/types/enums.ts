import { DEVICES, ENGINE_NAMES } from '../../compute/engines/engine.js';
import { RUN_STAGES, RUN_STATES } from '../../db/schema.js';
import { PICTURE_FORMATS, PICTURE_WARNINGS, POLARITIES, RASTER_RECIPES } from '../../images/picture.js';
import { ARCHITECTURES, HEADS } from '../../networks/architecture.js';
import { OPTIMIZERS } from '../../training/configuration.js';
import type { Builder } from '../builder.js';

/** GraphQL spells enum values in capitals with underscores; the rest of the program keeps its own spelling. */
function valuesOf<T extends string>(values: readonly T[]): Record<string, { value: T }> {
  return Object.fromEntries(values.map((value) => [value.toUpperCase().replaceAll('-', '_'), { value }]));
}

export function defineEnums(builder: Builder) {
  return {
    Architecture: builder.enumType('Backbone', {
      description: 'The network that turns a picture into features, as torchvision defines it.',
      values: valuesOf(ARCHITECTURES),
    }),
    Head: builder.enumType('Head', {
      description:
        'SINGLE: Linear(D, C). MULTI: Linear(D, 512) ReLU Dropout .25 Linear(512, 256) ReLU Dropout .5 Linear(256, C).',
      values: valuesOf(HEADS),
    }),
    Optimizer: builder.enumType('Optimizer', {
      description: 'ADAM (betas .9, .999, epsilon 1e-8) or SGD with momentum .9, as PyTorch defines them.',
      values: valuesOf(OPTIMIZERS),
    }),
    DeviceKind: builder.enumType('DeviceKind', { values: valuesOf(DEVICES) }),
    Engine: builder.enumType('Engine', {
      description: 'What computes the backbone: native TensorFlow, ONNX Runtime, or WebAssembly.',
      values: valuesOf(ENGINE_NAMES),
    }),
    Recipe: builder.enumType('Preprocessing', {
      description:
        'From pixels to the network input. GEL_V1: alpha on white, contrast stretch p0.1..p99.9. REFERENCE_V1: as the published experiment.',
      values: valuesOf(RASTER_RECIPES),
    }),
    RunState: builder.enumType('RunState', { values: valuesOf(RUN_STATES) }),
    RunStage: builder.enumType('RunStage', { values: valuesOf(RUN_STAGES) }),
    PictureFormat: builder.enumType('PictureFormat', { values: valuesOf(PICTURE_FORMATS) }),
    PictureWarningCode: builder.enumType('PictureWarningCode', { values: valuesOf(PICTURE_WARNINGS) }),
    Polarity: builder.enumType('Polarity', { values: valuesOf(POLARITIES) }),
    OrderDirection: builder.enumType('OrderDirection', {
      values: { ASC: { value: 'asc' }, DESC: { value: 'desc' } } as const,
    }),
  };
}

export type Enums = ReturnType<typeof defineEnums>;
