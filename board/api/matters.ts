/**
 * Answers of the HTTP API (`/api/v1/…`), shared by the server and the page. Matters (事项): alerts and who answers for them.
 * Times are ISO 8601 with the zone's offset; amounts are in the carrier's canonical unit; coal is kgce, CO2 is kg;
 * null means unknown.
 */
import type { MatterAction, MatterState, OfficerAction } from "../../model/alert.ts";
import type { Colour } from "../../model/limit.ts";
import type { NoticeKind } from "../../model/notice.ts";
import type { LocalText } from "../../model/registry.ts";
import type { Rule } from "../../model/rule.ts";

/** A matter (事项): an alert, who answers for it, and how far it is. */
export interface ApiMatter {
  /** Such as `20261123-0007`. */
  id: string;
  rule: string;
  colour: Colour;
  domain: Rule["domain"];
  state: MatterState;
  /** The condition still holds. */
  firing: boolean;
  site?: string;
  group?: string;
  meter?: string;
  gateway?: string;
  limit?: string;
  summary: LocalText;
  /** Newest figures of the rule's series: `value`, and others such as `used` and `limit`. */
  values: Record<string, number>;
  /** What `values.value` is and from where on the rule fires; absent where the rule is configured no more. */
  watched?: { field: string; op: Rule["op"]; threshold: number };
  raisedAt: string;
  notifiedAt?: string;
  acknowledgedAt?: string;
  explainedAt?: string;
  rectifiedAt?: string;
  reviewedAt?: string;
  closedAt?: string;
  resolvedAt?: string;
  /** By when somebody has to acknowledge it, or has to have. */
  dueAt?: string;
  /** Nobody acknowledged it in time: it is still waiting, or was answered too late. */
  overdue: boolean;
  escalations: number;
  /** Agency that leads; absent where no duty and no office covers the matter: nobody is told, and it says so. */
  lead?: string;
  others: string[];
  /** Officers asked first. */
  officers: string[];
  assignedTo?: string;
  panelUrl?: string;
  /** What this caller can do with it now. */
  may: OfficerAction[];
}

/** What was done with a matter; none of it can be changed. */
export interface ApiMatterEvent {
  seq: number;
  at: string;
  action: MatterAction;
  /** Officer, operator or token; `system` for what nobody pressed. */
  actor: string;
  text: string;
  details: Record<string, string | number>;
}

/** Open matters. */
export interface MatterCounts {
  open: { yellow: number; orange: number; red: number };
  /** Not acknowledged in time. */
  overdue: number;
  /** Open, and no duty and no office covers them. */
  unassigned: number;
}

/** GET /api/v1/matters?[state=open|closed|all&site=&colour=&agency=&limit=&before=] newest first */
export interface MattersAnswer {
  rows: ApiMatter[];
  counts: MatterCounts;
  /** There are older ones: ask again with `before` set to this. */
  next?: string;
}

/** GET /api/v1/matters/ID, and what every POST /api/v1/matters/ID/ACTION answers. */
export interface MatterAnswer {
  matter: ApiMatter;
  events: ApiMatterEvent[];
  notices: {
    at: string;
    kind: NoticeKind;
    /** Empty while none has been tried. */
    channel: string;
    officer: string;
    /** `held`: waits for the end of quiet hours, or for a digest. */
    status: "waiting" | "held" | "delivered" | "failed";
    attempts: number;
    error?: string;
  }[];
}

/** Body of POST /api/v1/matters/ID/ACTION: `text` for explain, rectify and reject, `officer` for assign. */
export interface MatterActionRequest {
  text?: string;
  officer?: string;
}

/** GET /api/v1/matters/summary?month=2026-11 : matters raised in the month, by leading agency. */
export interface MattersSummaryAnswer {
  month: string;
  rows: {
    /** Empty for matters that nobody leads. */
    agency: string;
    name: LocalText;
    raised: number;
    answeredInTime: number;
    /** Answered too late, or not yet although the time is over. */
    overdue: number;
    closed: number;
  }[];
}

/** GET /api/v1/duties : who there is; no addresses. */
export interface DutiesAnswer {
  agencies: { id: string; name: LocalText; officers: string[]; head?: string }[];
  officers: { id: string; name: LocalText }[];
  /** Agency that is told where nobody else is. */
  office?: string;
}

/** POST /api/v1/hooks/grafana */
export interface HookAnswer {
  /** Alerts of the document; `new` raised or worsened a matter, `repeated` changed nothing. */
  received: number;
  new: number;
  repeated: number;
}

/** Event `matters` of GET /api/v1/stream, once on arrival and whenever it changes. */
export interface MattersEvent extends MatterCounts {
  /** Id of the matter raised last. */
  newest?: string;
}
