/** What the parts of the desk work with. */
import type { Alert } from "../../model/alert.ts";
import type { DeskMatter, DeskStore } from "../../model/desk.ts";
import type { NoticeContent, NoticeKind } from "../../model/notice.ts";
import type { DeskRegistry } from "../../model/registry.ts";
import type { Calendar, Instant } from "../../model/time.ts";
import { dueAtOf, rungAt } from "../escalate/ladder.ts";
import type { WorkingTime } from "../escalate/working-time.ts";

/** The words of a notice, for officers who read the same message in one language. */
export type Compose = (
  kind: NoticeKind,
  matters: readonly DeskMatter[],
  language: "zh" | "en",
  officers: readonly string[],
  now: Instant,
) => NoticeContent;

export interface DeskContext {
  readonly store: DeskStore;
  readonly registry: DeskRegistry;
  readonly calendar: Calendar;
  readonly work: WorkingTime;
  readonly compose: Compose;
}

/** Actor of what nobody pressed. */
export const SYSTEM = "system";

/** When the ladder of an alert's colour begins: by when it is to be answered, and when the first rung is due. */
export function clockOf(
  { registry, work }: DeskContext,
  colour: Alert["colour"],
  from: Instant,
): Pick<DeskMatter, "clockFrom" | "rung" | "dueAt" | "nextAt"> {
  const policy = registry.duties.policies[colour];
  const dueAt = dueAtOf(policy, from, work);
  const nextAt = rungAt(policy, 0, from, work);
  return {
    clockFrom: from,
    rung: 0,
    ...(dueAt === undefined ? {} : { dueAt }),
    ...(nextAt === undefined ? {} : { nextAt }),
  };
}
