/** What holds in every case, whatever its figures are. */
import { expect } from "vitest";
import type { Figure } from "../model/figure.ts";
import { stands } from "../model/reading.ts";
import type { Meter, Register } from "../model/registry.ts";
import { DAY_MS, MINUTE_MS, quarterStart, type Span } from "../model/time.ts";
import { explainFigure } from "../processors/explain/explain.ts";
import type { Expected, Line } from "./case-files.ts";
import { type Order, type Player, sendsTwice } from "./case-run.ts";
import { figuresIn, near, readingsOf } from "./case-stored.ts";
import type { Pipeline } from "./world.ts";

/** True when the registry says something between two readings, so that their travel is not one difference. */
function isParted({ swaps, multipliers }: Meter, { id }: Register, from: number, to: number): boolean {
  if (swaps.some((swap) => swap.register === id && from < swap.at && swap.at <= to)) return true;
  return multipliers.some((row) => from < row.from && row.from < to);
}

/** The quarter-hours between two joined readings on boundaries sum to the travel of the register. */
export async function checkConservation(
  pipeline: Pipeline,
  meter: Meter,
  quarters: readonly Figure[],
): Promise<void> {
  const counted = meter.registers.filter((one) => one.counted);
  const [register] = counted;
  if (register === undefined || counted.length > 1) return;
  const rows = (await readingsOf(pipeline, meter, register.id)).filter((row) => stands(row.verdict));
  const check = (from: number, to: number, energy: number): void => {
    const sum = quarters
      .filter((row) => from <= row.start && row.start < to)
      .reduce((total, row) => total + row.amount, 0);
    near(sum, energy, `between ${pipeline.plan.calendar.iso(from)} and ${pipeline.plan.calendar.iso(to)}`);
  };
  const multiplier = (at: number): number => meter.multipliers.findLast((row) => row.from <= at)!.value;
  if (register.kind === "interval") {
    for (const { at, value } of rows) {
      const from = at - meter.intervalMinutes * MINUTE_MS;
      if (from === quarterStart(from) && at === quarterStart(at) && !isParted(meter, register, from, at)) {
        check(from, at, value * register.unitFactor * multiplier(from));
      }
    }
    return;
  }
  let from: number | undefined;
  let energy = 0;
  rows.forEach((row, i) => {
    const before = rows[i - 1];
    const joins =
      before &&
      (row.verdict === "ok" || row.verdict === "rollover") &&
      !isParted(meter, register, before.at, row.at);
    if (joins) {
      const wrapped = row.verdict === "rollover" ? 10 ** (register.digits - register.decimals) : 0;
      energy += (row.value + wrapped - before.value) * register.unitFactor * multiplier(before.at);
    } else from = undefined;
    if (row.at !== quarterStart(row.at)) return;
    if (from !== undefined) check(from, row.at, energy);
    from = row.at;
    energy = 0;
  });
}

/** Every value is in the balance: received = accepted + repeated + rejected, and accepted is what is stored. */
export async function checkBalance(player: Player, expected: Expected, order: Order): Promise<void> {
  const { pipeline } = player;
  const { registry, calendar } = pipeline.plan;
  const total = { received: 0, accepted: 0, repeated: 0 };
  const rejected: Record<string, number> = {};
  for (
    let day = calendar.dayOf(expected.window.start) - 1;
    calendar.dayStart(day) <= expected.window.end + DAY_MS;
    day += 1
  ) {
    for (const row of await pipeline.store.balance(day)) {
      total.received += row.received;
      total.accepted += row.accepted;
      total.repeated += row.repeated;
      for (const [code, count] of Object.entries(row.rejected))
        rejected[code] = (rejected[code] ?? 0) + count;
    }
  }
  let stored = 0;
  for (const meter of registry.sites.flatMap((one) => one.meters)) {
    for (const { id } of meter.registers) stored += (await readingsOf(pipeline, meter, id)).length;
  }
  const refused = Object.values(rejected).reduce((sum, count) => sum + count, 0);
  expect(total.received, "received").toBe(player.sent());
  expect(total.received, "the balance").toBe(total.accepted + total.repeated + refused);
  expect(total.accepted, "accepted").toBe(stored);
  expect(Object.keys(rejected).sort()).toEqual(Object.keys(expected.rejects).sort());
  if (!sendsTwice(order)) expect(rejected).toEqual(expected.rejects);
}

