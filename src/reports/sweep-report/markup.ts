import { escapeXml, replaceControls } from '../escape-xml.js';

/** HTML that may stand in a page as it is; made by `markup` only. */
export class Html {
  constructor(readonly source: string) {}
}

export type HtmlValue = Html | string | number | readonly HtmlValue[];

/** Text between the tags is taken as HTML; what is put in is escaped, unless it is HTML itself. Lists are joined. */
export function markup(literals: TemplateStringsArray, ...values: HtmlValue[]): Html {
  return new Html(String.raw({ raw: literals }, ...values.map(toSource)));
}

/** Marks text as HTML: for drawn charts and style sheets, never for anything that a user has written. */
export function trusted(source: string): Html {
  return new Html(source);
}

function toSource(value: HtmlValue): string {
  if (value instanceof Html) return value.source;
  return typeof value === 'object' ? value.map(toSource).join('') : escapeXml(replaceControls(String(value)));
}
