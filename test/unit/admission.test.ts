import { createAdmission } from '../../src/classification/admission.js';
import { GelqlError } from '../../src/errors.js';

function refusal(admit: () => unknown): GelqlError {
  try {
    admit();
  } catch (error) {
    if (error instanceof GelqlError) return error;
  }
  throw new Error('was admitted');
}

describe('admission', () => {
  it('admits up to the bound, refuses the next, and admits again after a release', () => {
    const admission = createAdmission(2);
    const first = admission.admit();
    admission.admit();
    expect(refusal(() => admission.admit()).code).toBe('OVERLOADED');
    first.release();
    expect(admission.pending).toBe(1);
    admission.admit();
    expect(admission.pending).toBe(2);
  });

  it('counts a permit that is released twice only once', () => {
    const admission = createAdmission(2);
    const permit = admission.admit();
    admission.admit();
    permit.release();
    permit.release();
    expect(admission.pending).toBe(1);
  });

  it('computes Retry-After from the measured rate and leaves idle time out of it', () => {
    let time = 0;
    const admission = createAdmission(10, { now: () => time });
    const only = admission.admit();
    time += 1000;
    only.release();
    time += 3_600_000;
    for (let index = 0; index < 10; index += 1) admission.admit();
    expect(refusal(() => admission.admit()).facts).toEqual({ retryAfterSeconds: 5 });
  });
});
