/**
 * The HTTP API's answers (`/api/v1/…`), shared by the server and the page. Times are ISO 8601 with the
 * zone's offset; amounts are in the carrier's canonical unit; coal is kgce, CO2 is kg; null means unknown.
 */

import type { MatterAction, MatterState, OfficerAction } from "../model/alert.ts";
import type { Colour, LimitBasis, Period, Purpose, Quantity } from "../model/limit.ts";
import type { NoticeKind } from "../model/notice.ts";
import type { Verdict } from "../model/reading.ts";
import type { Berth, Carrier, LocalText, MeterRole, SiteCategory } from "../model/registry.ts";
import type { RejectCode } from "../model/reject.ts";
import type { Role } from "../model/roles.ts";
import type { Rule } from "../model/rule.ts";

/** `online`: heard of within two intervals; `late`: within a day; `silent`: longer ago; `never`: not yet. */
export type MeterState = "online" | "late" | "silent" | "never";

export interface ApiMeter {
  id: string;
  name: LocalText;
  carrier: string;
  unit: string;
  role: MeterRole;
  contributes: "add" | "subtract" | "none";
  countsTo?: string;
  conversionOutput: boolean;
  from: string;
  to?: string;
  intervalMinutes: number;
  ratedPowerKw?: number;
  registers: {
    id: string;
    kind: "cumulative" | "interval";
    unit: string;
    digits: number;
    decimals: number;
  }[];
  multipliers: { from: string; value: number }[];
  swaps: { at: string; register: string; final: number; first: number }[];
  live?: { at: string; receivedAt: string; register: string; value: number; powerKw: number | null };
  state: MeterState;
}

export interface ApiSite {
  id: string;
  name: LocalText;
  category: SiteCategory;
  classes: { id: string; from: string; to?: string }[];
  industry?: string;
  town?: string;
  nationalList: boolean;
  location?: [number, number];
  approved?: { tce: number; basis: "calorific" | "equivalent" };
  berths: Berth[];
  charging?: { guns: number; ratedKw: number };
  meters: ApiMeter[];
  /** Counts over its meters. */
  live: { online: number; meters: number; lastAt?: string; powerKw: number | null; power: PowerShare };
}

/** How many of the electricity meters that make a power figure are online and show their power. */
export interface PowerShare {
  reporting: number;
  meters: number;
}

/** GET /api/v1/sites */
export interface SitesAnswer {
  county: { id: string; name: LocalText; zone: string; region: string; closedThrough?: string };
  towns: { id: string; name: LocalText }[];
  sectors: { id: string; name: LocalText }[];
  carriers: Carrier[];
  /** The county's outline as rings of [longitude, latitude]; drawn by hand for the example, no survey. */
  outline: [number, number][][];
  asOf: string;
  sites: ApiSite[];
}

/** A row of GET /api/v1/consumption */
export interface ConsumptionRow {
  start: string;
  end: string;
  site?: string;
  group?: string;
  meter?: string;
  carrier: string;
  amount: number;
  unit: string;
  kgceCalorific: number | null;
  kgceEquivalent: number | null;
  kgCo2Location: number | null;
  kgCo2Market: number | null;
  /** Net of metered conversion output; equal to the gross where there is none. */
  netAmount: number;
  netKgceCalorific: number | null;
  netKgceEquivalent: number | null;
  netKgCo2Location: number | null;
  netKgCo2Market: number | null;
  coverage: number;
  estimated: number;
  missingMeters?: number;
  factors: string[];
  restated: boolean;
}
export interface ConsumptionAnswer {
  rows: ConsumptionRow[];
}

/** Sum over carriers. A basis is null when a carrier of it has no factor; `unknown` names those carriers. */
export interface Totals {
  kgceCalorific: number | null;
  kgceEquivalent: number | null;
  kgCo2Location: number | null;
  kgCo2Market: number | null;
  /** The same, net of metered conversion output. */
  netKgceCalorific: number | null;
  netKgceEquivalent: number | null;
  netKgCo2Location: number | null;
  netKgCo2Market: number | null;
  unknown: { field: "kgceCalorific" | "kgceEquivalent" | "kgCo2Location" | "kgCo2Market"; carrier: string }[];
}

