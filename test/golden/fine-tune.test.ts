import { compareFineTune, type FineTuneCase } from '../support/compare-fine-tune.js';
import { readFineTuneCases, runFineTuneCase } from '../support/fine-tune-case.js';
import { describeEngine } from '../support/engine-thread.js';

const CASE_TIMEOUT_MS = 240_000;
const LOGIT_TOLERANCE = 1e-3;
const WEIGHT_TOLERANCE = 1e-3;

/** Of a loss beside the reference in double precision; what float32 itself loses grows with the depth that is trained. */
function lossTolerance({ network, mode, optimizer }: FineTuneCase): number {
  if (optimizer === 'adam') return 5e-3;
  return network === 'mobilenet_v3_large' && mode === 'ALL' ? 5e-4 : 1e-4;
}

const cases = readFineTuneCases();
const describeHere = await describeEngine('tensorflow');

describeHere('training inside the network beside PyTorch', () => {
  it('is compared in every case of the reference', () => {
    expect(cases.filter(({ network }) => network === 'efficientnet_lite0')).toHaveLength(6);
    expect([6, 17]).toContain(cases.length);
  });

  it.each(cases)(
    'repeats losses, logits and weights of $network $mode with $optimizer and leaves no tensor',
    async (fixture) => {
      const outcome = await runFineTuneCase(fixture, 'tensorflow');
      const differences = compareFineTune(fixture, outcome);
      expect(outcome.losses).toHaveLength(fixture.losses.length);
      expect(differences.loss).toBeLessThan(lossTolerance(fixture));
      expect(differences.logits).toBeLessThan(LOGIT_TOLERANCE);
      expect(differences.weights).toBeLessThan(WEIGHT_TOLERANCE);
      expect(outcome.tensorsLeft).toBe(0);
    },
    CASE_TIMEOUT_MS,
  );
});