/** The explanation of each site's day gives the stored amount, pair by pair. */
export async function checkExplanations(pipeline: Pipeline, span: Span): Promise<void> {
  const { plan, store } = pipeline;
  for (const day of await figuresIn(pipeline, span, "site", "day")) {
    const end = plan.calendar.dayStart(plan.calendar.dayOf(day.start) + 1);
    const request = { site: day.owner, carrier: day.carrier, span: { start: day.start, end } };
    const { meters, notes } = await explainFigure(plan, store, request);
    expect(notes.filter((note) => note.en.includes("reconcile"))).toEqual([]);
    for (const { meter, amount, pairs } of meters) {
      if (pairs.length === 200) continue;
      near(
        pairs.reduce((sum, pair) => sum + pair.energy * pair.share, 0),
        amount,
        `explanation of ${meter}`,
      );
    }
  }
}

/** Counts by which a register goes on after the trouble, at each of four further readings. */
const STEP_COUNTS = 10;
const STEPS = [1, 2, 3, 4];

interface Going {
  readonly register: Register;
  readonly lines: readonly Line[];
  /** Energy of one step. */
  readonly step: number;
}

async function going(pipeline: Pipeline, meter: Meter, register: Register, start: number): Promise<Going> {
  const rows = await readingsOf(pipeline, meter, register.id);
  const newest = rows.findLast((row) => row.verdict !== "superseded");
  if (newest === undefined) throw new Error(`${meter.id} ${register.id} has no readings to go on from`);
  const travel = STEP_COUNTS / 10 ** register.decimals;
  const span = 10 ** (register.digits - register.decimals);
  const lines = STEPS.map((step) => {
    const value = register.kind === "interval" ? travel : (newest.value + step * travel) % span;
    const at = start + step * meter.intervalMinutes * MINUTE_MS;
    const of = { meter: meter.id, site: meter.site, register: register.id };
    return { ...of, at, value: Number(value.toFixed(register.decimals)), received: at + MINUTE_MS };
  });
  return { register, lines, step: travel * register.unitFactor * meter.multipliers.at(-1)!.value };
}

/** No meter is locked out: readings that go on from its newest are `ok` and give their energy. */
export async function checkGoesOn(player: Player, window: Span): Promise<void> {
  const { pipeline } = player;
  for (const meter of pipeline.plan.registry.sites.flatMap((one) => one.meters)) {
    const counted = meter.registers.filter((one) => one.counted);
    const owner = `${meter.site}/${meter.id}`;
    const extents = await Promise.all(
      counted.map(({ id }) => pipeline.store.extent({ site: meter.site, meter: meter.id, register: id })),
    );
    const start = Math.max(...extents.map((extent) => extent?.end ?? Number.NaN));
    if (meter.to !== undefined || Number.isNaN(start)) continue;
    const registers = await Promise.all(counted.map((one) => going(pipeline, meter, one, start)));
    const total = async (): Promise<number> =>
      (await figuresIn(pipeline, window, "meter", "15m", owner)).reduce((sum, row) => sum + row.amount, 0);
    for (const { lines } of registers) await player.send(lines.slice(0, 2), 2);
    const before = await total();
    for (const { lines } of registers) await player.send(lines.slice(2), 2);
    near(
      (await total()) - before,
      registers.reduce((sum, { step }) => sum + 2 * step, 0),
      `${owner} goes on`,
    );
    for (const { register, lines } of registers) {
      const added = (await readingsOf(pipeline, meter, register.id)).filter((row) => row.at > start);
      const joined = added.map((row) => (row.verdict === "rollover" ? "ok" : row.verdict));
      expect(joined, `${owner} goes on`).toEqual(lines.map(() => "ok"));
    }
  }
}
