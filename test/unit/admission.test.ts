import { setTimeout as sleep } from 'node:timers/promises';
import { createAdmission, withPermit, type AdmissionRequest } from '../../src/serving/admission.js';
import { GelqlError } from '../../src/errors.js';
import { rejection } from '../support/caught-error.js';
import { waitFor } from '../support/wait-for.js';

function refusal(admit: () => unknown): GelqlError {
  try {
    admit();
  } catch (error) {
    if (error instanceof GelqlError) return error;
  }
  throw new Error('was admitted');
}

const interactive: AdmissionRequest = { priority: 'INTERACTIVE', timeoutMs: 60_000 };
const bulk: AdmissionRequest = { ...interactive, priority: 'BULK' };
const open = (maxPending: number, now?: () => number) =>
  createAdmission({ maxPending, maxPendingBytes: 1_000 }, now);

describe('admission', () => {
  it('admits up to the bound, refuses the next, and admits again after a release', () => {
    const admission = open(2);
    const permits = [admission.admit(interactive), admission.admit(interactive)];
    expect(refusal(() => admission.admit(interactive)).code).toBe('OVERLOADED');
    expect(refusal(() => admission.assertRoom()).code).toBe('OVERLOADED');
    permits[0]?.release();
    expect(admission.pending).toBe(1);
    admission.assertRoom();
    permits.push(admission.admit(interactive));
    expect(admission.pending).toBe(2);
    permits.forEach((permit) => permit.release());
  });

  it('counts a permit that is released twice only once', () => {
    const admission = open(2);
    const permits = [admission.admit(interactive), admission.admit(interactive)];
    permits[0]?.release();
    permits[0]?.release();
    expect(admission.pending).toBe(1);
    permits[1]?.release();
  });

  it('keeps a quarter of the places for pictures that somebody waits for', () => {
    const admission = open(4);
    const permits = [1, 2, 3].map(() => admission.admit(bulk));
    expect(refusal(() => admission.admit(bulk)).code).toBe('OVERLOADED');
    permits.push(admission.admit(interactive));
    expect(refusal(() => admission.admit(interactive)).code).toBe('OVERLOADED');
    permits.forEach((permit) => permit.release());
  });

  it('admits the pictures of one request together, as soon as there is room for one', () => {
    const admission = open(2);
    const permits = admission.admitAll(5, interactive);
    expect(admission.pending).toBe(5);
    permits.slice(0, 3).forEach((permit) => permit.release());
    expect(refusal(() => admission.admitAll(2, interactive)).code).toBe('OVERLOADED');
    permits.forEach((permit) => permit.release());
    expect(admission.pending).toBe(0);
  });

  it('computes Retry-After from the measured rate and leaves idle time out of it', () => {
    let time = 0;
    const admission = open(10, () => time);
    const only = admission.admit(interactive);
    time += 1000;
    only.release();
    time += 3_600_000;
    const permits = Array.from({ length: 10 }, () => admission.admit(interactive));
    expect(refusal(() => admission.admit(interactive)).facts).toEqual({ retryAfterSeconds: 5 });
    permits.forEach((permit) => permit.release());
  });
});

describe('the estimated wait', () => {
  it('is what is pending at the measured rate; bulk waits for all, interactive for its own and a tenth', () => {
    let time = 0;
    const admission = open(100, () => time);
    expect(admission.estimatedWaitMs('INTERACTIVE')).toBeNull();
    const first = admission.admit(interactive);
    time += 50;
    first.release();
    expect(admission.estimatedWaitMs('INTERACTIVE')).toBe(0);
    const permits = [1, 2, 3].map(() => admission.admit(interactive));
    expect(admission.estimatedWaitMs('INTERACTIVE')).toBeCloseTo(150);
    expect(admission.estimatedWaitMs('BULK')).toBeCloseTo(150);
    permits.push(...admission.admitAll(6, bulk));
    expect(admission.estimatedWaitMs('INTERACTIVE')).toBeCloseTo((150 * 10) / 9);
    expect(admission.estimatedWaitMs('BULK')).toBeCloseTo(450);
    permits.forEach((permit) => permit.release());
  });
});

describe('a permit', () => {
  it('ends its signal when the client goes away', () => {
    const client = new AbortController();
    const permit = open(1).admit({ ...interactive, clientSignal: client.signal });
    expect(permit.signal.aborted).toBe(false);
    client.abort();
    expect(permit.signal.reason).toMatchObject({ code: 'CANCELLED' });
    permit.release();
  });

  it('ends its signal when the time is over, counted from when the request came', async () => {
    const startedAt = performance.now();
    const permit = open(1).admit({ ...interactive, timeoutMs: 100, receivedAt: startedAt - 60 });
    await new Promise((resolve) => permit.signal.addEventListener('abort', resolve));
    expect(permit.signal.reason).toMatchObject({ code: 'DEADLINE_EXCEEDED', facts: { timeoutMs: 100 } });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(38);
    permit.release();
  });

  it('says nothing after it was released', async () => {
    const client = new AbortController();
    const permit = open(1).admit({ ...interactive, timeoutMs: 5, clientSignal: client.signal });
    permit.release();
    await sleep(20);
    client.abort();
    expect(permit.signal.aborted).toBe(false);
  });

  it('holds bytes until they are dropped or it is released', async () => {
    const admission = open(3);
    const [first, second, third] = admission.admitAll(3, interactive);
    await first?.holdBytes(600);
    const held = second!.holdBytes(600);
    first?.dropBytes();
    (await held).shrinkTo(500);
    await third?.holdBytes(500);
    second?.release();
    await first?.holdBytes(500);
    [first, third].forEach((permit) => permit?.release());
  });
});

describe('work under a permit', () => {
  it('is answered for at the deadline although it goes on, and keeps its place until it ends', async () => {
    const admission = open(1);
    const permit = admission.admit({ ...interactive, timeoutMs: 20 });
    let isDone = false;
    const error = await rejection(
      withPermit(permit, async () => {
        await sleep(120);
        isDone = true;
      }),
    );
    expect(error.code).toBe('DEADLINE_EXCEEDED');
    expect([isDone, admission.pending]).toEqual([false, 1]);
    await waitFor(() => admission.pending === 0);
    expect(isDone).toBe(true);
  });

  it('gives its place back however it ends', async () => {
    const admission = open(1);
    await expect(withPermit(admission.admit(interactive), async () => 7)).resolves.toBe(7);
    const failing = withPermit(admission.admit(interactive), async () => {
      throw new GelqlError('TOO_SMALL', 'small');
    });
    expect((await rejection(failing)).code).toBe('TOO_SMALL');
    expect(admission.pending).toBe(0);
  });
});
