/** Messages of the fleet in the native format. */
import { type Instant, MINUTE_MS } from "../model/time.ts";
import type { FaultPlan, Outage } from "./faults.ts";
import { shownCounts } from "./faults.ts";
import type { Fleet, FleetMeter } from "./fleet.ts";

/** Readings in one message at most. */
export const MESSAGE_READINGS = 288;

/** The native topic of a meter. */
export function topicOf(site: string, meter: string): string {
  return `v1/sites/${site}/meters/${meter}/readings`;
}

/** Fleet and faults: what a message is made from. */
export interface Senders {
  readonly fleet: Fleet;
  readonly plan: FaultPlan;
}

/** A message that is ready to be sent, and how many readings it holds. */
export interface Message {
  readonly payload: string;
  readonly readings: number;
}

/** The meter's interval boundaries in (after, until], within its service. */
export function intervalTimes({ meter }: FleetMeter, after: Instant, until: Instant): Instant[] {
  const step = meter.intervalMinutes * MINUTE_MS;
  const last = Math.min(until, meter.to ?? until);
  const first = Math.max(Math.floor(after / step) * step + step, Math.ceil(meter.from / step) * step);
  const times: Instant[] = [];
  for (let at = first; at <= last; at += step) times.push(at);
  return times;
}

/** `"registers":{…}` as the meter shows it at a moment of its own clock. */
export function registersJson({ fleet, plan }: Senders, meter: FleetMeter, at: Instant): string {
  const fault = plan.of(meter.meter);
  let json = '"registers":{';
  for (let i = 0; i < meter.registers.length; i += 1) {
    const path = meter.registers[i]!;
    const value = path.shown(shownCounts(fleet, meter, fault, i, at));
    json += `${i === 0 ? "" : ","}"${path.register.id}":${value}`;
  }
  return `${json}}`;
}

/**
 * What a gateway has stored of a meter in (after, until], oldest first, as arrays of at most 288 readings. What
 * falls into a past outage comes last in its array, as a gateway sends it: in the same message, so that an
 * interrupted run leaves no hole behind it.
 */
export function storedMessages(
  senders: Senders,
  meter: FleetMeter,
  after: Instant,
  until: Instant,
  outage?: Outage,
): Message[] {
  const times = intervalTimes(meter, after, until);
  const late = (at: Instant) => outage !== undefined && outage.start <= at && at < outage.end;
  const messages: Message[] = [];
  for (let i = 0; i < times.length; i += MESSAGE_READINGS) {
    const part = times.slice(i, i + MESSAGE_READINGS);
    const order = outage ? [...part.filter((at) => !late(at)), ...part.filter(late)] : part;
    let rows = "";
    for (const at of order) rows += `${rows && ","}{"at":${at},${registersJson(senders, meter, at)}}`;
    messages.push({ payload: `[${rows}]`, readings: order.length * meter.registers.length });
  }
  return messages;
}

/** A live reading; `stamp` writes its time. */
export function liveMessage(
  senders: Senders,
  meter: FleetMeter,
  at: Instant,
  seq: number,
  stamp: (at: Instant) => string,
): string {
  const fault = senders.plan.of(meter.meter);
  const shownAt = fault?.kind === "clock-ahead" ? at + fault.minutes * MINUTE_MS : at;
  const power =
    meter.meter.carrier === "electricity" ? `,"powerKw":${Math.round(meter.counter.rate(at) * 10) / 10}` : "";
  return `{"at":${stamp(shownAt)},${registersJson(senders, meter, shownAt)}${power},"seq":${seq}}`;
}

/** What a meter that nobody registered says. */
export function strayMessage(times: readonly Instant[]): string {
  return JSON.stringify(
    times.map((at) => ({ at, registers: { "active-import": Math.floor(at / 600_000) % 100_000 } })),
  );
}
