/** Alerts as they come in, and the matters (事项) that officers follow until they are closed (销号). */
import type { Colour } from "./limit.ts";
import type { LocalText } from "./registry.ts";
import type { Rule } from "./rule.ts";
import type { Instant } from "./time.ts";

/**
 * One alert of a webhook document, after it was checked. Embedded evaluation and Grafana hand over the same
 * document (`alertDocument` in `alerts/document.ts`).
 */
export interface Alert {
  /** Of the labels: the same series of the same rule has the same one. */
  readonly fingerprint: string;
  readonly status: "firing" | "resolved";
  readonly startsAt: Instant;
  readonly endsAt?: Instant;
  readonly rule: string;
  readonly colour: Colour;
  readonly domain: Rule["domain"];
  readonly site?: string;
  readonly group?: string;
  readonly meter?: string;
  readonly gateway?: string;
  readonly limit?: string;
  /** Newest value of the rule's series, and others of the row that tell of it (used, limit, coverage …). */
  readonly values: Readonly<Record<string, number>>;
  readonly summary: LocalText;
  readonly panelUrl?: string;
}

/** The closed loop. `resolved` of the condition is no state: a matter may be resolved and still unanswered. */
export const matterStates = [
  "raised",
  "notified",
  "acknowledged",
  "explained",
  "assigned",
  "rectified",
  "reviewed",
  "closed",
] as const;
export type MatterState = (typeof matterStates)[number];

/** What can be done with a matter; each is kept as an event with who and when, and none can be taken back. */
export const matterActions = [
  "raise",
  /** The same series crossed a higher level. */
  "worsen",
  "repeat",
  "resolve",
  "notify",
  "deliver",
  "fail-delivery",
  "acknowledge",
  "explain",
  "assign",
  "rectify",
  "review",
  "reject",
  "close",
  "reopen",
  "escalate",
] as const;
export type MatterAction = (typeof matterActions)[number];

/** What people can do with a matter; all else happens by itself. */
export const officerActions = [
  "acknowledge",
  "explain",
  "assign",
  "rectify",
  "review",
  "reject",
  "close",
  "reopen",
] as const satisfies readonly MatterAction[];
export type OfficerAction = (typeof officerActions)[number];

export interface MatterEvent {
  readonly matter: string;
  /** 1, 2, 3 … within the matter. */
  readonly seq: number;
  readonly at: Instant;
  readonly action: MatterAction;
  /** Officer, operator or token; `system` for what nobody pressed. */
  readonly actor: string;
  /** An explanation, the reason of a rejection, a channel's error. */
  readonly text: string;
  /** What else belongs to it: to whom, by which channel, to which officer assigned. */
  readonly details: Readonly<Record<string, string | number>>;
}

/** An alert that fired once, and what became of it. */
export interface Matter {
  /** Short, sayable on the telephone: the day and a number, such as `20261123-0007`. */
  readonly id: string;
  readonly alert: Alert;
  readonly colour: Colour;
  readonly state: MatterState;
  /** When the condition ended; absent while it lasts. */
  readonly resolvedAt?: Instant;
  readonly raisedAt: Instant;
  readonly notifiedAt?: Instant;
  readonly acknowledgedAt?: Instant;
  readonly explainedAt?: Instant;
  readonly rectifiedAt?: Instant;
  readonly reviewedAt?: Instant;
  readonly closedAt?: Instant;
  /** Agency that leads, those beside it, and the officers asked first. */
  readonly lead?: string;
  readonly others: readonly string[];
  readonly officers: readonly string[];
  readonly assignedTo?: string;
  /** By when somebody has to acknowledge, in working hours; and how often it went up the ladder. */
  readonly dueAt?: Instant;
  readonly escalations: number;
}
