/** Schemas of the answers, for the OpenAPI document. Held to `board/api/` by the compiler, and to the answers by tests. */
import { z } from "zod";
import { colours, limitBases, periods, purposes, quantities } from "../../model/limit.ts";
import { verdicts } from "../../model/reading.ts";
import { berthTypes } from "../../model/registry.ts";
import { rejectCodes } from "../../model/reject.ts";
import { roles } from "../../model/roles.ts";
import type {
  AvoidedAnswer,
  BreakdownAnswer,
  ConsumptionAnswer,
  OverviewAnswer,
  RankingAnswer,
  RollingAnswer,
} from "../api/figures.ts";
import type { LimitsAnswer } from "../api/limits.ts";
import type {
  BalanceAnswer,
  ExplainAnswer,
  LedgerAnswer,
  QualityAnswer,
  ReadingsAnswer,
  RejectsAnswer,
} from "../api/records.ts";
import type { SessionAnswer, StreamEvent } from "../api/session.ts";
import type { SitesAnswer } from "../api/sites.ts";
import type { QueryName } from "../parameters.ts";
import {
  category,
  consumptionRow,
  contributes,
  date,
  instant,
  known,
  power,
  role,
  share,
  text,
  totals,
  verdict,
} from "./schema-parts.ts";

const optionalText = z.string().exactOptional();
const approved = z
  .strictObject({ tce: z.number(), basis: z.enum(["calorific", "equivalent"]) })
  .exactOptional();
const swap = z.strictObject({ at: instant, register: z.string(), final: z.number(), first: z.number() });

const meter = z.strictObject({
  id: z.string(),
  name: text,
  carrier: z.string(),
  unit: z.string(),
  role,
  contributes,
  countsTo: optionalText,
  conversionOutput: z.boolean(),
  from: instant,
  to: instant.exactOptional(),
  intervalMinutes: z.number(),
  ratedPowerKw: z.number().exactOptional(),
  registers: z.array(
    z.strictObject({
      id: z.string(),
      kind: z.enum(["cumulative", "interval"]),
      unit: z.string(),
      digits: z.int(),
      decimals: z.int(),
    }),
  ),
  multipliers: z.array(z.strictObject({ from: instant, value: z.number() })),
  swaps: z.array(swap),
  live: z
    .strictObject({
      at: instant,
      receivedAt: instant,
      register: z.string(),
      value: z.number(),
      powerKw: known,
    })
    .exactOptional(),
  state: z.enum(["online", "late", "silent", "never"]),
});

const site = z.strictObject({
  id: z.string(),
  name: text,
  category,
  classes: z.array(z.strictObject({ id: z.string(), from: date, to: date.exactOptional() })),
  industry: optionalText,
  town: optionalText,
  nationalList: z.boolean(),
  location: z.tuple([z.number(), z.number()]).exactOptional(),
  approved,
  berths: z.array(
    z.strictObject({ id: z.string(), name: text, type: z.enum(berthTypes), shorePower: z.boolean() }),
  ),
  charging: z.strictObject({ guns: z.number(), ratedKw: z.number() }).exactOptional(),
  meters: z.array(meter),
  live: z.strictObject({ online: z.int(), meters: z.int(), lastAt: instant.exactOptional(), ...power }),
});

const sites = z.strictObject({
  county: z.strictObject({
    id: z.string(),
    name: text,
    zone: z.string(),
    region: z.string(),
    closedThrough: date.exactOptional(),
  }),
  towns: z.array(z.strictObject({ id: z.string(), name: text })),
  sectors: z.array(z.strictObject({ id: z.string(), name: text })),
  carriers: z.array(
    z.strictObject({
      id: z.string(),
      name: text,
      unit: z.string(),
      co2: z.enum(["grid", "direct", "none"]),
    }),
  ),
  outline: z.array(z.array(z.tuple([z.number(), z.number()]))),
  asOf: instant,
  sites: z.array(site),
}) satisfies z.ZodType<SitesAnswer>;

const consumption = z.strictObject({
  rows: z.array(consumptionRow),
}) satisfies z.ZodType<ConsumptionAnswer>;

