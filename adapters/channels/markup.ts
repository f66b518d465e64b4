/** Plain text made safe for what a channel takes for markup. Names, explanations and payloads are anybody's words. */

/** Characters that robots' Markdown gives a meaning to, and the full-width ones that look the same and have none. */
const fullWidth: Readonly<Record<string, string>> = {
  "\\": "＼",
  "`": "｀",
  "*": "＊",
  _: "＿",
  "~": "～",
  "#": "＃",
  "[": "［",
  "]": "］",
  "<": "＜",
  ">": "＞",
  "|": "｜",
  "!": "！",
  "&": "＆",
  "@": "＠",
};

/** Control characters, line ends, and those that turn the direction of what follows: one space for each run. */
const unseen = /[\p{Cc}\p{Zl}\p{Zp}\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]+/gu;

/** Text on one line, without characters that hide or turn what is read; halves of surrogate pairs are replaced. */
export function oneLine(text: string): string {
  return text
    .replace(/\p{Cs}/gu, "\ufffd")
    .replace(unseen, " ")
    .trim();
}

/** At most so many characters; what is cut off shows as an ellipsis. */
export function shortened(text: string, characters: number): string {
  const all = [...text];
  return all.length <= characters ? text : `${all.slice(0, characters - 1).join("")}…`;
}

/**
 * Text for the Markdown of DingTalk and WeCom. Neither documents an escape, so that characters with a meaning are
 * exchanged for their full-width forms; addresses no longer become links by themselves.
 */
export function markdownText(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_~#[\]<>|!&@]/g, (one) => fullWidth[one]!)
    .replace(/:(?=\/\/)/g, "：")
    .replace(/www\./gi, (found) => `${found.slice(0, 3)}．`)
    .replace(/^[-+=](?=\s|[-+=]|$)/, (one) => (one === "-" ? "－" : one === "+" ? "＋" : "＝"))
    .replace(/^(\d+)\.(?=\s|$)/, "$1．");
}

/** An address for Markdown's `[label](address)`; undefined where it is none that a browser opens. */
export function markdownUrl(url: string): string | undefined {
  const plain = webUrl(url);
  return plain?.replace(
    /[()<>[\]\\`*_~|!@'"\s]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** An http or https address in its plain form; undefined for `javascript:` and the like. */
export function webUrl(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, href } = new URL(url);
  return protocol === "https:" || protocol === "http:" ? href : undefined;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text for HTML, between tags and in quoted attributes. */
export function htmlText(text: string): string {
  return oneLine(text).replace(/[&<>"']/g, (one) => entities[one]!);
}

/** Whole lines of a text while they fit into `bytes` of UTF-8, and a last line instead of those that do not. */
export function fitLines(lines: readonly string[], last: string, bytes: number): string {
  const size = (text: string): number => Buffer.byteLength(text) + 1;
  const all = lines.reduce((sum, line) => sum + size(line), 0);
  if (all <= bytes) return lines.join("\n");
  const kept: string[] = [];
  let left = bytes - size(last);
  for (const line of lines) {
    left -= size(line);
    if (left < 0) break;
    kept.push(line);
  }
  return [...kept, last].join("\n");
}
