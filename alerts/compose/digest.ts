/** Many notices in one: a line each, the worst first. */
import { type Colour, colours } from "../../model/limit.ts";
import type { NoticeContent, NoticeKind } from "../../model/notice.ts";
import { type Language, words } from "./words.ts";

/** Lines of one digest; the rest is counted, and on the board. */
const MOST_LINES = 40;

/** What the entries of a digest are counted by. */
export type DigestGroup = Colour | "resolved";

/** Worst first. */
const groups: readonly DigestGroup[] = [...[...colours].reverse(), "resolved"];

/** One thing that a digest tells of; without a line it is counted alone. */
export interface DigestEntry {
  readonly group: DigestGroup;
  readonly line?: string;
}

/** What a notice of the kind counts as. */
export function groupOf(kind: NoticeKind, colour: Colour): DigestGroup {
  return kind === "resolved" ? "resolved" : colour;
}

/** What a notice tells of, to be put into a digest: itself, or what a digest has in it. */
export function entriesOf({ kind, colour, title, lines, counts }: NoticeContent): DigestEntry[] {
  if (kind !== "digest" || counts === undefined) return [{ group: groupOf(kind, colour), line: title }];
  const all = groups.flatMap((group) => Array<DigestGroup>(counts[group] ?? 0).fill(group));
  // The last line of a cut digest counts what is left out, which is counted here anew.
  const own = all.length > lines.length || lines.length > MOST_LINES ? lines.slice(0, -1) : lines;
  return all.map((group, index) => ({ group, ...(own[index] === undefined ? {} : { line: own[index] }) }));
}

function titleOf(counts: ReadonlyMap<DigestGroup, number>, total: number, language: Language): string {
  const { titles, colours: names } = words[language];
  const parts = groups.flatMap((group) => {
    const count = counts.get(group) ?? 0;
    if (count === 0) return [];
    return group === "resolved" ? [titles.digestOver(count)] : [titles.digestPart(count, names[group])];
  });
  return titles.digest(total, parts.join(titles.comma));
}

/** A digest of all entries: every one counted, the first lines in words. */
export function digestOf(
  entries: readonly DigestEntry[],
  language: Language,
  links: NoticeContent["links"],
): NoticeContent {
  const sorted = [...entries].sort((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));
  const counts = new Map<DigestGroup, number>();
  for (const { group } of sorted) counts.set(group, (counts.get(group) ?? 0) + 1);
  const lines = sorted.flatMap(({ line }) => (line === undefined ? [] : [line])).slice(0, MOST_LINES);
  const left = sorted.length - lines.length;
  const worst = sorted[0]?.group ?? "resolved";
  return {
    language,
    kind: "digest",
    colour: worst === "resolved" ? "yellow" : worst,
    title: titleOf(counts, sorted.length, language),
    facts: [],
    lines: left > 0 ? [...lines, words[language].more(left)] : lines,
    counts: Object.fromEntries(counts),
    links,
  };
}
