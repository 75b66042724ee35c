import { compareFineTune, logitLossOfPyTorch, type FineTuneCase } from './compare-fine-tune.js';
import { runFineTuneCase } from './fine-tune-case.js';

const CASE_TIMEOUT_MS = 240_000;
const LOGIT_TOLERANCE = 1e-3;
const WEIGHT_TOLERANCE = 1e-3;

/**
 * Largest difference of a loss from the reference in double precision. What single precision itself loses grows with the
 * depth that is trained; where PyTorch's own losses lie further away than that, ours may lie twice as far as PyTorch's.
 */
function lossTolerance({ network, mode, optimizer, losses, losses_float64: exact }: FineTuneCase): number {
  const ofPyTorch = Math.max(...losses.map((loss, step) => Math.abs(loss / exact[step]! - 1)));
  const usual = network === 'mobilenet_v3_large' && mode === 'ALL' ? 5e-4 : 1e-4;
  return Math.max(optimizer === 'adam' ? 5e-3 : usual, 2 * ofPyTorch);
}

/** Trains each case on native TensorFlow and compares it with PyTorch. */
export function itRepeatsFineTuning(cases: readonly FineTuneCase[]): void {
  it.each(cases)(
    'repeats losses, logits and weights of $network $mode with $optimizer and leaves no tensor',
    async (fixture) => {
      const outcome = await runFineTuneCase(fixture, 'tensorflow');
      const differences = compareFineTune(fixture, outcome);
      expect(outcome.losses).toHaveLength(fixture.losses.length);
      expect(differences.loss).toBeLessThan(lossTolerance(fixture));
      expect(differences.logits).toBeLessThan(Math.max(LOGIT_TOLERANCE, 2 * logitLossOfPyTorch(fixture)));
      expect(differences.weights).toBeLessThan(WEIGHT_TOLERANCE);
      expect(outcome.tensorsLeft).toBe(0);
    },
    CASE_TIMEOUT_MS,
  );
}
