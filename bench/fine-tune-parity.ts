import { ENGINE_NAMES } from '../src/words/device.js';
import { compareFineTune } from '../test/support/compare-fine-tune.js';
import { readFineTuneCases, runFineTuneCase } from '../test/support/fine-tune-case.js';

/**
 * The largest differences from PyTorch for each case of ../shared/fixtures/fine-tune.json, as rows of a table:
 * `npm run bench:fine-tune [-- ENGINE [NETWORK [MODE]]]`. The engine webgpu takes an emulated graphics card too.
 */

const [wanted = 'tensorflow', network, mode] = process.argv.slice(2);
const engine = ENGINE_NAMES.find((name) => name === wanted);
if (engine === undefined) throw new Error(`name an engine: ${ENGINE_NAMES.join(', ')}`);
const cases = readFineTuneCases().filter(
  (fixture) => fixture.network === (network ?? fixture.network) && fixture.mode === (mode ?? fixture.mode),
);
if (cases.length === 0) throw new Error('../shared/fixtures/fine-tune.json is not there.');
console.log('| network | mode | optimizer | loss | logits | weights | s/step |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const fixture of cases) {
  const outcome = await runFineTuneCase(fixture, engine);
  const { loss, logits, weights } = compareFineTune(fixture, outcome);
  const numbers = [loss, logits, weights].map((value) => value.toExponential(1));
  const cells = [
    fixture.network,
    fixture.mode,
    fixture.optimizer,
    ...numbers,
    outcome.secondsPerStep.toFixed(2),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}
