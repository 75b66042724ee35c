import { describeEngine } from '../support/engine-thread.js';
import { readFineTuneCases } from '../support/fine-tune-case.js';
import { itRepeatsFineTuning } from '../support/repeat-fine-tuning.js';

const describeHere = await describeEngine('tensorflow');

describeHere(
  'training inside the network beside PyTorch, one case of each optimizer (all: test/slow)',
  () => {
    const isQuick = (name: string) => name === 'efficientnet_lite0 LAST_STAGE';
    const cases = readFineTuneCases().filter(({ network, mode }) => isQuick(`${network} ${mode}`));
    it('has a case of each optimizer', () => {
      expect(cases.map(({ optimizer }) => optimizer)).toEqual(['adam', 'sgd']);
    });
    itRepeatsFineTuning(cases);
  },
);
