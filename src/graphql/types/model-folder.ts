import { importExported } from '../../serving/import-exported.js';
import { exportNamed, type ExportedModel } from '../../exports/export-named.js';
import type { FolderFile } from '../../registry/model-record.js';
import type { Builder } from '../builder.js';
import type { Nodes } from '../nodes.js';
import { decodeReference } from '../references.js';

/** Models as folders below the server's exports folder. */
export function defineModelFolder(builder: Builder, { Model }: Nodes): void {
  const ExportedFile = builder.objectRef<FolderFile>('ExportedFile').implement({
    description: 'One file of an exported model.',
    fields: (t) => ({
      path: t.exposeString('path', { description: 'Below its folder, with forward slashes.' }),
      sizeBytes: t.exposeInt('sizeBytes', { description: 'Bytes.' }),
      sha256: t.exposeString('sha256', { description: 'Of its bytes.' }),
    }),
  });
  const ExportedModelRef = builder.objectRef<ExportedModel>('ExportedModel').implement({
    description: 'A model written to a folder that needs nothing else.',
    fields: (t) => ({
      folder: t.exposeString('folder', {
        description: 'Its name below the exports folder; importModel takes it.',
      }),
      path: t.exposeString('path', { description: 'The folder on the machine of the server.' }),
      digest: t.string({ description: 'Of the model.', resolve: ({ record }) => record.digest }),
      files: t.field({
        type: [ExportedFile],
        description: 'Every file but the record, which lists them.',
        resolve: ({ record }) => record.files ?? [],
      }),
    }),
  });
  builder.mutationFields((t) => ({
    exportModel: t.field({
      type: ExportedModelRef,
      description:
        "Writes a model to a folder of its name below the server's exports folder: head and backbone as safetensors, the classifier as ONNX and for TensorFlow.js, golden pictures, README. An earlier export of the model is replaced.",
      args: { id: t.arg.id({ required: true, description: 'Id, name or number of the model.' }) },
      resolve: (_root, { id }, { app }) => exportNamed(app, decodeReference('Model', id)),
    }),
    importModel: t.field({
      type: Model,
      description:
        "Registers a model from a folder below the server's exports folder, once every digest holds and it answers its golden pictures here as it did there.",
      args: {
        folder: t.arg.string({ required: true, description: 'Name of the folder, no path.' }),
        name: t.arg.string({ description: 'What to register it as; its own name where absent.' }),
      },
      resolve: (_root, { folder, name }, { app }) => importExported(app, folder, name ?? undefined),
    }),
  }));
}
