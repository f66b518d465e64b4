/** What channels say beside a notice's own words, in both languages. */
import type { Notice, NoticeContent } from "../../model/notice.ts";

const words = {
  zh: {
    repeat: "本通知可能重复：上次发送后未能确认。",
    more: "内容过长，其余见监测平台。",
    colon: "：",
  },
  en: {
    repeat: "You may have had this notice before: sending it was not confirmed.",
    more: "Too long to show in full; the rest is on the board.",
    colon: ": ",
  },
} as const;

/** The words in a notice's language. */
export function wordsOf({ language }: NoticeContent): (typeof words)["zh" | "en"] {
  return words[language];
}

/** A notice as lines of plain text: for mail's text part, for SMS and for the console. */
export function plainLines({ content, isRepeat }: Notice, clean: (text: string) => string): string[] {
  const { colon, repeat } = wordsOf(content);
  return [
    clean(content.title),
    ...content.facts.map(({ label, value }) => `${clean(label)}${colon}${clean(value)}`),
    ...content.lines.map((line) => `- ${clean(line)}`),
    ...(isRepeat ? [repeat] : []),
  ];
}
