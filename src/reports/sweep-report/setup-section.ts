import type { SweepRequest } from '../../words/sweep-request.js';
import { markup, type Html } from './markup.js';
import { isAxis, pluralOf, SETTING_ROWS } from '../../words/training-settings.js';
import { formatSetting } from './describe-configuration.js';
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
    ['code version of the models', runCodeVersions.length === 0 ? 'none yet' : runCodeVersions.join(', ')],
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
  const settings = SETTING_ROWS.flatMap(([name, { label }]): [string, string][] => {
    if (isAxis(name)) {
      const values: readonly (string | number)[] = request[pluralOf(name)];
      return [[label, values.map(formatSetting).join(', ')]];
    }
    const value = request[name];
    return value === null ? [] : [[label, formatSetting(value)]];
  });
  return [
    ['backbone weights', request.backboneIds.join(', ')],
    ['devices', request.devices.join(', ')],
    ...settings,
  ];
}

function definitions(entries: readonly [string, string][]): Html {
  return markup`<dl>${entries.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}
