/** Status of a meter, as a row. */
import { inService, meterStateAt, onlineMs } from "../../model/meter-state.ts";
import { meterStates, type Observation } from "../../model/observation.ts";
import type { Meter } from "../../model/registry.ts";
import { DAY_MS, HOUR_MS, type Instant, QUARTER_MS, type Span } from "../../model/time.ts";
import type { Rows } from "./standstill.ts";

/** The newest sign of life of a meter. */
export interface Sign {
  readonly at: Instant;
  readonly receivedAt: Instant;
  readonly powerKw: number | null;
}

/** What is known of a meter's last day: looked up once an hour. */
export interface DayShares {
  /** Shares of the time in service; null where there is none. */
  readonly completeness: number | null;
  readonly estimated: number | null;
}

export interface MeterDetails extends DayShares {
  readonly stuckHours: number;
}

/**
 * The last 24 whole hours of which readings are due: the hour that ends less than two of the meter's intervals
 * ago may well be incomplete.
 */
export function lastWholeHours(meter: Pick<Meter, "intervalMinutes">, now: Instant): Span {
  const end = Math.floor((now - onlineMs(meter)) / HOUR_MS) * HOUR_MS;
  return { start: end - DAY_MS, end };
}

/** Milliseconds of a span that a meter is in service. */
export function serviceMs({ from, to }: Pick<Meter, "from" | "to">, span: Span): number {
  return Math.max(0, Math.min(span.end, to ?? span.end) - Math.max(span.start, from));
}

/** Measured and estimated share of a meter's time in service within a span, from its quarter-hours. */
export function sharesOf(meter: Pick<Meter, "from" | "to">, rows: Rows, span: Span): DayShares {
  const service = serviceMs(meter, span);
  if (service === 0) return { completeness: null, estimated: null };
  let [measured, estimated] = [0, 0];
  for (const row of rows) {
    if (row.start < span.start || row.start >= span.end) continue;
    measured += row.coverage * QUARTER_MS;
    estimated += row.estimated * QUARTER_MS;
  }
  return { completeness: Math.min(1, measured / service), estimated: Math.min(1, estimated / service) };
}

/** Number of a meter's state, as `meter_status.state` has it. */
export function stateNumber(meter: Meter, sign: Pick<Sign, "at"> | undefined, now: Instant): number {
  return meterStates.indexOf(meterStateAt(meter, sign?.at, now));
}

/** Power shown over rated power, whichever way it flows; null where either is unknown or the meter is not online. */
export function powerRatioOf(meter: Meter, sign: Sign | undefined, now: Instant): number | null {
  const { ratedPowerKw } = meter;
  if (sign === undefined || sign.powerKw === null || ratedPowerKw === undefined || ratedPowerKw <= 0)
    return null;
  return now - sign.at <= onlineMs(meter) ? Math.abs(sign.powerKw) / ratedPowerKw : null;
}

export function meterRow(
  meter: Meter,
  sign: Sign | undefined,
  details: MeterDetails,
  now: Instant,
): Observation {
  return {
    measurement: "meter_status",
    tags: { site: meter.site, meter: meter.id },
    at: now,
    numbers: {
      ageMs: sign === undefined ? null : now - sign.at,
      receivedAgeMs: sign === undefined ? null : now - sign.receivedAt,
      state: stateNumber(meter, sign, now),
      stuckHours: details.stuckHours,
      estimated: details.estimated,
      completeness: details.completeness,
      powerRatio: powerRatioOf(meter, sign, now),
    },
    texts: {},
  };
}

/** Meters of a gateway with their newest signs of life, as far as they are in service. */
export type Signs = readonly { readonly meter: Meter; readonly sign: Sign | undefined }[];

/** A gateway is as well as the best of its meters; one whose meters are all out of service has no row. */
export function gatewayRow(site: string, gateway: string, all: Signs, now: Instant): Observation | undefined {
  const signs = all.filter(({ meter }) => inService(meter, now));
  if (signs.length === 0) return undefined;
  const states = signs.map(({ meter, sign }) => stateNumber(meter, sign, now));
  const newest = Math.max(...signs.map(({ sign }) => sign?.at ?? Number.NEGATIVE_INFINITY));
  return {
    measurement: "gateway_status",
    tags: { site, gateway },
    at: now,
    numbers: {
      ageMs: Number.isFinite(newest) ? now - newest : null,
      state: Math.min(...states),
      meters: signs.length,
      metersSilent: states.filter((state) => state >= meterStates.indexOf("silent")).length,
    },
    texts: {},
  };
}
