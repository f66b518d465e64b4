/** Texts of rules with places to fill in: `{{site}}`, `{{value|percent}}`. */

/** How a number is written: as a share of a hundred, with one decimal, or whole. */
export const summaryForms = ["percent", "number", "count"] as const;
export type SummaryForm = (typeof summaryForms)[number];

/** A place to fill in: a tag of the series where there is no form, a number otherwise. */
export interface SummaryPlace {
  readonly name: string;
  readonly form?: SummaryForm;
}

const place = /\{\{\s*([A-Za-z]+)\s*(?:\|\s*(percent|number|count)\s*)?\}\}/g;

/** A text cut at its places. What merely resembles a place stays text. */
export function summaryParts(text: string): (string | SummaryPlace)[] {
  const parts: (string | SummaryPlace)[] = [];
  let end = 0;
  for (const match of text.matchAll(place)) {
    if (match.index > end) parts.push(text.slice(end, match.index));
    const form = match[2] as SummaryForm | undefined;
    parts.push({ name: match[1]!, ...(form === undefined ? {} : { form }) });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

/** Four significant digits of a hundredth, as Grafana writes percentages. */
const percent = (value: number): string => `${Number((value * 100).toPrecision(4))}%`;

function writeNumber(value: number | undefined, form: SummaryForm): string {
  if (value === undefined) return "—";
  return form === "percent" ? percent(value) : value.toFixed(form === "count" ? 0 : 1);
}

/** The text with its places filled in; an absent tag is nothing, an unknown number a dash. */
export function fillSummary(
  text: string,
  tags: Readonly<Record<string, string>>,
  values: Readonly<Record<string, number>>,
): string {
  return summaryParts(text)
    .map((part) => {
      if (typeof part === "string") return part;
      return part.form === undefined ? (tags[part.name] ?? "") : writeNumber(values[part.name], part.form);
    })
    .join("");
}
