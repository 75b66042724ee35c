import type { SweepRequest } from '../../words/sweep-request.js';
import { markup, type Html } from './markup.js';
import { describeFolds } from './describe-configuration.js';
import { reproduceCommand } from './reproduce-command.js';
import type { SweepReport } from './sweep-report.js';

/** All that is needed to do it again and to know whether it was the same. */
export function setupSection({ sweep, dataset, parts, runCodeVersions, codeVersion }: SweepReport): Html {
  const engines = new Set(
    parts.flatMap(({ model }) => (model === null ? [] : [model.engine, model.featureEngine])),
  );
  const facts: [string, string][] = [
    ['sweep', `${sweep.name}, ${sweep.id}`],
    ['asked for', sweep.createdAt.toISOString()],
    ['data set', `${dataset.name}, from ${dataset.source}`],
    ['data set digest', dataset.digest],
    ['engines', engines.size === 0 ? 'none yet' : [...engines].join(', ')],
    ['code version of the models', runCodeVersions.length === 0 ? 'not kept' : runCodeVersions.join(', ')],
    ['code version of this report', codeVersion],
  ];
  return markup`<h2>How it was done</h2>
${definitions(facts)}
<h3>Grid</h3>
${definitions(listGrid(sweep.request))}
<h3>Once more</h3>
<pre><code>${reproduceCommand(sweep.request, dataset.name)}</code></pre>
<p class="aside">Runs that have done the same already are taken instead of repeated; --force trains again. The same data set, configuration, engines and code give the same heads, bit for bit.</p>`;
}

/** Every combination of the lists is one part; the other settings hold for all. */
function listGrid(request: SweepRequest): [string, string][] {
  const list = (values: readonly (string | number)[]) => values.join(', ');
  return [
    ['backbone weights', list(request.backboneIds)],
    ['trained', list(request.trainables ?? ['head']).toLowerCase()],
    ['heads', list(request.heads).toLowerCase()],
    ['optimizers', list(request.optimizers).toLowerCase()],
    ['devices', list(request.devices)],
    ['learning rates', list(request.learningRates)],
    ['batch sizes', list(request.batchSizes)],
    ['epochs', list(request.epochs)],
    ['seeds', list(request.seeds)],
    ['validation share', String(request.validationFraction)],
    ['test share, where the data set has no test pictures', String(request.testFraction)],
    ['preprocessing', request.recipe],
    ['views of each training picture', String(request.augmentationViews)],
    ['cross-validation', describeFolds(request.crossValidation)],
  ];
}

function definitions(entries: readonly [string, string][]): Html {
  return markup`<dl>${entries.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}
