/** A matter for the page behind a notice's link: what an officer without a session sees, and what he may do there. */
import type { MatterAction, MatterEvent, MatterState } from "../../model/alert.ts";
import type { DeskMatter } from "../../model/desk.ts";
import type { DeskRegistry } from "../../model/registry.ts";
import type { Calendar, Instant } from "../../model/time.ts";
import { momentText } from "../compose/measures.ts";
import { type Language, words } from "../compose/words.ts";
import { mayOf } from "./actions.ts";
import type { Acted, Desk } from "./desk.ts";

const answers = ["acknowledge", "explain"] as const;
type Answer = (typeof answers)[number];

/** What a person did, by the state it led to. */
const ledTo: Readonly<Partial<Record<MatterAction, MatterState>>> = {
  acknowledge: "acknowledged",
  explain: "explained",
  assign: "assigned",
  rectify: "rectified",
  review: "reviewed",
  close: "closed",
};

/** What was answered so far, one line each: when, who, what. */
export function answersOf(
  events: readonly MatterEvent[],
  { duties }: DeskRegistry,
  calendar: Calendar,
  language: Language,
): string[] {
  const nameOf = ({ actor, details }: MatterEvent): string =>
    duties.officers.find(({ id }) => id === (details.by ?? actor))?.name[language] ?? actor;
  return events.flatMap((event) => {
    const state = ledTo[event.action];
    if (state === undefined) return [];
    const said = event.text === "" ? "" : `${language === "zh" ? "：" : ": "}${event.text}`;
    return [`${momentText(event.at, calendar)} ${nameOf(event)} ${words[language].states[state]}${said}`];
  });
}

/** What somebody may do by a link: to answer, and no more. */
export function mayByLink(matter: DeskMatter, registry: DeskRegistry): Answer[] {
  const may = mayOf(matter, { name: "", role: "officer" }, registry.duties);
  return answers.filter((action) => may.includes(action));
}

/** Carries an answer by a link out, and says in one word what became of it. */
export function answerByLink(
  desk: Desk,
  before: DeskMatter | undefined,
  given: {
    readonly matter: string;
    readonly action: Answer;
    readonly officer: string;
    readonly text: string;
  },
  now: Instant,
): "done" | "already" | "closed" | "refused" {
  const { matter, action, officer, text } = given;
  const actor = { name: officer, role: "officer", officer, via: "link" } as const;
  const acted: Acted = desk.act(matter, { action, text }, actor, now);
  if ("matter" in acted) return "done";
  if (before?.state === "closed") return "closed";
  return before?.acknowledgedAt !== undefined && action === "acknowledge" ? "already" : "refused";
}
