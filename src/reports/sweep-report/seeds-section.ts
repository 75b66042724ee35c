import { formatPercent } from '../charts/describe-proportion.js';
import { markup, type Html } from './markup.js';
import { spreadOverSeeds, type SeedGroup, type Spread } from './spread-over-seeds.js';
import type { SweepReport } from './sweep-report.js';

/** Mean and spread of configurations that were trained with several seeds; nothing where none was. */
export function seedsSection({ parts }: SweepReport): Html {
  const groups = spreadOverSeeds(parts);
  if (groups.length === 0) return markup``;
  return markup`<h2>Over the seeds</h2>
<div class="scroll"><table>
<caption>Configurations trained with several seeds and tested on the same pictures: mean, standard deviation and range. The intervals above say what another test would change, these figures what another start would.</caption>
<thead><tr><th scope="col">configuration</th><th scope="col">parts</th><th scope="col" class="number">seeds</th><th scope="col" class="number">accuracy</th><th scope="col" class="number">log loss</th></tr></thead>
<tbody>
${groups.map(renderGroup)}</tbody>
</table></div>`;
}

function renderGroup(group: SeedGroup): Html {
  const { parts, accuracy, logLoss } = group;
  const numbers = parts.map(({ part }) => part.number).join(', ');
  return markup`<tr><td>${describeGroup(group)}</td><td>${numbers}</td><td class="number">${parts.length}</td><td class="number">${formatSpread(accuracy, formatPercent)}</td><td class="number">${formatSpread(logLoss, (loss) => loss.toFixed(3))}</td></tr>\n`;
}

/** For example `head multi, optimizer sgd`. */
export function describeGroup({ settings }: Pick<SeedGroup, 'settings'>): string {
  if (settings.length === 0) return 'all';
  return settings.map(([label, value]) => `${label} ${value}`).join(', ');
}

/** For example `93.1% ± 1.2% (91.0% to 94.5%)`. */
export function formatSpread(
  { mean, deviation, lowest, highest }: Spread,
  format: (value: number) => string,
): string {
  return `${format(mean)} ± ${format(deviation)} (${format(lowest)} to ${format(highest)})`;
}
