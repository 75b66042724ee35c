import type { RateRule } from '../../words/training-rules.js';

/**
 * Share of the learning rate that a step is taken with, above 0, at most 1. It rises in equal steps over the w steps of the
 * warm-up; then it stays, or falls from 1 along (1 + cos(pi t)) / 2 over the steps that are left, as in PyTorch's
 * CosineAnnealingLR behind its LinearLR from 1 / w (Loshchilov and Hutter, "SGDR", ICLR 2017, without restarts).
 * @param step from 0
 */
export function rateShare({ schedule, warmupSteps, steps }: RateRule, step: number): number {
  if (step < warmupSteps) return (step + 1) / warmupSteps;
  switch (schedule) {
    case 'CONSTANT':
      return 1;
    case 'COSINE': {
      const progress = (step - warmupSteps) / Math.max(1, steps - warmupSteps);
      return (1 + Math.cos(Math.PI * progress)) / 2;
    }
  }
}
