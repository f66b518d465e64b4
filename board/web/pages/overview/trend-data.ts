/** From rows of groups to the stacked columns of the trend. */

import type { SiteCategory } from "../../../../model/registry.ts";
import type { Calendar, Instant } from "../../../../model/time.ts";
import type { ConsumptionRow } from "../../../api/figures.ts";
import type { ColumnsChart } from "../../charts/columns.ts";
import type { Ink } from "../../charts/ink.ts";
import type { TipText } from "../../charts/tooltip.ts";
import { type Shares, sharesByNow, sharesSoFar, worst } from "../../format/coverage.ts";
import { amount, co2, type Shown, tce } from "../../format/number.ts";
import { type Window, windowLabel } from "../../format/time.ts";
import { sumOf } from "../../format/totals.ts";
import { code, t } from "../../i18n/text.ts";
import { sharesText } from "../../parts/marks.tsx";
import { whyNoFactor } from "../../parts/shown.tsx";

export const quantities = ["tce", "kwh", "co2"] as const;
export type Quantity = (typeof quantities)[number];

/** How each quantity is called, drawn and written. */
export const quantityUnits: Readonly<
  Record<Quantity, { label: string; unit: string; divisor: number; as: (value: number) => Shown }>
> = {
  tce: { label: "tce", unit: "tce", divisor: 1000, as: tce },
  kwh: { label: "kWh", unit: "kWh", divisor: 1, as: (value) => amount(value, "kWh") },
  co2: { label: "tCO₂", unit: "tCO₂", divisor: 1000, as: co2 },
};

interface Cell {
  readonly value: number | null;
  readonly shares: Shares | undefined;
  /** For the band: what is still to come left blank. */
  readonly passed: Shares | undefined;
  readonly without: readonly string[];
}

function cellOf(rows: readonly ConsumptionRow[], quantity: Quantity, now: Instant): Cell {
  const shares = worst(rows.map((row) => sharesSoFar(row, now)));
  const passed = worst(rows.map((row) => sharesByNow(row, now)));
  if (quantity === "kwh") return { value: rows[0]?.amount ?? null, shares, passed, without: [] };
  const { value, without } = sumOf(rows, quantity === "tce" ? "kgceCalorific" : "kgCo2Location");
  return { value, shares, passed, without };
}

/** One cell per window. */
function cellsOf(
  rows: readonly ConsumptionRow[],
  starts: readonly Instant[],
  quantity: Quantity,
  now: Instant,
): Cell[] {
  const byStart = new Map<Instant, ConsumptionRow[]>();
  for (const row of rows) {
    const start = Date.parse(row.start);
    const there = byStart.get(start);
    if (there) there.push(row);
    else byStart.set(start, [row]);
  }
  return starts.map((start) => cellOf(byStart.get(start) ?? [], quantity, now));
}

/** Lighter the more of the known time was estimated. */
function opacityOf({ shares }: Cell): number {
  const known = shares ? shares.measured + shares.estimated : 0;
  return shares && known > 0 ? 1 - 0.55 * (shares.estimated / known) : 1;
}

interface TrendInput {
  readonly window: Window;
  readonly starts: readonly Instant[];
  readonly quantity: Quantity;
  readonly categories: readonly SiteCategory[];
  /** Per class, then the county's, then perhaps yesterday's. */
  readonly rows: readonly (readonly ConsumptionRow[])[] | undefined;
  readonly calendar: Calendar;
  readonly now: Instant;
  readonly of: Ink;
}

/** The trend as columns, and what could not be drawn. */
export function trendChart(input: TrendInput): ColumnsChart & { readonly unknown: readonly string[] } {
  const { window, quantity, categories, calendar, now, of } = input;
  const { unit, divisor, as } = quantityUnits[quantity];
  const cells = categories.map((_, index) => cellsOf(input.rows?.[index] ?? [], input.starts, quantity, now));
  const county = cellsOf(input.rows?.[categories.length] ?? [], input.starts, quantity, now);
  const before = input.rows?.[categories.length + 1];
  const starts = input.starts.map((start) => calendar.iso(start));
  const scaled = (all: readonly Cell[]) => all.map(({ value }) => (value === null ? null : value / divisor));
  const tip = (index: number): TipText => ({
    title: windowLabel(starts[index]!, window),
    rows: categories.flatMap((category, place) => {
      const value = cells[place]![index]!.value;
      const colour = of.colour(`category-${category}`);
      return value === null ? [] : [{ label: code("category", category), value: written(as(value)), colour }];
    }),
    notes: [
      ...(county[index]!.value === null
        ? []
        : [`${t("trend.county")} ${written(as(county[index]!.value!))}`]),
      ...(county[index]!.shares ? [sharesText(county[index]!.shares!)] : []),
    ],
  });
  const unknown = categories.flatMap((category, place) => {
    const without = [...new Set(cells[place]!.flatMap((cell) => cell.without))];
    const effect = quantity === "tce" ? "kgceCalorific" : "kgCo2Location";
    return without.length > 0
      ? [`${code("category", category)}${t("colon")}${whyNoFactor(effect, without)}`]
      : [];
  });
  return {
    window,
    starts,
    unit,
    unknown,
    series: categories.map((category, place) => ({
      name: category,
      colour: of.colour(`category-${category}`),
      values: scaled(cells[place]!),
      opacity: cells[place]!.map(opacityOf),
    })),
    ...(before && { reference: { name: "yesterday", values: yesterdayOf(before, input, divisor) } }),
    band: county.map((cell, index) => cell.passed ?? (input.rows ? emptyBand(input, index) : undefined)),
    bandLabel: t("coverage.short"),
    tip,
  };
}

/** Yesterday's quarter-hours, each at today's place. */
function yesterdayOf(rows: readonly ConsumptionRow[], input: TrendInput, divisor: number): (number | null)[] {
  const { calendar, starts, quantity, now } = input;
  const first = starts[0];
  if (first === undefined) return [];
  const dayBefore = calendar.dayStart(calendar.dayOf(first) - 1);
  const shifted = starts.map((start) => dayBefore + (start - first));
  return cellsOf(rows, shifted, quantity, now).map(({ value }) => (value === null ? null : value / divisor));
}

function written(shown: Shown): string {
  return `${shown.text} ${shown.unit}`;
}

/** A window of the past without a county row: nothing is known of it. */
function emptyBand({ starts, now }: TrendInput, index: number): Shares | undefined {
  return starts[index]! < now ? { measured: 0, estimated: 0, missing: 1 } : undefined;
}
