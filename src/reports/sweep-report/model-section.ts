import { at } from '../../at.js';
import { describeProportion, describeShare } from '../charts/describe-proportion.js';
import { describeTrainingEnd } from '../describe-training-end.js';
import { drawableCurves, specifyCurve } from '../plots/result-plots.js';
import { specifyRun } from '../plots/run-plots.js';
import { rankParts } from './decide-sweep.js';
import { listConfiguration } from './describe-configuration.js';
import { pictureAnchor } from './gallery-section.js';
import type { InlineChart } from './inline-chart.js';
import { markup, type Html } from './markup.js';
import type { ScoredResult, SweepReport, TrainedPart } from './sweep-report.js';

/** Models with their charts; the charts of more would make the file too large to open. */
const DRAWN_MODELS = 48;
/** Classes and wrong answers of one model; every model repeats them. */
const SHOWN_CLASSES = 50;
const SHOWN_WRONG = 100;

export const modelAnchor = ({ part }: TrainedPart): string => `model-${part.number}`;

/** Every model, folded up: what it confuses, its curves, its classes, its wrong answers, its configuration. */
export async function modelsSection(report: SweepReport, draw: InlineChart): Promise<Html> {
  const trained = rankParts(report.parts);
  const models: Html[] = [];
  for (const [rank, part] of trained.entries()) {
    models.push(await renderModel(part, report, rank < DRAWN_MODELS ? draw : null));
  }
  const note =
    trained.length > DRAWN_MODELS
      ? markup`<p class="aside">The ${DRAWN_MODELS} best have their charts here; all have them in the folder of the plots.</p>`
      : '';
  return markup`<h2>Models</h2>${note}${models}`;
}

async function renderModel(part: TrainedPart, report: SweepReport, draw: InlineChart | null): Promise<Html> {
  const { model, holdout } = part;
  const charts = draw === null ? [] : await drawCharts(part, draw);
  return markup`<details id="${modelAnchor(part)}"><summary><strong>${model.name}</strong>: ${describeProportion('accuracy', holdout.result.evaluation.accuracy)}</summary>
<div class="charts">${charts}</div>
${renderClasses(holdout)}
${renderWrong(holdout, report)}
<h3>Configuration</h3>
<dl>${[...listConfiguration(model.configuration), ...listIdentity(part)].map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
</details>\n`;
}

async function drawCharts({ run, epochs, holdout }: TrainedPart, draw: InlineChart): Promise<Html[]> {
  const { result, scores } = holdout;
  const curves = drawableCurves(scores).map((kind) => draw(specifyCurve(kind, result, scores)));
  return Promise.all([...curves, draw(specifyRun(run, epochs))]);
}

function renderClasses({ result }: ScoredResult): Html {
  const { perClass } = result.evaluation;
  const worst = new Set(perClass.toSorted((left, right) => left.f1 - right.f1).slice(0, SHOWN_CLASSES));
  const shown = perClass.filter((entry) => worst.has(entry));
  const note =
    shown.length < perClass.length
      ? markup`<p class="aside">The ${shown.length} classes with the smallest F1; ${perClass.length - shown.length} are left out.</p>`
      : '';
  const rows = shown.map(
    ({ name, support, precision, recall, f1 }) =>
      markup`<tr><td>${name}</td><td class="number">${support}</td><td>${describeShare(precision)}</td><td>${describeShare(recall)}</td><td class="number">${f1.toFixed(3)}</td></tr>`,
  );
  return markup`<h3>Classes</h3>${note}
<div class="scroll"><table><thead><tr><th scope="col">class</th><th scope="col" class="number">pictures</th><th scope="col">of those called so, right</th><th scope="col">of those that are, found</th><th scope="col" class="number">F1</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

function renderWrong({ result, scores }: ScoredResult, { pictures, thumbnails }: SweepReport): Html {
  const { classes } = result.evaluation;
  if (scores.length === 0)
    return markup`<p class="aside">The answers to its test pictures were not read.</p>`;
  const wrong = scores.filter(({ label, predicted }) => label !== predicted);
  const place = (sha256: string) => pictures.findIndex((picture) => picture.sha256 === sha256);
  const note =
    wrong.length > SHOWN_WRONG
      ? markup`<p class="aside">${SHOWN_WRONG} of ${wrong.length}; the others are left out.</p>`
      : '';
  const items = wrong.slice(0, SHOWN_WRONG).map(({ name, sha256, label, predicted, probabilities }) => {
    const shown = thumbnails.has(sha256)
      ? markup`<a href="#${pictureAnchor(place(sha256))}">${name}</a>`
      : name;
    return markup`<li>${shown} is ${at(classes, label)}, was called ${at(classes, predicted)} (${(100 * at(probabilities, predicted)).toFixed(1)}%)</li>`;
  });
  return markup`<h3>Wrong answers</h3>${note}${items.length === 0 ? markup`<p>None on ${scores.length} test pictures.</p>` : markup`<ul>${items}</ul>`}`;
}

/** What the model is bound to, and what it was tested on. */
function listIdentity({ model, run, holdout }: TrainedPart): [string, string][] {
  const { calibration } = model;
  return [
    ['engine of the head, of the features', `${model.engine}, ${model.featureEngine}`],
    ['kept', describeTrainingEnd(run) ?? 'not told'],
    ['test', holdout.result.testDescription],
    ['test digest', holdout.result.testDigest],
    [
      'temperature',
      calibration === null
        ? 'none fitted'
        : `${calibration.temperature.toFixed(3)}, ${calibration.isApplied ? 'applied' : 'not applied: too few groups'}`,
    ],
    ['model digest', model.digest],
    ['run', run.id],
    ['fingerprint of data set, configuration, weights and code', run.fingerprint],
  ];
}
