import { describeEngine } from '../support/engine-thread.js';
import { readFineTuneCases } from '../support/fine-tune-case.js';
import { itRepeatsFineTuning } from '../support/repeat-fine-tuning.js';

const cases = readFineTuneCases();
const describeHere = await describeEngine('tensorflow');

describeHere('training inside the network beside PyTorch', () => {
  it('is compared in every case of the reference', () => {
    expect(cases.filter(({ network }) => network === 'efficientnet_lite0')).toHaveLength(6);
    expect([6, 17]).toContain(cases.length);
  });

  itRepeatsFineTuning(cases);
});
