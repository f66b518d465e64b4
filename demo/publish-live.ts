/** The present: every meter speaks about twice a minute, evenly spread over the time. */
import { calendarOf, type Instant, MINUTE_MS } from "../model/time.ts";
import type { Clock } from "./clock.ts";
import { outageAt, strayMeter, strikes } from "./faults.ts";
import type { FleetMeter } from "./fleet.ts";
import { createOutbox, type Outbox, type Publisher } from "./outbox.ts";
import { liveMessage, type Senders, storedMessages, strayMessage, topicOf } from "./payload.ts";
import { cutOff, type LastReading } from "./publish-history.ts";

/** How the fleet speaks from now on. */
export interface LiveOptions {
  readonly clock: Clock;
  /** Stops the driver. */
  readonly signal: AbortSignal;
  /** Up to when each meter has been sent; what lies between is sent first. */
  readonly since: LastReading;
  /** Time between two messages of a meter. */
  readonly everyMs?: number;
}

const IN_FLIGHT = 64;

interface Live extends LiveOptions {
  readonly senders: Senders;
  readonly outbox: Outbox;
  /** Time up to which each meter has been sent. */
  readonly sentTo: Map<FleetMeter, Instant>;
  readonly seqs: Map<FleetMeter, number>;
  readonly firstSeq: number;
  /** Writes the time of a live reading, with the county's offset. */
  readonly iso: (at: Instant) => string;
}

/**
 * Publishes live readings until `signal` aborts. A meter that was silent (its gateway's outage, or a machine
 * that slept) first sends what its gateway stored meanwhile, oldest first.
 * @throws what the publisher throws.
 */
export async function publishLive(
  senders: Senders,
  publisher: Publisher,
  options: LiveOptions,
): Promise<void> {
  const meters = senders.fleet.meters.map((meter) => senders.fleet.of(meter));
  if (meters.length === 0) return;
  const { clock, signal } = options;
  const everyMs = options.everyMs ?? MINUTE_MS / 2;
  // In seconds, so that it has risen further by the next start than messages were sent in between.
  const firstSeq = Math.floor(clock.now() / 1000);
  const outbox = createOutbox(publisher, IN_FLIGHT);
  const { iso } = calendarOf(senders.fleet.registry.county.zone);
  const live: Live = { ...options, senders, outbox, sentTo: new Map(), seqs: new Map(), firstSeq, iso };
  const turnMs = everyMs / meters.length;
  let turn = Math.ceil(clock.now() / turnMs);
  while (!signal.aborted) {
    const due = Math.round(turn * turnMs);
    const early = due - clock.now();
    if (early > 0) await clock.sleep(early, signal);
    if (signal.aborted) break;
    if (clock.now() - due > everyMs) {
      turn = Math.ceil(clock.now() / turnMs);
      continue;
    }
    await speak(live, meters[turn % meters.length]!, due);
    await speakAsStray(live, due, Math.round((turn - 1) * turnMs));
    turn += 1;
  }
  await outbox.drain();
}

async function speak(live: Live, meter: FleetMeter, at: Instant): Promise<void> {
  const { fleet, plan } = live.senders;
  const { site, meter: row } = meter;
  if (at < row.from || at > (row.to ?? at) || outageAt(plan, fleet.days, site.id, at)) return;
  const last = live.sentTo.get(meter) ?? live.since(site.id, row.id) ?? at;
  const storesOnly = row.registers.some((register) => register.kind === "interval");
  const silent = at - last > 1.5 * row.intervalMinutes * MINUTE_MS;
  if (storesOnly || silent) {
    for (const message of storedMessages(live.senders, meter, last, at - 1)) {
      await live.outbox.send(topicOf(site.id, row.id), message.payload);
    }
  }
  live.sentTo.set(meter, storesOnly ? at - 1 : at);
  if (!storesOnly) await speakLive(live, meter, at);
}

async function speakLive(live: Live, meter: FleetMeter, at: Instant): Promise<void> {
  const { fleet, plan } = live.senders;
  const seq = (live.seqs.get(meter) ?? live.firstSeq) + 1;
  live.seqs.set(meter, seq);
  const topic = topicOf(meter.site.id, meter.meter.id);
  const payload = liveMessage(live.senders, meter, at, seq, (time) => `"${live.iso(time)}"`);
  const fault = plan.of(meter.meter);
  const struck = fault !== undefined && "chance" in fault && strikes(fault.chance, fleet, meter.meter, at);
  if (struck && fault.kind === "cut-off") await live.outbox.send(topic, cutOff(payload));
  await live.outbox.send(topic, payload);
  if (struck && fault.kind === "resends") await live.outbox.send(topic, payload);
}

async function speakAsStray(live: Live, at: Instant, before: Instant): Promise<void> {
  const period = strayMeter.everyMinutes * MINUTE_MS;
  if (Math.floor(at / period) === Math.floor(before / period)) return;
  const site = live.senders.fleet.registry.sites[0];
  if (!site || site.meters.some((meter) => meter.id === strayMeter.id)) return;
  await live.outbox.send(topicOf(site.id, strayMeter.id), strayMessage([at]));
}