const summed = z.strictObject({ rows: z.array(consumptionRow), totals });
const overview = z.strictObject({
  asOf: instant,
  today: summed,
  yesterdaySoFar: summed,
  yesterday: summed,
  month: summed,
  meters: z.strictObject({
    online: z.int(),
    late: z.int(),
    silent: z.int(),
    never: z.int(),
    total: z.int(),
  }),
  ...power,
}) satisfies z.ZodType<OverviewAnswer>;

const stream = z.strictObject({
  asOf: instant,
  overview,
  sites: z.array(
    z.strictObject({
      site: z.string(),
      online: z.int(),
      meters: z.int(),
      ...power,
      lastAt: instant.exactOptional(),
    }),
  ),
}) satisfies z.ZodType<StreamEvent>;

const ranking = z.strictObject({
  rows: z.array(
    z.strictObject({
      site: z.string(),
      category,
      kgceCalorific: known,
      kgCo2Location: known,
      electricityKwh: known,
      coverage: share,
      previousKgceCalorific: known,
      netKgceCalorific: known,
    }),
  ),
}) satisfies z.ZodType<RankingAnswer>;

const rolling = z.strictObject({
  from: date,
  to: date,
  rows: z.array(
    z.strictObject({
      site: z.string(),
      twoHigh: z.boolean(),
      tceCalorific: known.describe("t of standard coal, net of metered conversion output"),
      tceEquivalent: known,
      approved,
      coverage: share,
      daysWithData: z.int(),
    }),
  ),
}) satisfies z.ZodType<RollingAnswer>;

const limits = z.strictObject({
  rows: z.array(
    z.strictObject({
      limit: z.string(),
      name: text,
      purpose: z.enum(purposes),
      site: optionalText,
      group: optionalText.describe("As it is stored; !national is without nationally listed sites"),
      quantity: z.enum(quantities),
      carrier: optionalText,
      basis: z.enum(limitBases).exactOptional(),
      product: optionalText,
      period: z.enum(periods),
      unit: z.string(),
      value: z.number(),
      used: known.describe("null where a factor or an output is unknown, or nothing is known"),
      ratio: known,
      gone: known.describe("Share of the period's time that is gone"),
      planned: known.describe("What was planned up to asOf"),
      projected: known.describe("Use at the period's end"),
      projectedRatio: known,
      method: z.enum(["", "linear", "same-period", "split"]),
      daysLeft: known.describe("At the pace of the last 28 days; null when it lasts, or is unknown"),
      coverage: share.describe("Share of the period's time so far that is measured or estimated"),
      judged: z.boolean().describe("Enough is known for a level to hold"),
      colour: z.enum(["green", ...colours]),
      asOf: instant,
      levels: z.array(z.strictObject({ colour: z.enum(colours), ratio: z.number(), toDate: z.boolean() })),
    }),
  ),
}) satisfies z.ZodType<LimitsAnswer>;

const avoidedAmounts = { kwh: z.number(), grossKgCo2: known, gridKgCo2: known, netKgCo2: known };
const avoided = z.strictObject({
  rows: z.array(
    z.strictObject({
      kind: z.enum(["shore-power", "charging"]),
      site: z.string(),
      start: instant,
      end: instant,
      ...avoidedAmounts,
      coverage: share,
      factors: z.array(z.string()),
    }),
  ),
  totals: z.strictObject({
    "shore-power": z.strictObject(avoidedAmounts),
    charging: z.strictObject(avoidedAmounts),
  }),
  berths: z.strictObject({ specialised: z.int(), equipped: z.int(), exempt: z.int() }),
  guns: z.strictObject({ count: z.int(), ratedKw: z.number(), energyUtilisation: known }),
}) satisfies z.ZodType<AvoidedAnswer>;

const breakdown = z.strictObject({
  site: z.string(),
  carrier: z.string(),
  unit: z.string(),
  amount: z.number(),
  rows: z.array(
    z.strictObject({ meter: z.string(), role, amount: z.number(), coverage: share, estimated: share }),
  ),
  unmetered: z.number(),
  coverage: share,
  estimated: share,
}) satisfies z.ZodType<BreakdownAnswer>;

