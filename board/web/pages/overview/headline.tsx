/** The figures of today, each on a scale of yesterday. */
import type { ComponentChildren } from "preact";
import type { ConsumptionRow, OverviewAnswer } from "../../../api/figures.ts";
import { type Comparison, compare } from "../../format/compare.ts";
import { type Shares, sharesSoFar, worst } from "../../format/coverage.ts";
import { amount, co2, type Shown, tce } from "../../format/number.ts";
import { type Effect, netFields, sumOf, withoutFactor } from "../../format/totals.ts";
import { code, t } from "../../i18n/text.ts";
import { Segmented } from "../../parts/choices.tsx";
import { Coverage } from "../../parts/marks.tsx";
import { Amount, Power, Unknown, whyNoFactor } from "../../parts/shown.tsx";
import { choose } from "../../state/route.ts";
import { DayGauge } from "./day-gauge.tsx";
import { MetersOnline } from "./meters-online.tsx";
import type { NationalList } from "./page.tsx";

interface FigureProps {
  readonly label: string;
  readonly shown: Shown | undefined;
  readonly why: string;
  readonly shares: Shares | undefined;
  readonly children: ComponentChildren;
}

function Figure({ label, shown, why, shares, children }: FigureProps) {
  return (
    <div class="figure">
      <h3>
        {label} <Coverage word shares={shares} />
      </h3>
      <p class="big live-value">
        <Amount shown={shown} why={why} />
      </p>
      {children}
    </div>
  );
}

/** One line under a headline: another basis of the same quantity. */
function Second(props: { label: string; tip: string; shown: Shown | undefined; why: string }) {
  return (
    <p class="second">
      <span data-tip={props.tip}>{props.label}</span> <Amount shown={props.shown} why={props.why} />
    </p>
  );
}

/** Against yesterday, or why not. */
export function Change({ comparison }: { comparison: Comparison }) {
  if ("text" in comparison) return <span class="amount">{comparison.text}</span>;
  return <Unknown why={code("incomparable", comparison.none)} />;
}

function ChangeLine({ comparison }: { comparison: Comparison }) {
  return (
    <p class="second">
      <span data-tip={t("overview.against.tip")}>{t("overview.against")}</span>{" "}
      <b>
        <Change comparison={comparison} />
      </b>
    </p>
  );
}

function sharesOfAll(rows: readonly ConsumptionRow[], asOf: string): Shares | undefined {
  return worst(rows.map((row) => sharesSoFar(row, Date.parse(asOf))));
}

function shownOrNone(value: number | null, as: (value: number) => Shown): Shown | undefined {
  return value === null ? undefined : as(value);
}

interface EffectProps {
  readonly overview: OverviewAnswer;
  readonly label: string;
  readonly main: Effect;
  readonly beside: "kgceEquivalent" | "kgCo2Market";
  readonly as: (value: number) => Shown;
}

function EffectFigure({ overview, label, main, beside, as }: EffectProps) {
  const { today, yesterday, yesterdaySoFar, asOf } = overview;
  const values = {
    today: today.totals[main],
    soFar: yesterdaySoFar.totals[main],
    whole: yesterday.totals[main],
  };
  const net = today.totals[netFields[main]];
  return (
    <Figure
      label={label}
      shown={shownOrNone(values.today, as)}
      why={whyNoFactor(main, withoutFactor(today.totals, main))}
      shares={sharesOfAll(today.rows, asOf)}
    >
      <DayGauge {...values} as={as} />
      <ChangeLine
        comparison={compare(
          today.rows,
          yesterdaySoFar.rows,
          Date.parse(asOf),
          (rows) => sumOf(rows, main).value,
        )}
      />
      <Second
        label={t(`basis.${beside}`)}
        tip={t(`basis.tip.${beside}`)}
        shown={shownOrNone(today.totals[beside], as)}
        why={whyNoFactor(beside, withoutFactor(today.totals, beside))}
      />
      {net !== null && net !== values.today && (
        <Second label={t("basis.net")} tip={t("basis.tip.net")} shown={as(net)} why="" />
      )}
    </Figure>
  );
}

/** Amount of the electricity row. */
function electricityOf(rows: readonly ConsumptionRow[]): number | null {
  return rows.find((row) => row.carrier === "electricity")?.amount ?? null;
}

function Electricity({ overview }: { overview: OverviewAnswer }) {
  const only = (rows: readonly ConsumptionRow[]) => rows.filter((row) => row.carrier === "electricity");
  const today = only(overview.today.rows);
  const before = only(overview.yesterdaySoFar.rows);
  const kwh = (value: number) => amount(value, "kWh");
  const value = electricityOf(today);
  return (
    <Figure
      label={t("overview.electricity")}
      shown={shownOrNone(value, kwh)}
      why={t("unknown.none")}
      shares={sharesOfAll(today, overview.asOf)}
    >
      <DayGauge
        today={value}
        soFar={electricityOf(before)}
        whole={electricityOf(overview.yesterday.rows)}
        as={kwh}
      />
      <ChangeLine comparison={compare(today, before, Date.parse(overview.asOf), electricityOf)} />
      <p class="second">
        <span>{t("overview.power")}</span> <Power powerKw={overview.powerKw} power={overview.power} />
      </p>
    </Figure>
  );
}

/** Today's totals of the county, with the switch for nationally listed projects. */
export function Headline({ overview, national }: { overview: OverviewAnswer; national: NationalList }) {
  return (
    <section class="headline panel" aria-label={t("overview.today")}>
      <div class="headline-scope">
        <h2>{t("overview.today")}</h2>
        <p class="note">{overview.asOf.slice(0, 10)}</p>
        <Segmented
          label={t("national")}
          value={national}
          options={[
            { value: "include", label: t("national.include") },
            { value: "exclude", label: t("national.exclude") },
          ]}
          onChange={(value) => choose({ national: value === "include" ? undefined : value })}
        />
      </div>
      <Electricity overview={overview} />
      <EffectFigure
        overview={overview}
        label={t("overview.coal")}
        main="kgceCalorific"
        beside="kgceEquivalent"
        as={tce}
      />
      <EffectFigure
        overview={overview}
        label={t("overview.co2")}
        main="kgCo2Location"
        beside="kgCo2Market"
        as={co2}
      />
      <MetersOnline meters={overview.meters} />
    </section>
  );
}
