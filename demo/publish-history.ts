/** Fills the past: every meter's stored readings up to now, day by day, the newest first. */
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
  /** Time of a meter's oldest reading that arrived. */
  readonly oldest?: LastReading;
  /** Called when today is sent, before the days that are past; the live driver may begin. */
  readonly presentIsSent?: (sentTo: LastReading) => void;
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
 * Publishes what is missing of the fleet's past, the newest day first, so that today is there at once and each
 * older day joins what is there already. A later start, or one after an interruption, leaves no gap and repeats
 * nothing.
 * @throws what the publisher throws.
 */
export async function publishHistory(
  senders: Senders,
  publisher: Publisher,
  options: HistoryOptions,
): Promise<HistoryResult> {
  const { days } = senders.fleet;
  const { now, since, signal } = options;
  const missing = missingOf(senders, options);
  const run: Run = { senders, now, outbox: createOutbox(publisher, IN_FLIGHT), missing, sentTo: new Map() };
  const sentTo: LastReading = (site, meter) => run.sentTo.get(`${site}/${meter}`) ?? since(site, meter);
  const today = days.dayOf(now);
  const oldest = days.dayOf(Math.min(now, oldestMissing(run)) + 1);
  const dayCount = today - oldest + 1;
  let readings = 0;
  for (let i = 0; i < dayCount && !signal?.aborted; i += 1) {
    await publishDay(run, today - i, (count, share) => {
      readings += count;
      options.progress?.((i + share) / dayCount, readings);
    });
    if (i === 0) options.presentIsSent?.(sentTo);
  }
  await run.outbox.drain();
  if (!signal?.aborted) options.progress?.(1, readings);
  return { readings, sentTo };
}

/** Times of a meter without readings: (after, until]. */
interface Missing {
  readonly after: Instant;
  readonly until: Instant;
}

interface Run {
  readonly senders: Senders;
  readonly now: Instant;
  readonly outbox: Outbox;
  /** Meters that lack something. */
  readonly missing: ReadonlyMap<FleetMeter, readonly Missing[]>;
  readonly sentTo: Map<string, Instant>;
}

const oldestMissing = (run: Run): Instant =>
  [...run.missing.values()].reduce(
    (least, spans) => Math.min(least, ...spans.map((span) => span.after)),
    run.now,
  );

function missingOf({ fleet }: Senders, options: HistoryOptions): Map<FleetMeter, Missing[]> {
  const { now, since, oldest, days = HISTORY_DAYS } = options;
  const first = fleet.days.startOf(fleet.days.dayOf(now) - days) - 1;
  const missing = new Map<FleetMeter, Missing[]>();
  for (const meter of fleet.meters) {
    const newest = since(meter.site, meter.id);
    const spans: Missing[] = [];
    if ((newest ?? first) < now) spans.push({ after: newest ?? first, until: now });
    // A first start that was interrupted; the horizon itself moves on by a day each day.
    const begun = newest === undefined ? undefined : oldest?.(meter.site, meter.id);
    if (begun !== undefined && begun - first > DAY_MS) spans.push({ after: first, until: begun - 1 });
    if (spans.length > 0) missing.set(fleet.of(meter), spans);
  }
  return missing;
}

async function publishDay(
  run: Run,
  day: DayIndex,
  acknowledged: (readings: number, share: number) => void,
): Promise<void> {
  const start = run.senders.fleet.days.startOf(day);
  let done = 0;
  for (const [meter, missing] of run.missing) {
    done += 1;
    const share = done / run.missing.size;
    for (const { after, until } of missing) {
      const span = {
        after: Math.max(after, start - 1),
        until: Math.min(until, heldBackAt(run, meter), start + DAY_MS - 1),
      };
      if (span.until <= span.after) continue;
      await publishMeterDay(run, meter, { day, ...span }, (readings) => acknowledged(readings, share));
      const name = `${meter.site.id}/${meter.meter.id}`;
      run.sentTo.set(name, Math.max(span.until, run.sentTo.get(name) ?? span.until));
    }
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
  const since = oldestMissing(run);
  const past = times.filter((at) => since < at && at <= run.now);
  if (past.length === 0) return;
  await run.outbox.send(topicOf(site.id, strayMeter.id), strayMessage(past));
}