/** GET /api/v1/overview?nationalList=include|exclude : the county now. */
export interface OverviewAnswer {
  asOf: string;
  /** Since local midnight, yesterday over the same whole quarter-hours, and all of yesterday. */
  today: { rows: ConsumptionRow[]; totals: Totals };
  yesterdaySoFar: { rows: ConsumptionRow[]; totals: Totals };
  yesterday: { rows: ConsumptionRow[]; totals: Totals };
  month: { rows: ConsumptionRow[]; totals: Totals };
  meters: { online: number; late: number; silent: number; never: number; total: number };
  /** Sum over the meters that show it; `power` says how many do. */
  powerKw: number | null;
  power: PowerShare;
}

/** GET /api/v1/ranking?window=day|month&at= &carrier= : sites by kgce of the window, most first. */
export interface RankingAnswer {
  rows: {
    site: string;
    category: SiteCategory;
    kgceCalorific: number | null;
    kgCo2Location: number | null;
    electricityKwh: number | null;
    coverage: number;
    previousKgceCalorific: number | null;
    /** Net of metered conversion output. */
    netKgceCalorific: number | null;
  }[];
}

/**
 * GET /api/v1/rolling?at=DATE[&class=two-high] : twelve calendar months before the date. Coal is net of metered
 * conversion output (综合能源消费量).
 */
export interface RollingAnswer {
  from: string;
  to: string;
  rows: {
    site: string;
    twoHigh: boolean;
    tceCalorific: number | null;
    tceEquivalent: number | null;
    approved?: { tce: number; basis: "calorific" | "equivalent" };
    /** Share of the twelve months' time that was measured, of the site's worst carrier. */
    coverage: number;
    daysWithData: number;
  }[];
}

/** A limit as it stood at `asOf`, the end of what is known of the day. */
export interface ApiLimit {
  limit: string;
  name: LocalText;
  purpose: Purpose;
  /** One of the two; a group's key as it is stored, such as `town:gaoting` or `county!national`. */
  site?: string;
  group?: string;
  quantity: Quantity;
  carrier?: string;
  basis?: LimitBasis;
  product?: string;
  period: Period;
  unit: string;
  value: number;
  used: number | null;
  ratio: number | null;
  /** Share of the period's time that is gone; of rolling periods 1. */
  gone: number | null;
  planned: number | null;
  projected: number | null;
  projectedRatio: number | null;
  /** How `projected` was come by: split, same-period, linear; empty where there is none. */
  method: string;
  daysLeft: number | null;
  coverage: number;
  /** Enough is known for a level to hold; `green` says something of judged limits alone. */
  judged: boolean;
  colour: "green" | Colour;
  asOf: string;
  levels: { colour: Colour; ratio: number; toDate: boolean }[];
}

/** GET /api/v1/limits?at=DATE[&site=|group=|purpose=] : limits that hold on the day, by id. */
export interface LimitsAnswer {
  rows: ApiLimit[];
}

/** GET /api/v1/avoided?from=&to=&window=day|month : CO2 avoided by shore power and by charging. */
export interface AvoidedAnswer {
  rows: {
    kind: "shore-power" | "charging";
    site: string;
    start: string;
    end: string;
    kwh: number;
    grossKgCo2: number | null;
    gridKgCo2: number | null;
    netKgCo2: number | null;
    coverage: number;
    factors: string[];
  }[];
  totals: Record<
    "shore-power" | "charging",
    { kwh: number; grossKgCo2: number | null; gridKgCo2: number | null; netKgCo2: number | null }
  >;
  /** Five specialised berth types with shore power, of all of them; exempt tanker berths apart. */
  berths: { specialised: number; equipped: number; exempt: number };
  guns: { count: number; ratedKw: number; energyUtilisation: number | null };
}

/** GET /api/v1/breakdown?site=&carrier=&from=&to= : what the site's `none` meters say of its amount. */
export interface BreakdownAnswer {
  site: string;
  carrier: string;
  unit: string;
  amount: number;
  rows: { meter: string; role: MeterRole; amount: number; coverage: number; estimated: number }[];
  /** amount − Σ of the breakdown; its own row, never hidden. */
  unmetered: number;
  /** The worst measured and estimated share over the meters that make `amount`. */
  coverage: number;
  estimated: number;
}

