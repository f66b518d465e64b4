/** HTML put together on the server, every value escaped. */

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A piece of HTML that is done: put into another, it is not escaped again. */
export interface Html {
  readonly html: string;
}

type Part = string | number | Html | readonly Part[];

function textOf(part: Part): string {
  if (typeof part === "number") return String(part);
  if (typeof part === "string") return part.replace(/[&<>"']/g, (one) => entities[one]!);
  return "html" in part ? part.html : part.map(textOf).join("");
}

/** A template: what stands in it is HTML, what is put into it is text (or HTML made the same way). */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: strings.reduce((all, text, index) => all + textOf(parts[index - 1] ?? "") + text) };
}

/** Nothing, where a template has a part that may be absent. */
export const none: Html = { html: "" };