const quality = z.strictObject({
  day: date,
  onlineRate: known,
  completeness: known,
  sites: z.array(
    z.strictObject({
      site: z.string(),
      online: z.int(),
      meters: z.int(),
      completeness: known,
      estimated: known,
      missingMeters: z.int(),
      lastAt: instant.exactOptional(),
    }),
  ),
  factorGaps: z.array(z.strictObject({ carrier: z.string(), field: z.string(), since: instant })),
  pending: z.array(
    z.strictObject({ site: z.string(), meter: z.string(), from: instant, to: instant, cause: z.string() }),
  ),
}) satisfies z.ZodType<QualityAnswer>;

const readings = z.strictObject({
  rows: z.array(
    z.strictObject({
      at: instant,
      value: z.number(),
      revision: z.int(),
      seq: z.int().nullable(),
      receivedAt: instant,
      offset: z.int(),
      verdict,
    }),
  ),
  unit: z.string(),
}) satisfies z.ZodType<ReadingsAnswer>;

const balance = z.strictObject({
  rows: z.array(
    z.strictObject({
      site: z.string(),
      day: date,
      received: z.int(),
      accepted: z.int(),
      repeated: z.int(),
      setAside: z.int(),
      rejected: z.partialRecord(z.enum(rejectCodes), z.int()),
    }),
  ),
}) satisfies z.ZodType<BalanceAnswer>;

const rejects = z.strictObject({
  rows: z.array(
    z.strictObject({
      offset: z.int(),
      code: z.enum(rejectCodes),
      detail: z.string(),
      site: z.string(),
      meter: optionalText,
      register: optionalText,
      gateway: optionalText,
      origin: z.string(),
      receivedAt: instant,
      length: z.int(),
      sha256: z.string(),
      payload: optionalText,
      encoding: z.enum(["text", "base64"]).exactOptional(),
      replayedAt: instant.exactOptional(),
    }),
  ),
  next: z.int().exactOptional(),
}) satisfies z.ZodType<RejectsAnswer>;

const ledgerValues = z.strictObject({
  amount: z.number(),
  kgceCalorific: known,
  kgceEquivalent: known,
  kgCo2Location: known,
  kgCo2Market: known,
  coverage: share,
  estimated: share,
});
const ledger = z.strictObject({
  rows: z.array(
    z.strictObject({
      scope: z.enum(["meter", "site", "group"]),
      owner: z.string(),
      carrier: z.string(),
      window: z.enum(["15m", "day", "month"]),
      start: instant,
      before: ledgerValues.nullable(),
      after: ledgerValues,
      cause: z.string(),
      at: instant,
    }),
  ),
}) satisfies z.ZodType<LedgerAnswer>;

const explainedMeter = z.strictObject({
  meter: z.string(),
  role,
  contributes,
  sign: z.union([z.literal(1), z.literal(-1), z.literal(0)]),
  amount: z.number(),
  coverage: share,
  estimated: share,
  pairs: z.array(
    z.strictObject({
      register: z.string(),
      from: instant,
      to: instant,
      fromValue: z.number(),
      toValue: z.number(),
      how: z.enum(["joined", "rollover", "reset", "interval"]),
      quality: z.enum(["measured", "estimated"]),
      multipliers: z.array(z.number()),
      energy: z.number(),
      share: z.number(),
    }),
  ),
  setAside: z.array(
    z.strictObject({ register: z.string(), at: instant, value: z.number(), verdict: z.enum(verdicts) }),
  ),
  swaps: z.array(swap),
});
const explain = z.strictObject({
  figure: consumptionRow.nullable(),
  notes: z.array(text),
  meters: z.array(explainedMeter),
  factors: z.array(
    z.strictObject({
      id: z.string(),
      kind: z.string(),
      basis: z.string(),
      value: z.number(),
      unit: z.string(),
      source: z.string(),
      clause: optionalText,
      status: z.string(),
    }),
  ),
  lines: z.array(z.string()),
}) satisfies z.ZodType<ExplainAnswer>;

/** What /session answers. */
export const session = z.strictObject({
  required: z.boolean(),
  user: optionalText,
  role: z.enum(roles).exactOptional(),
  by: z.enum(["session", "password", "token", "local"]).exactOptional(),
}) satisfies z.ZodType<SessionAnswer>;

/** What each query answers. */
export const answers = {
  sites,
  consumption,
  overview,
  stream,
  ranking,
  rolling,
  limits,
  avoided,
  breakdown,
  quality,
  readings,
  balance,
  rejects,
  ledger,
  explain,
} as const satisfies Readonly<Record<QueryName, z.ZodType>>;
