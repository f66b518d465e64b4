/** Small things that tests of deliveries are made of. */
import type { Channel } from "../../model/duty.ts";
import type { NoticeContent } from "../../model/notice.ts";

export const NOW = Date.UTC(2026, 10, 23, 6);

export function content(part: Partial<NoticeContent> = {}): NoticeContent {
  return {
    language: "zh",
    kind: "raised",
    colour: "red",
    title: "【红色预警】示范船厂",
    facts: [],
    lines: [],
    links: [],
    ...part,
  };
}

export function channelsOf(
  kinds: Readonly<Record<string, Channel["kind"]>>,
  perMinute = 20,
): Map<string, Channel> {
  return new Map(Object.entries(kinds).map(([id, kind]) => [id, { id, kind, perMinute }]));
}
