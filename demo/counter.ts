/** Energy that passed a meter since it began its service: the exact integral of its flow. */
import type { Meter } from "../model/registry.ts";
import type { DayIndex, Instant } from "../model/time.ts";
import type { FleetDays } from "./days.ts";
import type { Flow } from "./flow.ts";
import { NODES, STEP_HOURS, STEP_MS, STEPS } from "./shape-tables.ts";

/** How much has passed, and how fast it passes. */
export interface Counter {
  /** Canonical units since the start of the meter's first day; flat outside its service. */
  passed(at: Instant): number;
  /** Canonical units per hour; 0 outside its service. */
  rate(at: Instant): number;
  /** When the flow of `at` last began from standstill; the start of the day when it has not stood still. */
  begunAt(at: Instant): Instant;
}

interface CountedDay {
  readonly day: DayIndex;
  readonly nodes: Float64Array;
  /** Canonical units from the day's start to each node. */
  readonly sums: Float64Array;
}

function countDay(flow: Flow, day: DayIndex): CountedDay {
  const nodes = flow.nodes(day);
  const sums = new Float64Array(NODES);
  for (let i = 1; i < NODES; i += 1) {
    sums[i] = (sums[i - 1] ?? 0) + (((nodes[i - 1] ?? 0) + (nodes[i] ?? 0)) / 2) * STEP_HOURS;
  }
  return { day, nodes, sums };
}

/** The counter of a meter on a flow. Days are summed once, in order; the last day asked for is kept. */
export function counterOf(meter: Meter, flow: Flow, days: FleetDays): Counter {
  const epoch = days.dayOf(meter.from);
  const end = meter.to ?? Number.POSITIVE_INFINITY;
  const before = [0];
  let counted: CountedDay | undefined;
  const beforeDay = (day: DayIndex): number => {
    for (let k = before.length; k <= day - epoch; k += 1) {
      before.push((before[k - 1] ?? 0) + flow.energy(epoch + k - 1));
    }
    return before[day - epoch] ?? 0;
  };
  const dayAt = (day: DayIndex): CountedDay => {
    if (counted?.day !== day) counted = countDay(flow, day);
    return counted;
  };
  const place = (at: Instant): { day: DayIndex; node: number; part: number } => {
    const day = days.dayOf(at);
    const steps = (at - days.startOf(day)) / STEP_MS;
    const node = Math.min(STEPS - 1, Math.floor(steps));
    return { day, node, part: steps - node };
  };
  const passed = (at: Instant): number => {
    const { day, node, part } = place(Math.min(end, Math.max(meter.from, at)));
    const { nodes, sums } = dayAt(day);
    const left = nodes[node] ?? 0;
    const rise = ((nodes[node + 1] ?? 0) - left) * part;
    return beforeDay(day) + (sums[node] ?? 0) + (left + rise / 2) * part * STEP_HOURS;
  };
  const rate = (at: Instant): number => {
    if (at < meter.from || at >= end) return 0;
    const { day, node, part } = place(at);
    const { nodes } = dayAt(day);
    const left = nodes[node] ?? 0;
    return left + ((nodes[node + 1] ?? 0) - left) * part;
  };
  return { passed, rate, begunAt: (at) => begunAt(flow, days, at) };
}

/** Days after which a counter that nothing moved is cleared. */
const STILL_DAYS = 3;

function begunAt(flow: Flow, days: FleetDays, at: Instant): Instant {
  const today = days.dayOf(at);
  for (let day = today; day > today - STILL_DAYS; day -= 1) {
    const nodes = flow.nodes(day);
    const start = days.startOf(day);
    for (let i = Math.min(STEPS - 1, Math.floor((at - 1 - start) / STEP_MS)); i >= 0; i -= 1) {
      if (nodes[i] === 0 && (nodes[i + 1] ?? 0) > 0) return start + i * STEP_MS;
    }
    if ((nodes[0] ?? 0) > 0) return start;
  }
  return days.startOf(today - STILL_DAYS + 1);
}
