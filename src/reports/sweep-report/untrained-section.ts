import { ERRORS } from '../../errors.js';
import { isTrained } from './decide-sweep.js';
import { describeConfiguration } from './describe-configuration.js';
import { markup, type Html } from './markup.js';
import { endOf } from './summarize-sweep.js';
import type { ReportedPart, SweepReport } from './sweep-report.js';

/** Parts without a model, each with its reason and what to do about it; nothing where there are none. */
export function untrainedSection({ parts }: SweepReport): Html[] {
  const reasons = groupByReason(parts.filter((part) => !isTrained(part)));
  if (reasons.length === 0) return [];
  return [
    markup`<h2>Not trained</h2>
<div class="scroll"><table>
<caption>Parts that were refused, failed or have not ended yet.</caption>
<thead><tr><th scope="col">state</th><th scope="col">reason</th><th scope="col">advice</th><th scope="col">parts</th></tr></thead>
<tbody>
${reasons.map(renderReason)}</tbody>
</table></div>`,
  ];
}

interface Reason {
  state: string;
  message: string;
  advice: string;
  parts: ReportedPart[];
}

/** Many parts are refused for one reason: a device or weights that are not there. */
function groupByReason(parts: readonly ReportedPart[]): Reason[] {
  const reasons = new Map<string, Reason>();
  for (const reported of parts) {
    const state = endOf(reported);
    const error = reported.part.refusal ?? reported.run?.error ?? null;
    const message = error?.message ?? '';
    const key = JSON.stringify([state, message]);
    const reason = reasons.get(key) ?? {
      state,
      message,
      advice: error === null ? '' : ERRORS[error.code].advice,
      parts: [],
    };
    reasons.set(key, reason);
    reason.parts.push(reported);
  }
  return [...reasons.values()];
}

function renderReason({ state, message, advice, parts }: Reason): Html {
  const lines = parts.map(
    ({ part }) => markup`<li>${part.number}: ${describeConfiguration(part.configuration)}</li>`,
  );
  return markup`<tr><td>${state}</td><td class="name">${message}</td><td class="name">${advice}</td><td><ul class="plain">${lines}</ul></td></tr>\n`;
}
