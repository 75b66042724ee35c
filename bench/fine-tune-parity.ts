import { compareFineTune, readFineTuneCases, runFineTuneCase } from '../test/support/fine-tune-case.js';

/** The largest differences from PyTorch for each case of ../shared/fixtures/fine-tune.json, as rows of a table. */

const cases = readFineTuneCases();
if (cases.length === 0) throw new Error('../shared/fixtures/fine-tune.json is not there.');
console.log('| network | mode | optimizer | loss | logits | weights | s/step |');
console.log('| --- | --- | --- | --- | --- | --- | --- |');
for (const fixture of cases) {
  const outcome = await runFineTuneCase(fixture);
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
