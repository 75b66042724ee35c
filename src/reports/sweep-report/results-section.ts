import { REFERENCE_NAMES } from '../../words/architecture.js';
import { formatPercent } from '../charts/describe-proportion.js';
import { showsTrainable } from '../shows-trainable.js';
import { rankParts, type SweepDecision } from './decide-sweep.js';
import { markup, type Html } from './markup.js';
import { modelAnchor } from './model-section.js';
import type { SweepReport, TrainedPart } from './sweep-report.js';

interface Column {
  heading: string;
  isNumber: boolean;
  /** What is shown, and the number that the column is sorted by. */
  cell: (
    part: TrainedPart,
    decision: SweepDecision | null,
  ) => { shown: Html | string; value?: number | null };
}

const text = (heading: string, show: (part: TrainedPart) => string): Column => ({
  heading,
  isNumber: false,
  cell: (part) => ({ shown: show(part) }),
});
const number = (
  heading: string,
  valueOf: (part: TrainedPart) => number | null,
  show: (value: number, part: TrainedPart) => string,
): Column => ({
  heading,
  isNumber: true,
  cell: (part) => {
    const value = valueOf(part);
    return { shown: value === null ? 'undefined' : show(value, part), value };
  },
});
const share = (heading: string, valueOf: (part: TrainedPart) => number) =>
  number(heading, valueOf, formatPercent);

const TRAINED = text('trained', ({ holdout }) => holdout.result.trainable.toLowerCase());

const COLUMNS: Column[] = [
  number('part', ({ part }) => part.number, String),
  {
    heading: 'model',
    isNumber: false,
    cell: (part, decision) => ({
      shown: markup`<a href="#${modelAnchor(part)}">${part.model.name}</a>${standing(part, decision)}`,
    }),
  },
  text('backbone', ({ model }) => REFERENCE_NAMES[model.architecture]),
  TRAINED,
  text('head', ({ model }) => model.head.toLowerCase()),
  text('optimizer', ({ model }) => model.optimizer.toLowerCase()),
  text('device', ({ model }) => model.device),
  number('seed', ({ model }) => model.configuration.seed, String),
  share('accuracy', ({ holdout }) => holdout.result.accuracy),
  number(
    '95% interval',
    ({ holdout }) => holdout.result.accuracyLow,
    (low, { holdout }) => `${formatPercent(low)} to ${formatPercent(holdout.result.accuracyHigh)}`,
  ),
  number(
    'right',
    ({ holdout }) => holdout.result.evaluation.accuracy.k,
    (right, { holdout }) => `${right} of ${holdout.result.testCount}`,
  ),
  share('precision', ({ holdout }) => holdout.result.precision),
  share('recall', ({ holdout }) => holdout.result.recall),
  share('F1', ({ holdout }) => holdout.result.f1),
  number(
    'AUC',
    ({ holdout }) => holdout.result.rocAuc,
    (area) => area.toFixed(3),
  ),
  number(
    'its interval',
    ({ holdout }) => holdout.result.evaluation.rocAucInterval?.low ?? null,
    describeInterval,
  ),
  number(
    'log loss',
    ({ holdout }) => holdout.result.logLoss,
    (loss) => loss.toFixed(3),
  ),
  number('training', ({ holdout }) => holdout.result.trainingTimeMins, formatMinutes),
  number(
    'one picture',
    ({ holdout }) => holdout.result.inferenceTimeSecs,
    (seconds) => `${(1000 * seconds).toFixed(1)} ms`,
  ),
];

/** Models with their results, the best first; a press on a heading sorts by it. */
export function resultsSection({ parts }: SweepReport, decision: SweepDecision | null): Html {
  const trained = rankParts(parts);
  if (trained.length === 0) return markup`<h2>Results</h2><p>No model has been tested yet.</p>`;
  const isTrainableShown = showsTrainable(trained.map(({ holdout }) => holdout.result));
  const columns = COLUMNS.filter((column) => column !== TRAINED || isTrainableShown);
  const headings = columns.map(
    ({ heading, isNumber }) =>
      markup`<th scope="col" class="${isNumber ? 'number' : 'text'}"><button type="button">${heading}</button></th>`,
  );
  return markup`<h2>Results</h2>
<div class="scroll"><table>
<caption>The highest lower end of the interval first. Press a heading to sort. Precision, recall and F1 are weighted by class support.</caption>
<thead><tr>${headings}</tr></thead>
<tbody>
${trained.map((part) => markup`<tr>${columns.map((column) => renderCell(column, part, decision))}</tr>\n`)}</tbody>
</table></div>`;
}

function renderCell(
  { heading, isNumber, cell }: Column,
  part: TrainedPart,
  decision: SweepDecision | null,
): Html {
  const { shown, value } = cell(part, decision);
  if (isNumber) return markup`<td class="number" data-value="${value ?? ''}">${shown}</td>`;
  return markup`<td class="${heading === 'model' ? 'name' : 'text'}">${shown}</td>`;
}

function standing(part: TrainedPart, decision: SweepDecision | null): string {
  if (decision === null) return '';
  if (decision.winner === part) return decision.ties.length === 0 ? ' (best)' : ' (best, tied)';
  return decision.ties.includes(part) ? ' (tied)' : '';
}

/** Where nothing is ranked wrongly the bootstrap says nothing. */
function describeInterval(low: number, { holdout }: TrainedPart): string {
  const high = holdout.result.evaluation.rocAucInterval?.high ?? low;
  return low === high ? 'none' : `${low.toFixed(3)} to ${high.toFixed(3)}`;
}

function formatMinutes(minutes: number): string {
  return minutes < 2 ? `${(60 * minutes).toFixed(1)} s` : `${minutes.toFixed(1)} min`;
}
