/** The county's use over time, stacked by accounting class. */
import { useMemo } from "preact/hooks";
import { type SiteCategory, siteCategories } from "../../../../model/registry.ts";
import type { ConsumptionAnswer, ConsumptionRow } from "../../../api/figures.ts";
import { Chart } from "../../charts/chart.tsx";
import { columnsOption } from "../../charts/columns.ts";
import { ink } from "../../charts/ink.ts";
import { addDays, monthStart, type Window, windowStarts } from "../../format/time.ts";
import { code, t } from "../../i18n/text.ts";
import { Segmented } from "../../parts/choices.tsx";
import { CategoryMark } from "../../parts/marks.tsx";
import { FailureNote, Panel } from "../../parts/panel.tsx";
import { ask, useAnswers } from "../../state/answers.ts";
import { calendar, sites, today } from "../../state/county.ts";
import { serverNow } from "../../state/live.ts";
import { lang } from "../../state/prefs.ts";
import { choice, choose } from "../../state/route.ts";
import type { NationalList } from "./page.tsx";
import { type Quantity, quantities, quantityUnits, trendChart } from "./trend-data.ts";

const TREND_EVERY_MS = 30_000;

const spans = ["day", "month", "year"] as const;
type Span = (typeof spans)[number];
const spanWindows: Record<Span, Window> = { day: "15m", month: "day", year: "month" };

function rangeOf(span: Span, date: string): { from: string; to: string } {
  const to = addDays(calendar.value, date, 1);
  if (span === "day") return { from: date, to };
  if (span === "month") return { from: addDays(calendar.value, date, -34), to };
  return { from: monthStart(calendar.value, date, -11), to };
}

interface TrendQuery {
  readonly quantity: Quantity;
  readonly span: Span;
  readonly national: NationalList;
  readonly date: string;
}

/** Answers by accounting class, the county's own, and yesterday's where a day is shown. */
function useTrend({ quantity, span, national, date }: TrendQuery, categories: readonly SiteCategory[]) {
  const { from, to } = rangeOf(span, date);
  const query = (group: string, first: string, last: string) =>
    ask("/consumption", {
      group,
      window: spanWindows[span],
      from: first,
      to: last,
      nationalList: national,
      carrier: quantity === "kwh" ? "electricity" : undefined,
    });
  const urls = [
    ...categories.map((category) => query(`category:${category}`, from, to)),
    query("county", from, to),
    ...(span === "day" ? [query("county", addDays(calendar.value, from, -1), from)] : []),
  ];
  const { data, failure } = useAnswers<ConsumptionAnswer>(urls, TREND_EVERY_MS);
  return { rows: data?.map((answer): readonly ConsumptionRow[] => answer.rows), failure, from, to };
}

function Legend({ categories, reference }: { categories: readonly SiteCategory[]; reference: boolean }) {
  return (
    <ul class="legend">
      {categories.map((category) => (
        <li key={category}>
          <i class="swatch" style={{ background: `var(--category-${category})` }} />
          <CategoryMark category={category} />
          {code("category", category)}
        </li>
      ))}
      {reference && (
        <li>
          <i class="dashes" />
          {t("trend.yesterday")}
        </li>
      )}
      <li>
        <i class="swatch pale" />
        {t("trend.pale")}
      </li>
    </ul>
  );
}

function Tools({ quantity, span }: { quantity: Quantity; span: Span }) {
  return (
    <>
      <Segmented
        label={t("quantity")}
        value={quantity}
        options={quantities.map((value) => ({ value, label: quantityUnits[value].label }))}
        onChange={(value) => choose({ quantity: value === "tce" ? undefined : value })}
      />
      <Segmented
        label={t("span")}
        value={span}
        options={spans.map((value) => ({ value, label: t(`span.${value}`) }))}
        onChange={(value) => choose({ span: value === "day" ? undefined : value })}
      />
    </>
  );
}

export function Trend({ national }: { national: NationalList }) {
  const quantity = choice<Quantity>("quantity", quantities);
  const span = choice<Span>("span", spans);
  const present = sites.value;
  const categories = siteCategories.filter((category) => present.some((site) => site.category === category));
  const { rows, failure, from, to } = useTrend({ quantity, span, national, date: today.value }, categories);
  const of = ink.value;
  const language = lang.value;
  // The language is read inside, by the words of the tooltip.
  const chart = useMemo(() => {
    const window = spanWindows[span];
    const starts = windowStarts(calendar.value, window, from, to);
    const now = serverNow.peek();
    return trendChart({ window, starts, quantity, categories, rows, calendar: calendar.value, now, of });
  }, [rows, from, to, span, quantity, of, language]);
  const option = useMemo(() => columnsOption(chart, of), [chart, of]);
  return (
    <Panel class="trend" title={t("trend.title")} tools={<Tools quantity={quantity} span={span} />}>
      <FailureNote failure={failure} />
      <Chart option={option} label={t("trend.label")} />
      <Legend categories={categories} reference={span === "day"} />
      {chart.unknown.length > 0 && (
        <p class="note">{t("trend.unknown", { what: chart.unknown.join(t("list.comma")) })}</p>
      )}
    </Panel>
  );
}
