/** From rows of one site or meter to columns, the estimated part of each hatched. */

import type { Calendar, Instant } from "../../../../model/time.ts";
import type { ConsumptionRow } from "../../../api/figures.ts";
import type { ColumnsChart } from "../../charts/columns.ts";
import { carrierInk, type Ink } from "../../charts/ink.ts";
import type { TipText } from "../../charts/tooltip.ts";
import { type Shares, sharesByNow, sharesOf, sharesSoFar } from "../../format/coverage.ts";
import { amount, co2, type Shown, tce } from "../../format/number.ts";
import { type Window, windowLabel } from "../../format/time.ts";
import { t } from "../../i18n/text.ts";
import { sharesText } from "../../parts/marks.tsx";

const HOUR_MS = 3_600_000;

interface CurveInput {
  readonly rows: readonly ConsumptionRow[];
  readonly starts: readonly Instant[];
  readonly window: Window;
  readonly carrier: string;
  readonly unit: string;
  readonly calendar: Calendar;
  /** Windows that begin later have not come yet. */
  readonly now: Instant;
  readonly of: Ink;
}

function written(shown: Shown): string {
  return `${shown.text} ${shown.unit}`;
}

/** Mean power over a window that is wholly known, in kW. */
function meanPower(row: ConsumptionRow): number | undefined {
  if (row.unit !== "kWh" || row.coverage + row.estimated < 0.9995) return undefined;
  return row.amount / ((Date.parse(row.end) - Date.parse(row.start)) / HOUR_MS);
}

function tipOf(
  row: ConsumptionRow | undefined,
  start: string,
  shares: Shares | undefined,
  input: CurveInput,
): TipText {
  const title = windowLabel(start, input.window);
  const passed = row ? sharesSoFar(row, input.now) : shares;
  const notes = passed ? [sharesText(passed)] : [t("curve.future")];
  if (!row) return { title, rows: [], notes };
  const power = meanPower(row);
  const lines = [
    {
      label: t("amount"),
      value: written(amount(row.amount, row.unit)),
      colour: carrierInk(input.of, input.carrier),
    },
    ...(power === undefined ? [] : [{ label: t("power.mean"), value: written(amount(power, "kW")) }]),
    ...(row.kgceCalorific === null ? [] : [{ label: "tce", value: written(tce(row.kgceCalorific)) }]),
    ...(row.kgCo2Location === null ? [] : [{ label: "CO₂", value: written(co2(row.kgCo2Location)) }]),
  ];
  return { title, rows: lines, notes: row.restated ? [...notes, t("restated")] : notes };
}

/** The curve as columns. A window in the past without a row is missing altogether. */
export function curveChart(input: CurveInput): ColumnsChart {
  const { starts, window, calendar, now, of, carrier } = input;
  const byStart = new Map(input.rows.map((row) => [Date.parse(row.start), row]));
  const rows = starts.map((start) => byStart.get(start));
  const named = starts.map((start) => calendar.iso(start));
  const band = rows.map((row, index): Shares | undefined => {
    const start = starts[index]!;
    if (start >= now) return undefined;
    const end = starts[index + 1] ?? start;
    const nothing = { start: calendar.iso(start), end: calendar.iso(end), coverage: 0, estimated: 0 };
    return row || end > start ? sharesByNow(row ?? nothing, now) : { measured: 0, estimated: 0, missing: 1 };
  });
  const part = (pick: (shares: Shares) => number) =>
    rows.map((row) => {
      if (!row) return null;
      const shares = sharesOf(row);
      const known = shares.measured + shares.estimated;
      return known > 0 ? row.amount * (pick(shares) / known) : null;
    });
  const colour = carrierInk(of, carrier);
  return {
    window,
    starts: named,
    unit: input.unit,
    series: [
      { name: "measured", colour, values: part((shares) => shares.measured) },
      { name: "estimated", colour, values: part((shares) => shares.estimated), hatched: true },
    ],
    band,
    bandLabel: t("coverage.short"),
    tip: (index) => tipOf(rows[index], named[index]!, band[index], input),
  };
}
