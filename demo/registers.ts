/** What a meter's registers show: its energy through multipliers, swaps, resets, truncation and rollover. */
import type { Meter, Register, Swap } from "../model/registry.ts";
import { type Instant, MINUTE_MS, type Span } from "../model/time.ts";
import type { Counter } from "./counter.ts";
import { draw, keyOf, mix } from "./random.ts";

/** A register of a meter. A count is the register's last decimal. */
export interface RegisterPath {
  readonly register: Register;
  /** Counts shown at `at`; for an interval register those of the interval that ends at `at`. */
  counts(at: Instant): number;
  /** Counts that a cumulative register can show before it begins anew at 0. */
  readonly span: number;
  /** Canonical units that its counts moved over between two moments, at the multipliers then in force. */
  registered(span: Span): number;
  /** Counts per canonical unit of energy at `at`. */
  countsPerUnit(at: Instant): number;
  /** `counts` as the register shows them. */
  shown(counts: number): number;
}

/** A reactive register turns at this share of the active energy; one of the other direction stands still. */
const REACTIVE_SHARE = 0.34;

/** Share of the meter's energy that moves a register; several counted ones share it. */
function shareOf(meter: Meter, register: Register): number {
  if (register.counted) return 1 / meter.registers.filter((row) => row.counted).length;
  return /var/i.test(register.unit) && register.direction === "import" ? REACTIVE_SHARE : 0;
}

/** Where a stretch between two swaps is pinned to a value. */
interface Stretch {
  readonly from: Instant;
  readonly pinAt: Instant;
  readonly pinCounts: number;
}

/**
 * The stretches of a register, newest first. The first one is pinned so that the register shows what the
 * registry says it did at its first swap or change of multiplier; the later ones begin at `first`, and so do
 * not in general end at a second swap's `final`.
 */
function stretchesOf(meter: Meter, register: Register, scale: number, seed: number): Stretch[] {
  const swaps = meter.swaps.filter((swap) => swap.register === register.id);
  const counts = (value: number) => Math.round(value * scale);
  const first = firstPin(meter, register, swaps[0], seed);
  return [
    { from: Number.NEGATIVE_INFINITY, pinAt: first.at, pinCounts: counts(first.value) },
    ...swaps.map((swap) => ({ from: swap.at, pinAt: swap.at, pinCounts: counts(swap.first) })),
  ].reverse();
}

function firstPin(meter: Meter, register: Register, swap: Swap | undefined, seed: number) {
  if (swap) return { at: swap.at, value: swap.final };
  const row = meter.multipliers.find(({ registers }) => registers[register.id] !== undefined);
  if (row) return { at: row.from, value: row.registers[register.id] ?? 0 };
  const drawn = draw(mix(seed, keyOf(`${meter.site}/${meter.id}`)), keyOf(register.id));
  return { at: meter.from, value: 10 ** (register.digits - register.decimals) * (0.02 + 0.5 * drawn) };
}

/** Counts moved since the meter's first row of multipliers, not truncated. */
function travelOf(meter: Meter, register: Register, counter: Counter, scale: number) {
  const share = (shareOf(meter, register) * scale) / (register.unitFactor || 1);
  let before = 0;
  const rows = meter.multipliers.map((row, i) => {
    const next = meter.multipliers[i + 1];
    const from = i === 0 ? Number.NEGATIVE_INFINITY : row.from;
    const factor = share / row.value;
    const result = { from, factor, before, passed: i === 0 ? 0 : counter.passed(row.from), value: row.value };
    if (next) before += (counter.passed(next.from) - result.passed) * factor;
    return result;
  });
  const newestFirst = rows.reverse();
  const rowAt = (at: Instant) => newestFirst.find((row) => row.from <= at) ?? newestFirst[0]!;
  const travel = (at: Instant): number => {
    const row = rowAt(at);
    return row.before + (counter.passed(at) - row.passed) * row.factor;
  };
  return { travel, multiplierAt: (at: Instant) => rowAt(at).value };
}

/** The path of a register under a seed. */
export function registerPath(meter: Meter, register: Register, counter: Counter, seed: number): RegisterPath {
  const scale = 10 ** register.decimals;
  const span = 10 ** register.digits;
  const { travel, multiplierAt } = travelOf(meter, register, counter, scale);
  const countsPerUnit = (at: Instant) => scale / (multiplierAt(at) * (register.unitFactor || 1));
  const stretches = stretchesOf(meter, register, scale, seed).map((row) => ({
    ...row,
    offset: row.pinCounts - travel(row.pinAt),
  }));
  const stretchAt = (at: Instant) => stretches.find((row) => row.from <= at) ?? stretches[0]!;
  const unwrapped = (pin: (typeof stretches)[number], at: Instant): number =>
    at === pin.pinAt ? pin.pinCounts : Math.floor(pin.offset + travel(at));
  const cuts = [...meter.multipliers.map((row) => row.from), ...stretches.map((row) => row.from)];
  const registered = ({ start, end }: Span): number => {
    const inner = cuts.filter((at) => at > start && at < end).sort((a, b) => a - b);
    let total = 0;
    let from = start;
    for (const to of [...inner, end]) {
      const pin = stretchAt(from);
      total += (unwrapped(pin, to) - unwrapped(pin, from)) / countsPerUnit(from);
      from = to;
    }
    return total;
  };
  const running = (at: Instant) => unwrapped(stretchAt(at), at);
  return {
    register,
    span,
    counts: countsOf(meter, register, { running, travel, span, begunAt: counter.begunAt }),
    registered,
    countsPerUnit,
    shown: (counts) => counts / scale,
  };
}

interface Movement {
  running(at: Instant): number;
  travel(at: Instant): number;
  readonly span: number;
  begunAt(at: Instant): Instant;
}

function countsOf(meter: Meter, register: Register, move: Movement): (at: Instant) => number {
  if (register.kind === "interval") {
    const interval = meter.intervalMinutes * MINUTE_MS;
    return (at) => Math.floor(move.travel(at)) - Math.floor(move.travel(at - interval));
  }
  if (register.resetsToZero) {
    // Just before: the reading of the very moment still shows what ends there.
    return (at) => Math.floor(move.travel(at)) - Math.floor(move.travel(move.begunAt(at - 1)));
  }
  return (at) => ((move.running(at) % move.span) + move.span) % move.span;
}
