/** Notices in words: from matters to what an officer reads. Pure; the same matters give the same words. */
import type { Matter } from "../../model/alert.ts";
import type { NoticeContent, NoticeKind } from "../../model/notice.ts";
import type { Instant } from "../../model/time.ts";
import { digestOf, entriesOf, groupOf } from "./digest.ts";
import { type ComposeContext, factsOf, measuredFacts } from "./facts.ts";
import { shareText } from "./measures.ts";
import { placeText } from "./place.ts";
import { type Language, words } from "./words.ts";

/** Where the links of a notice lead; each is left out where it is absent. */
export interface NoticeAddresses {
  /** Page on which these officers answer, signed for them. */
  readonly answer?: (matter: string, officers: readonly string[], now: Instant) => string;
  /** The board as officers reach it, without a slash at the end. */
  readonly boardUrl?: string;
}

export interface Composer {
  /** The words for officers who read the same message. Several matters make a digest, whatever the kind. */
  notice(
    kind: NoticeKind,
    matters: readonly Matter[],
    language: Language,
    officers: readonly string[],
    now: Instant,
  ): NoticeContent;
  /** Puts notices that have their words into one, for a channel that may not carry them all. All of one language. */
  merge(contents: readonly NoticeContent[]): NoticeContent;
}

/**
 * Where, what and how far, short enough for a list. An alert that says nothing of how much (a rule without data, or of
 * another's making) has its own summary instead.
 */
function whatOf(matter: Matter, context: ComposeContext, language: Language): string {
  const { registry } = context;
  const { rule, values, summary } = matter.alert;
  const place = placeText(matter.alert, registry, language);
  const name = registry.rules.find(({ id }) => id === rule)?.name[language];
  const isMeasured = measuredFacts(matter, context, language).length > 0;
  const share = values.ratio === undefined ? "" : ` ${shareText(values.ratio)}`;
  const what = name !== undefined && isMeasured ? `${name}${share}` : summary[language];
  return `${place}${language === "zh" ? "：" : ": "}${what}`;
}

function titleOf(kind: NoticeKind, matter: Matter, context: ComposeContext, language: Language): string {
  const { titles, colours } = words[language];
  return titles[kind === "digest" ? "raised" : kind](
    colours[matter.colour],
    whatOf(matter, context, language),
  );
}

/** What digests link to. */
function boardLinks(boardUrl: string | undefined, path: string, language: Language): NoticeContent["links"] {
  return boardUrl === undefined ? [] : [{ label: words[language].links.board, url: `${boardUrl}/#${path}` }];
}

/** Composes notices of a county. */
export function createComposer(context: ComposeContext, addresses: NoticeAddresses): Composer {
  const boardUrl = addresses.boardUrl?.replace(/\/+$/, "");
  const kindOf = (matter: Matter): NoticeKind => (matter.resolvedAt === undefined ? "raised" : "resolved");
  const linksOf = (
    kind: NoticeKind,
    matter: Matter,
    language: Language,
    officers: readonly string[],
    now: Instant,
  ): NoticeContent["links"] => {
    const { links } = words[language];
    const { panelUrl } = matter.alert;
    // What is over and answered needs no answer; what is over and was never looked at still does.
    const asksNothing = kind === "resolved" && matter.acknowledgedAt !== undefined;
    const answer = asksNothing ? undefined : addresses.answer?.(matter.id, officers, now);
    return [
      ...(answer === undefined ? [] : [{ label: links.answer, url: answer }]),
      ...(panelUrl === undefined ? [] : [{ label: links.panel, url: panelUrl }]),
      ...boardLinks(boardUrl, `/matter/${encodeURIComponent(matter.id)}`, language),
    ];
  };
  return {
    notice(kind, matters, language, officers, now) {
      const [only] = matters;
      if (only === undefined || matters.length > 1 || kind === "digest") {
        const entries = matters.map((matter) => ({
          group: groupOf(kindOf(matter), matter.colour),
          line: `${titleOf(kindOf(matter), matter, context, language)} ${matter.id}`,
        }));
        return digestOf(entries, language, boardLinks(boardUrl, "/alerts", language));
      }
      return {
        language,
        kind,
        colour: only.colour,
        title: titleOf(kind, only, context, language),
        facts: factsOf(only, context, language),
        lines: [],
        links: linksOf(kind, only, language, officers, now),
      };
    },
    merge(contents) {
      const language = contents[0]?.language ?? "zh";
      const entries = contents.flatMap(entriesOf);
      return digestOf(entries, language, boardLinks(boardUrl, "/alerts", language));
    },
  };
}
