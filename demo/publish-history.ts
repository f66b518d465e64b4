/** Fills the past: every meter's stored readings up to now, day by day. */
import { DAY_MS, type DayIndex, type Instant } from "../model/time.ts";
import { outageAt, strayMeter, strikes } from "./faults.ts";
import type { FleetMeter } from "./fleet.ts";
import { createOutbox, type Outbox, type Publisher } from "./outbox.ts";
import { type Senders, storedMessages, strayMessage, topicOf } from "./payload.ts";

/** Time of a meter's newest reading that arrived; undefined when there is none. */
export type LastReading = (site: string, meter: string) => Instant | undefined;

/** What is to be filled, and up to when. */
export interface HistoryOptions {
  /** Readings later than this are not sent. */
  readonly now: Instant;
  /** Local days before today that a meter without any reading is given; 35. */
  readonly days?: number;
  readonly since: LastReading;
  /** Share done, and register values acknowledged so far. */
  readonly progress?: (fraction: number, readings: number) => void;
  readonly signal?: AbortSignal;
}

/** What was filled. */
export interface HistoryResult {
  /** Register values acknowledged. */
  readonly readings: number;
  /** Up to when each meter has been sent; where the live driver goes on. */
  readonly sentTo: LastReading;
}

const IN_FLIGHT = 128;
const HISTORY_DAYS = 35;

/**
 * Publishes what is missing of the fleet's past. Each meter goes on after its newest reading, so that a later
 * start, or one after an interruption, leaves no gap and repeats nothing.
 * @throws what the publisher throws.
 */
export async function publishHistory(
  senders: Senders,
  publisher: Publisher,
  options: HistoryOptions,
): Promise<HistoryResult> {
  const { days } = senders.fleet;
  const { now, since, signal } = options;
  const run: Run = {
    senders,
    now,
    outbox: createOutbox(publisher, IN_FLIGHT),
    starts: startsOf(senders, options),
    sentTo: new Map(),
  };
  const oldest = days.dayOf(Math.min(now, ...run.starts.values()) + 1);
  const dayCount = days.dayOf(now) - oldest + 1;
  let readings = 0;
  for (let i = 0; i < dayCount && !signal?.aborted; i += 1) {
    await publishDay(run, oldest + i, (count, share) => {
      readings += count;
      options.progress?.((i + share) / dayCount, readings);
    });
  }
  await run.outbox.drain();
  if (!signal?.aborted) options.progress?.(1, readings);
  return { readings, sentTo: (site, meter) => run.sentTo.get(`${site}/${meter}`) ?? since(site, meter) };
}

interface Run {
  readonly senders: Senders;
  readonly now: Instant;
  readonly outbox: Outbox;
  /** Meters that lack something, with their newest reading. */
  readonly starts: ReadonlyMap<FleetMeter, Instant>;
  readonly sentTo: Map<string, Instant>;
}

function startsOf({ fleet }: Senders, options: HistoryOptions): Map<FleetMeter, Instant> {
  const { now, since, days = HISTORY_DAYS } = options;
  const first = fleet.days.startOf(fleet.days.dayOf(now) - days) - 1;
  const starts = new Map<FleetMeter, Instant>();
  for (const meter of fleet.meters) {
    const last = since(meter.site, meter.id) ?? first;
    if (last < now) starts.set(fleet.of(meter), last);
  }
  return starts;
}

async function publishDay(
  run: Run,
  day: DayIndex,
  acknowledged: (readings: number, share: number) => void,
): Promise<void> {
  const start = run.senders.fleet.days.startOf(day);
  let done = 0;
  for (const [meter, since] of run.starts) {
    done += 1;
    const span = {
      after: Math.max(since, start - 1),
      until: Math.min(heldBackAt(run, meter), start + DAY_MS - 1),
    };
    if (span.until <= span.after) continue;
    const share = done / run.starts.size;
    await publishMeterDay(run, meter, { day, ...span }, (readings) => acknowledged(readings, share));
    run.sentTo.set(`${meter.site.id}/${meter.meter.id}`, span.until);
  }
  await publishStray(run, start);
}

/** Now, or when the site's outage began that is still on. */
function heldBackAt({ senders, now }: Run, meter: FleetMeter): Instant {
  const outage = outageAt(senders.plan, senders.fleet.days, meter.site.id, now);
  return outage ? outage.start - 1 : now;
}

async function publishMeterDay(
  { senders, outbox }: Run,
  meter: FleetMeter,
  span: { readonly day: DayIndex; readonly after: Instant; readonly until: Instant },
  acknowledged: (readings: number) => void,
): Promise<void> {
  const { fleet, plan } = senders;
  const outage = plan.outageOn(span.day);
  const late = outage?.site === meter.site.id ? outage : undefined;
  const topic = topicOf(meter.site.id, meter.meter.id);
  const fault = plan.of(meter.meter);
  for (const message of storedMessages(senders, meter, span.after, span.until, late)) {
    if (fault?.kind === "cut-off") await outbox.send(topic, cutOff(message.payload));
    await outbox.send(topic, message.payload, () => acknowledged(message.readings));
    const again = fault?.kind === "resends" && strikes(fault.chance, fleet, meter.meter, span.until);
    if (again) await outbox.send(topic, message.payload);
  }
}

/** The first three fifths of a payload, as a modem with a full buffer sends it. */
export function cutOff(payload: string): string {
  return payload.slice(0, Math.floor(payload.length * 0.6));
}

/** A few readings a day of a meter that is not in the registry; never one that is. */
async function publishStray(run: Run, start: Instant): Promise<void> {
  const site = run.senders.fleet.registry.sites[0];
  if (!site || site.meters.some((meter) => meter.id === strayMeter.id)) return;
  const step = DAY_MS / strayMeter.perDay;
  const times = Array.from({ length: strayMeter.perDay }, (_, i) => start + i * step);
  const since = Math.min(...run.starts.values());
  const past = times.filter((at) => since < at && at <= run.now);
  if (past.length === 0) return;
  await run.outbox.send(topicOf(site.id, strayMeter.id), strayMessage(past));
}
