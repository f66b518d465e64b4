/**
 * GET /api/v1/avoided: CO2 avoided by shore power and by charging. Energy is not avoided CO2: the engine or
 * the petrol car would have emitted the gross, the grid emitted its own part, and only the net was avoided.
 */
import { type FactorRows, factorAt, factorRows } from "../../model/factors.ts";
import type { Figure } from "../../model/figure.ts";
import { compare } from "../../model/members.ts";
import { addKnown } from "../../model/net.ts";
import { berthTypes, type Factor, type FactorKind, type Meter } from "../../model/registry.ts";
import { HOUR_MS, type Instant, type Span } from "../../model/time.ts";
import { ProblemError } from "../answer.ts";
import type { AvoidedAnswer } from "../api/figures.ts";
import { rangeOf } from "../moment.ts";
import { type ParametersOf, ROW_LIMIT } from "../parameters.ts";
import type { QueryContext } from "./context.ts";
import { meterKey, readFigures, unionOf } from "./figures.ts";
import { type KnownTime, knowledgeOf } from "./shares.ts";
import { countStarts, firstStart, windowEnd, windowStart } from "./windows.ts";

type Row = AvoidedAnswer["rows"][number];
type Kind = Row["kind"];
type Total = AvoidedAnswer["totals"][Kind];

const kinds: readonly Kind[] = ["shore-power", "charging"];
const baselines: Readonly<Record<Kind, FactorKind>> = {
  "shore-power": "shore-power-baseline",
  charging: "charging-baseline",
};
/** The five specialised berth types whose coverage the plan counts. */
const specialised: ReadonlySet<string> = new Set(berthTypes.slice(0, 5));

/** Meters of one kind that count at one site; each physical meter once, however it contributes. */
interface Place {
  readonly kind: Kind;
  readonly site: string;
  readonly meters: readonly Meter[];
}

function placesOf(context: QueryContext): Place[] {
  return kinds.flatMap((kind) => {
    const bySite = new Map<string, Meter[]>();
    for (const meter of context.registry.sites.flatMap((site) => site.meters)) {
      if (meter.role !== kind) continue;
      const site = kind === "shore-power" ? (meter.countsTo ?? meter.site) : meter.site;
      const list = bySite.get(site);
      if (list) list.push(meter);
      else bySite.set(site, [meter]);
    }
    return [...bySite]
      .map(([site, meters]) => ({ kind, site, meters }))
      .sort((a, b) => compare(a.site, b.site));
  });
}

interface Factors {
  readonly baseline: FactorRows;
  readonly grid: FactorRows;
}

type FactorsOf = (kind: Kind, carrier: string) => Factors;

/** Factor rows by kind and carrier, each sorted once. */
function factorsFor(context: QueryContext): FactorsOf {
  const known = new Map<string, Factors>();
  const { registry, county } = context;
  const rows = (kind: FactorKind, carrier: string): FactorRows =>
    factorRows(registry.factors, kind, carrier, county.region);
  return (kind, carrier) => {
    const name = `${kind}\n${carrier}`;
    const factors = known.get(name) ?? {
      baseline: rows(baselines[kind], carrier),
      grid: rows("co2-grid-location", carrier),
    };
    known.set(name, factors);
    return factors;
  };
}

const NOTHING: Total = { kwh: 0, grossKgCo2: 0, gridKgCo2: 0, netKgCo2: 0 };

function plus(a: Total, b: Total): Total {
  return {
    kwh: a.kwh + b.kwh,
    grossKgCo2: addKnown(a.grossKgCo2, b.grossKgCo2),
    gridKgCo2: addKnown(a.gridKgCo2, b.gridKgCo2),
    netKgCo2: addKnown(a.netKgCo2, b.netKgCo2),
  };
}

/** A meter's day by the factors in force at its start; unknown where there are none. */
function amountsOf(kwh: number, baseline: Factor | undefined, grid: Factor | undefined): Total {
  const grossKgCo2 = baseline ? kwh * baseline.perCanonical : null;
  const gridKgCo2 = grid ? kwh * grid.perCanonical : null;
  const netKgCo2 = grossKgCo2 === null || gridKgCo2 === null ? null : grossKgCo2 - gridKgCo2;
  return { kwh, grossKgCo2, gridKgCo2, netKgCo2 };
}

/** A place's window while its days are added. */
interface Sum {
  total: Total;
  factors: readonly string[];
  readonly known: Map<string, KnownTime>;
}

