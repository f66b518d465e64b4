/** What the board asks of the desk, which works in a thread of its own. */
import type { MatterEvent, OfficerAction } from "../../model/alert.ts";
import type { AgencySummary, DeskMatter, MatterQuery, OpenCounts } from "../../model/desk.ts";
import type { NoticeKind } from "../../model/notice.ts";
import type { Role } from "../../model/roles.ts";
import type { Instant } from "../../model/time.ts";

/** Who asks; the desk finds the officer whose operator this is. */
export interface DeskCaller {
  readonly name: string;
  readonly role: Role;
}

/** A matter, and what the caller can do with it now. */
export interface SeenMatter {
  readonly matter: DeskMatter;
  readonly may: readonly OfficerAction[];
}

export interface SeenNotice {
  readonly at: Instant;
  readonly kind: NoticeKind;
  readonly channel: string;
  readonly officer: string;
  readonly status: "waiting" | "held" | "delivered" | "failed";
  readonly attempts: number;
  readonly error?: string;
}

export interface WholeMatter extends SeenMatter {
  readonly events: readonly MatterEvent[];
  readonly notices: readonly SeenNotice[];
}

export type HookOutcome =
  | { readonly ok: true; readonly received: number; readonly new: number; readonly repeated: number }
  /** What is wrong with the document: which alert, which field, what to do. */
  | { readonly ok: false; readonly problems: readonly string[] };

export type ActOutcome =
  | { readonly whole: WholeMatter }
  | { readonly refused: { readonly code: string; readonly detail: string } }
  | { readonly unknown: true };

export interface BoardDesk {
  /** Resolves when the alerts are on disk. */
  receive(document: unknown): Promise<HookOutcome>;
  /** Newest first; one more than the limit where there are more. */
  matters(query: MatterQuery, caller: DeskCaller): Promise<readonly SeenMatter[]>;
  matter(id: string, caller: DeskCaller): Promise<WholeMatter | undefined>;
  act(
    id: string,
    deed: { readonly action: OfficerAction; readonly text: string; readonly officer?: string },
    caller: DeskCaller,
  ): Promise<ActOutcome>;
  summary(from: Instant, to: Instant): Promise<readonly AgencySummary[]>;
  counts(): Promise<OpenCounts>;
}
