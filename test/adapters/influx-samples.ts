/** Changes for tests of the InfluxDB store, and what a store holds after them. */
import type { Figure } from "../../model/figure.ts";
import { observed, observedNames } from "../../model/observation.ts";
import type { Changes, SeriesStore } from "../../model/ports.ts";
import type { StoredReading } from "../../model/reading.ts";
import type { StoredReject } from "../../model/reject.ts";
import type { Calendar } from "../../model/time.ts";
import { observation } from "../contracts/series-store.ts";
import { at } from "../world.ts";

export const start = at("2026-11-01");
export const series = { site: "s", meter: "m", register: "active-import" };
const QUARTER = 900_000;

export function readingOf(index: number, part: Partial<StoredReading> = {}): StoredReading {
  return {
    register: "active-import",
    at: start + index * QUARTER,
    value: index / 3,
    revision: 0,
    seq: index,
    receivedAt: start + index * QUARTER + 1_500,
    offset: index,
    verdict: "ok",
    certain: true,
    ...part,
  };
}

export function figureOf(part: Partial<Figure> = {}): Figure {
  return {
    scope: "site",
    owner: "s",
    carrier: "electricity",
    window: "15m",
    start,
    amount: 0.1 + 0.2,
    coverage: 1,
    estimated: 0,
    missingMeters: 0,
    kgceCalorific: 1 / 3,
    kgceEquivalent: null,
    kgCo2Location: -0.5,
    kgCo2Market: null,
    output: 0,
    outputEffects: { kgceCalorific: 0, kgceEquivalent: 0, kgCo2Location: 0, kgCo2Market: 0 },
    factors: ["a", "b"],
    ...part,
  };
}

export function rejectOf(offset: number, part: Partial<StoredReject> = {}): StoredReject {
  return {
    code: "no-zone",
    detail: "a time without zone",
    site: "s",
    origin: "v1/sites/s/meters/m/readings",
    receivedAt: start,
    values: 1,
    length: 2,
    sha256: "00",
    payload: "e30=",
    offset,
    ...part,
  };
}

/** A step that changes something of every kind. */
export function everythingOnce(calendar: Calendar): Changes {
  const { scope, owner, carrier, window, start: at, ...after } = figureOf();
  const key = { scope, owner, carrier, window, start: at };
  return {
    readings: [
      {
        series,
        rows: [
          readingOf(0),
          readingOf(1, { verdict: "superseded", certain: false }),
          readingOf(1, { revision: 1, value: 7 }),
          readingOf(2, { verdict: "spike", certain: false }),
        ],
      },
    ],
    ledger: [
      { ...key, before: { ...after, kgceEquivalent: 4 }, after, cause: "factor", at: 5 },
      { ...key, window: "day", before: null, after, cause: "factor", at: 5 },
    ],
    figures: [figureOf(), figureOf({ window: "day" })],
    live: [{ site: "s", meter: "m", at, receivedAt: at, register: "active-import", value: 1, powerKw: 2 }],
    rejects: [rejectOf(1), rejectOf(2)],
    balanceTotals: [
      {
        site: "s",
        day: calendar.dayOf(at),
        topic: "readings",
        partition: 0,
        upTo: 3,
        received: 5,
        accepted: 4,
        repeated: 0,
        rejected: { "no-zone": 1 },
      },
    ],
    pendingSet: [{ site: "s", meter: "m", start: at, end: at + 1, firstAt: 1, lastAt: 2, cause: "readings" }],
    pendingDone: [{ site: "s", meter: "n" }],
    observations: observedNames.map((kind) =>
      observation(kind, Object.fromEntries(observed[kind].tags.map((tag) => [tag, "x"]))),
    ),
    facts: [{ name: "configuration", value: "v1" }],
  };
}

/** What the store holds of it. */
export async function stateOf(store: SeriesStore) {
  const key = { scope: "site", owner: "s", carrier: "electricity" } as const;
  const end = start + 86_400_000;
  return {
    readings: await store.readings(series, 0, Number.MAX_SAFE_INTEGER),
    extent: await store.extent(series),
    quarters: await store.figures([key], "15m", start, end),
    days: await store.figures([key], "day", start, end),
    ledger: await store.ledger([key], start, end, 100),
    live: await store.live(),
    rejects: await store.rejects({ from: start, to: end, limit: 10 }),
    balance: await store.balance(20_758),
    pending: await store.pending(),
    observations: await Promise.all(
      observedNames.map((measurement) => store.observations({ measurement, from: 0, to: end })),
    ),
    fact: await store.fact("configuration"),
  };
}
