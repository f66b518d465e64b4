/** Who answers for what: agencies, officers, duties, channels and the working calendar. All of it is data. */
import type { Colour } from "./limit.ts";
import type { LocalText } from "./registry.ts";
import type { Rule } from "./rule.ts";
import type { DayIndex } from "./time.ts";

export interface Agency {
  readonly id: string;
  readonly name: LocalText;
  /** Officers in the order they are asked. */
  readonly officers: readonly string[];
  /** Told of red, and where the ladder goes up to. */
  readonly head?: string;
}

export interface Absence {
  readonly from: DayIndex;
  /** Exclusive. */
  readonly to: DayIndex;
  /** Stands in; without it the officer's own deputy. */
  readonly deputy?: string;
}

export interface Officer {
  readonly id: string;
  readonly name: LocalText;
  readonly language: "zh" | "en";
  /** Name of the operator in the secrets file, for answers on the board. */
  readonly operator?: string;
  /** In the order they are tried: when one fails the next carries the notice. */
  readonly channels: readonly { readonly channel: string; readonly address: string }[];
  readonly deputy?: string;
  readonly absences: readonly Absence[];
}

/** What a duty is for. Of several that fit a site the most exact holds: site, town, sector, category, county. */
export interface Duty {
  readonly site?: string;
  readonly town?: string;
  readonly sector?: string;
  readonly category?: string;
  /** Row of the plan's targets, such as `T19-1`, whose agencies lead and help; beside exactly one of the others. */
  readonly target?: string;
  readonly county?: boolean;
  /** Only for these; all where absent. */
  readonly domains?: readonly Rule["domain"][];
  /** The plant's own officers (能源管理负责人), told of everything. */
  readonly officers: readonly string[];
  /** 责任单位: the first of the plan's list leads (列第一位的为牵头单位). */
  readonly lead?: string;
  readonly others: readonly string[];
}

export const audiences = ["officers", "lead", "lead-head", "others", "office"] as const;
export type Audience = (typeof audiences)[number];

/** What happens to a matter of a colour that nobody answers. Times run in working hours. */
export interface ColourPolicy {
  readonly tell: readonly Audience[];
  readonly ladder: readonly { readonly afterWorkingMinutes: number; readonly tell: readonly Audience[] }[];
  /** Held back in quiet hours until they end; red never is. */
  readonly isHeldBack: boolean;
}

export interface WorkingCalendar {
  /** Minutes after midnight, such as [[510, 720], [810, 1050]]. */
  readonly hours: readonly (readonly [number, number])[];
  /** 0 Sunday … 6 Saturday. */
  readonly workdays: readonly number[];
  readonly holidays: ReadonlySet<DayIndex>;
  /** 调休: days of the weekend that are worked. */
  readonly extraWorkdays: ReadonlySet<DayIndex>;
  /** Last day the holidays are known for: afterwards `check` warns. */
  readonly knownThrough?: DayIndex;
}

export const channelKinds = ["dingtalk", "wecom", "smtp", "webhook", "console"] as const;

/** A channel; its URL, key and password are in the secrets file under its id. */
export interface Channel {
  readonly id: string;
  readonly kind: (typeof channelKinds)[number];
  /** Of mail: the sender's address, the server's host and port. */
  readonly from?: string;
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  /** Notices a minute at most (robots of DingTalk and WeCom take 20); more become a digest. */
  readonly perMinute: number;
}

export interface Duties {
  readonly agencies: readonly Agency[];
  readonly officers: readonly Officer[];
  readonly duties: readonly Duty[];
  /** Agency that coordinates (碳达峰碳中和工作领导小组办公室): the audience `office`. */
  readonly office?: string;
  readonly policies: Readonly<Record<Colour, ColourPolicy>>;
  readonly channels: readonly Channel[];
  readonly calendar: WorkingCalendar;
  /** Minutes after midnight; over midnight where from > to. */
  readonly quietHours?: { readonly from: number; readonly to: number };
  /** More notices than this to one officer within the window become one digest. */
  readonly digest: { readonly afterNotices: number; readonly windowMinutes: number };
  /** Address officers reach the board at, for the links of notices. */
  readonly boardUrl?: string;
  readonly grafanaUrl?: string;
}

/** A county that named nobody: alerts are on the board, and no notice goes out. */
export const noDuties: Duties = {
  agencies: [],
  officers: [],
  duties: [],
  policies: {
    yellow: { tell: [], ladder: [], isHeldBack: true },
    orange: { tell: [], ladder: [], isHeldBack: true },
    red: { tell: [], ladder: [], isHeldBack: false },
  },
  channels: [],
  calendar: {
    hours: [
      [510, 720],
      [810, 1050],
    ],
    workdays: [1, 2, 3, 4, 5],
    holidays: new Set(),
    extraWorkdays: new Set(),
  },
  digest: { afterNotices: 10, windowMinutes: 5 },
};