/** GET /api/v1/quality?day=DATE ; `online` and `onlineRate` are of now, whatever the day. */
export interface QualityAnswer {
  day: string;
  onlineRate: number | null;
  /** Measured share of all contributing meters' time on that day, so far as it has passed. */
  completeness: number | null;
  sites: {
    site: string;
    online: number;
    meters: number;
    completeness: number | null;
    estimated: number | null;
    missingMeters: number;
    lastAt?: string;
  }[];
  /** Figures left null for want of a factor. */
  factorGaps: { carrier: string; field: string; since: string }[];
  pending: { site: string; meter: string; from: string; to: string; cause: string }[];
}

/** A row of GET /api/v1/readings */
export interface ReadingsAnswer {
  rows: {
    at: string;
    value: number;
    revision: number;
    seq: number | null;
    receivedAt: string;
    offset: number;
    verdict: Verdict;
  }[];
  unit: string;
}

/** GET /api/v1/balance?day=[&site=] */
export interface BalanceAnswer {
  rows: {
    site: string;
    day: string;
    received: number;
    accepted: number;
    repeated: number;
    setAside: number;
    rejected: Partial<Record<RejectCode, number>>;
  }[];
}

/** GET /api/v1/rejects?[site=&code=&from=&to=&limit=&before=] newest first */
export interface RejectsAnswer {
  rows: {
    offset: number;
    code: RejectCode;
    detail: string;
    site: string;
    meter?: string;
    register?: string;
    gateway?: string;
    origin: string;
    receivedAt: string;
    length: number;
    sha256: string;
    /** Text when it is UTF-8, else base64 with `encoding: base64`. */
    payload?: string;
    encoding?: "text" | "base64";
    replayedAt?: string;
  }[];
  /** There are older ones: ask again with `before` set to this. */
  next?: number;
}

/** GET /api/v1/ledger?[site=&from=&to=&limit=] newest first */
export interface LedgerAnswer {
  rows: {
    scope: "meter" | "site" | "group";
    owner: string;
    carrier: string;
    window: "15m" | "day" | "month";
    start: string;
    before: {
      amount: number;
      kgceCalorific: number | null;
      kgceEquivalent: number | null;
      kgCo2Location: number | null;
      kgCo2Market: number | null;
      coverage: number;
      estimated: number;
    } | null;
    after: {
      amount: number;
      kgceCalorific: number | null;
      kgceEquivalent: number | null;
      kgCo2Location: number | null;
      kgCo2Market: number | null;
      coverage: number;
      estimated: number;
    };
    cause: string;
    at: string;
  }[];
}

/** GET /api/v1/explain?site=&carrier=&window=&at= : where one figure comes from. */
export interface ExplainAnswer {
  figure: ConsumptionRow | null;
  /** Why it is not measured through and through, in plain words of both languages. */
  notes: LocalText[];
  meters: {
    meter: string;
    role: MeterRole;
    contributes: "add" | "subtract" | "none";
    sign: 1 | -1 | 0;
    amount: number;
    coverage: number;
    estimated: number;
    pairs: {
      register: string;
      from: string;
      to: string;
      fromValue: number;
      toValue: number;
      how: "joined" | "rollover" | "reset" | "interval";
      quality: "measured" | "estimated";
      multipliers: number[];
      /** Energy of the whole pair and the share of it inside the window. */
      energy: number;
      share: number;
    }[];
    setAside: { register: string; at: string; value: number; verdict: Verdict }[];
    swaps: { at: string; register: string; final: number; first: number }[];
  }[];
  factors: {
    id: string;
    kind: string;
    basis: string;
    value: number;
    unit: string;
    source: string;
    clause?: string;
    status: string;
  }[];
  /** The arithmetic, line by line. */
  lines: string[];
}

/** One message of GET /api/v1/stream (event `figures`), about once a second while something changes. */
export interface StreamEvent {
  asOf: string;
  overview: OverviewAnswer;
  sites: {
    site: string;
    online: number;
    meters: number;
    powerKw: number | null;
    power: PowerShare;
    lastAt?: string;
  }[];
}

/** RFC 9457 problem; `application/problem+json`. What is wrong, for people in `detail`, for programs in `code`. */
export interface ProblemAnswer {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  /** The parameter at fault, the value it had, and what it may be. */
  parameter?: string;
  value?: string;
  allowed?: string[];
}

/** Who asks. Without `user` nobody is signed in; where `required` is false nobody has to be. */
export interface SessionAnswer {
  required: boolean;
  user?: string;
  role?: Role;
  by?: "session" | "password" | "token" | "local";
}

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
