/** Load: the first meters of a registry at a given rate, and what came of it. */
import type { Instant } from "../model/time.ts";
import type { Clock } from "./clock.ts";
import type { FleetMeter } from "./fleet.ts";
import type { Publisher } from "./outbox.ts";
import { registersJson, type Senders, topicOf } from "./payload.ts";

/** How much load, and by which clocks. */
export interface SimulateOptions {
  readonly meters: number;
  /** Messages per second over all meters. */
  readonly rate: number;
  readonly seconds: number;
  readonly clock: Clock;
  /** Milliseconds on a clock that only goes forward, with fractions. */
  readonly elapsed: () => number;
  readonly signal: AbortSignal;
}

/** What came of the load. */
export interface SimulateResult {
  readonly meters: number;
  readonly metersAsked: number;
  readonly sent: number;
  readonly acked: number;
  readonly failed: number;
  /** Messages that were due and not sent, since too many were unacknowledged. */
  readonly notSent: number;
  /** From the first message to the last PUBACK. */
  readonly seconds: number;
  readonly ackedPerSecond: number;
  /** From when a message was due to its PUBACK, in ms; undefined when none arrived. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  readonly maxMs: number | undefined;
  readonly firstError: string | undefined;
}

/** Unacknowledged messages at most; what would be due beyond is counted as not sent. */
const UNACKED_MAX = 50_000;
const TICK_MS = 5;
/** Time for the last acknowledgements to come in. */
const DRAIN_MS = 30_000;

interface Tally {
  sent: number;
  acked: number;
  failed: number;
  notSent: number;
  lastAck: number;
  firstError: string | undefined;
  readonly latencies: number[];
}

/**
 * Publishes single readings for the first `meters` of the fleet at `rate` messages a second, in turn. Values
 * are the fleet's own, faults included, so that a demo county that runs is not disturbed; meters with
 * interval registers are left out, since they speak only at their boundaries.
 */
export async function simulate(
  senders: Senders,
  publisher: Publisher,
  options: SimulateOptions,
): Promise<SimulateResult> {
  const { clock, elapsed, rate, signal } = options;
  const meters = speakersOf(senders, options.meters, clock.now());
  const speakers = meters.map((meter) => createSpeaker(senders, meter, clock.now()));
  const tally: Tally = {
    sent: 0,
    acked: 0,
    failed: 0,
    notSent: 0,
    lastAck: 0,
    firstError: undefined,
    latencies: [],
  };
  const total = meters.length === 0 ? 0 : Math.round(rate * options.seconds);
  const start = elapsed();
  for (let next = 0; next < total && !signal.aborted; ) {
    const due = Math.min(total, Math.floor(((elapsed() - start) * rate) / 1000) + 1);
    for (; next < due; next += 1) {
      const speaker = speakers[next % speakers.length]!;
      const dueAt = start + (next * 1000) / rate;
      if (tally.sent - tally.acked - tally.failed >= UNACKED_MAX) tally.notSent += 1;
      else publishOne(publisher, speaker(clock.now()), { tally, dueAt, elapsed });
    }
    if (next < total) await clock.sleep(TICK_MS, signal);
  }
  await settle(tally, options);
  const tookMs = (tally.acked > 0 ? tally.lastAck : elapsed()) - start;
  return resultOf(tally, { meters: meters.length, options, tookMs });
}

function speakersOf({ fleet }: Senders, count: number, now: Instant): FleetMeter[] {
  return fleet.meters
    .filter((meter) => meter.from <= now && now < (meter.to ?? Number.POSITIVE_INFINITY))
    .filter((meter) => meter.registers.every((register) => register.kind === "cumulative"))
    .slice(0, Math.max(0, count))
    .map((meter) => fleet.of(meter));
}

interface Spoken {
  readonly topic: string;
  readonly payload: string;
}

/** Makes a meter's next message; two within a millisecond get different times. */
function createSpeaker(senders: Senders, meter: FleetMeter, start: Instant): (now: Instant) => Spoken {
  const topic = topicOf(meter.site.id, meter.meter.id);
  let last = 0;
  let seq = start;
  return (now) => {
    last = Math.max(now, last + 1);
    seq += 1;
    return { topic, payload: `{"at":${last},${registersJson(senders, meter, last)},"seq":${seq}}` };
  };
}

function publishOne(
  publisher: Publisher,
  message: Spoken,
  run: { readonly tally: Tally; readonly dueAt: number; readonly elapsed: () => number },
): void {
  const { tally } = run;
  tally.sent += 1;
  publisher.publish(message.topic, message.payload).then(
    () => {
      tally.acked += 1;
      tally.lastAck = run.elapsed();
      tally.latencies.push(tally.lastAck - run.dueAt);
    },
    (error: unknown) => {
      tally.failed += 1;
      tally.firstError ??= error instanceof Error ? error.message : String(error);
    },
  );
}

async function settle(tally: Tally, { clock, elapsed, signal }: SimulateOptions): Promise<void> {
  const deadline = elapsed() + DRAIN_MS;
  while (tally.acked + tally.failed < tally.sent && elapsed() < deadline && !signal.aborted) {
    await clock.sleep(TICK_MS, signal);
  }
}

function resultOf(
  tally: Tally,
  run: { readonly meters: number; readonly options: SimulateOptions; readonly tookMs: number },
): SimulateResult {
  const sorted = Float64Array.from(tally.latencies).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  const seconds = run.tookMs / 1000;
  return {
    meters: run.meters,
    metersAsked: run.options.meters,
    sent: tally.sent,
    acked: tally.acked,
    failed: tally.failed,
    notSent: tally.notSent,
    seconds,
    ackedPerSecond: seconds > 0 ? tally.acked / seconds : 0,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: sorted[sorted.length - 1],
    firstError: tally.firstError,
  };
}

/** The result as lines for a terminal. */
export function simulateReport(result: SimulateResult): string {
  const ms = (value: number | undefined) => (value === undefined ? "none" : `${value.toFixed(1)} ms`);
  const unacked = result.sent - result.acked - result.failed;
  const lines = [
    `meters      ${result.meters}`,
    `sent        ${result.sent}`,
    `acked       ${result.acked} in ${result.seconds.toFixed(1)} s: ${Math.round(result.ackedPerSecond)}/s`,
    `PUBACK      p50 ${ms(result.p50Ms)}, p99 ${ms(result.p99Ms)}, longest ${ms(result.maxMs)}`,
    `errors      ${result.failed} failed, ${unacked} never acknowledged, ${result.notSent} held back`,
  ];
  if (result.meters < result.metersAsked) {
    lines.unshift(`${result.metersAsked} meters asked for; ${result.meters} can speak now: all used.`);
  }
  if (result.firstError !== undefined) lines.push(`first error ${result.firstError}`);
  return lines.join("\n");
}
