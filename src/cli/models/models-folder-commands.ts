import { resolve } from 'node:path';
import type { Command } from 'commander';
import { importModel } from '../../serving/import-model.js';
import type { Config } from '../../config.js';
import { exportModel } from '../../exports/export-model.js';
import { printJson, printNote, printResult } from '../terminal/output.js';
import { withApp } from '../with-app.js';

/** Models as folders: `models export` and `models import`. */
export function registerFolderCommands(models: Command, getConfig: () => Config): void {
  models
    .command('export')
    .argument('<model>', 'id, name or number')
    .argument('<directory>', 'folder to make; an earlier export of the same model is replaced')
    .option('--name <name>', 'name that the record carries instead of the registered one')
    .option('--head-only', 'record, head and golden pictures only, for machines that have the backbone')
    .description(
      'write a registered model as a folder that needs nothing else: safetensors, ONNX, TensorFlow.js',
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  gelql models export 3 my-model\n  gelql models export resnet18-single-adam-b74add my-model --name gels-2',
    )
    .action(
      async (
        reference: string,
        directory: string,
        flags: { name?: string; headOnly?: boolean; json?: boolean },
      ) => {
        const record = await withApp(getConfig(), (app) =>
          exportModel(app, {
            reference,
            directory: resolve(directory),
            name: flags.name,
            headOnly: flags.headOnly ?? false,
          }),
        );
        if (flags.json === true) printJson(record);
        else printResult(`${record.name}, digest ${record.digest}, in ${directory}`);
        printNote(`${directory}/golden holds pictures of its data set: look at them before you pass it on.`);
      },
    );
  models
    .command('import')
    .argument('<directory>', 'folder that `gelql models export` wrote')
    .option('--name <name>', 'name to register it as instead of its own')
    .description('verify a model folder, put it through its golden pictures and register it')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  gelql models import my-model\n  gelql models import my-model --name gels-2',
    )
    .action(async (directory: string, flags: { name?: string; json?: boolean }) => {
      const model = await withApp(getConfig(), (app) =>
        importModel(app, { directory: resolve(directory), name: flags.name }),
      );
      if (flags.json === true) printJson(model);
      else printResult(`${model.name}, number ${model.number}, digest ${model.digest}`);
    });
}