function addDay(context: QueryContext, sum: Sum, figure: Figure, { baseline, grid }: Factors): void {
  const length = windowEnd(context.calendar, "day", figure.start) - figure.start;
  const used = [factorAt(baseline, figure.start), factorAt(grid, figure.start)] as const;
  sum.total = plus(sum.total, amountsOf(figure.amount, ...used));
  sum.factors = unionOf(
    sum.factors,
    used.flatMap((factor) => (factor ? [factor.id] : [])),
  );
  const before = sum.known.get(figure.owner);
  sum.known.set(figure.owner, {
    measuredMs: (before?.measuredMs ?? 0) + Math.round(figure.coverage * length),
    estimatedMs: (before?.estimatedMs ?? 0) + Math.round(figure.estimated * length),
  });
}

function rowsOfPlace(
  context: QueryContext,
  place: Place,
  window: "day" | "month",
  figures: readonly Figure[],
  factors: FactorsOf,
): Row[] {
  const { calendar } = context;
  const sums = new Map<Instant, Sum>();
  for (const figure of figures) {
    const start = windowStart(calendar, window, figure.start);
    const sum = sums.get(start) ?? { total: NOTHING, factors: [], known: new Map() };
    addDay(context, sum, figure, factors(place.kind, figure.carrier));
    sums.set(start, sum);
  }
  return [...sums].map(([start, sum]) => {
    const span = { start, end: windowEnd(calendar, window, start) };
    const { coverage } = knowledgeOf(place.meters, span, (meter) =>
      sum.known.get(`${meter.site}/${meter.id}`),
    );
    return {
      kind: place.kind,
      site: place.site,
      start: calendar.iso(span.start),
      end: calendar.iso(span.end),
      ...sum.total,
      coverage,
      factors: [...sum.factors].sort(),
    };
  });
}

function berthsOf(context: QueryContext): AvoidedAnswer["berths"] {
  const berths = context.registry.sites.flatMap((site) => site.berths);
  const counted = berths.filter((berth) => specialised.has(berth.type));
  return {
    specialised: counted.length,
    equipped: counted.filter((berth) => berth.shorePower).length,
    exempt: berths.filter((berth) => berth.type === "tanker").length,
  };
}

/** Guns, their rated power together, and the share of what they could have delivered by now. */
function gunsOf(context: QueryContext, rows: readonly Row[], { start, end }: Span): AvoidedAnswer["guns"] {
  const stations = context.registry.sites.filter((site) => site.charging);
  const count = stations.reduce((sum, site) => sum + (site.charging?.guns ?? 0), 0);
  const ratedKw = stations.reduce(
    (sum, site) => sum + (site.charging ? site.charging.guns * site.charging.ratedKw : 0),
    0,
  );
  const rated = new Set(stations.map((site) => site.id));
  const counted = rows.filter((row) => row.kind === "charging" && rated.has(row.site));
  const kwh = counted.reduce((sum, row) => sum + row.kwh, 0);
  const hours = Math.max(0, Math.min(end, context.now) - start) / HOUR_MS;
  const possible = ratedKw * hours;
  return { count, ratedKw, energyUtilisation: counted.length > 0 && possible > 0 ? kwh / possible : null };
}

function totalOf(rows: readonly Row[], kind: Kind): Total {
  const own = rows.filter((row) => row.kind === kind);
  if (own.length === 0) return { kwh: 0, grossKgCo2: null, gridKgCo2: null, netKgCo2: null };
  return own.reduce(plus, NOTHING);
}

function checkRowCount(asked: number, window: string): void {
  if (asked <= ROW_LIMIT) return;
  throw new ProblemError(
    400,
    `parameter 'window' is '${window}': that is up to ${asked} rows, more than ${ROW_LIMIT}; ask for a shorter range`,
    { code: "too-many-rows", parameter: "window", value: window },
  );
}

/**
 * Rows by kind, site and window that starts in [from, to); kWh × baseline, less kWh × the region's grid
 * average, each in force at the start of the day. Coverage is the worst meter's.
 */
export async function avoided(context: QueryContext, given: ParametersOf<"avoided">): Promise<AvoidedAnswer> {
  const { calendar } = context;
  const window = given.window ?? "day";
  const range = rangeOf(calendar, given);
  const span = {
    start: firstStart(calendar, window, range.from),
    end: firstStart(calendar, window, range.to),
  };
  const places = placesOf(context);
  checkRowCount(countStarts(calendar, window, range.from, range.to) * places.length, window);
  const factors = factorsFor(context);
  const rows: Row[] = [];
  for (const place of places) {
    const keys = place.meters.map(meterKey);
    const figures = await readFigures(context, keys, "day", span.start, span.end);
    rows.push(...rowsOfPlace(context, place, window, figures, factors));
  }
  return {
    rows,
    totals: { "shore-power": totalOf(rows, "shore-power"), charging: totalOf(rows, "charging") },
    berths: berthsOf(context),
    guns: gunsOf(context, rows, span),
  };
}
