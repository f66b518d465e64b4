/** The figures of today, each on a scale of yesterday. */
import type { ComponentChildren } from "preact";
import type { ConsumptionRow, OverviewAnswer } from "../../../api.ts";
import { type Shares, sharesSoFar, worst } from "../../format/coverage.ts";
import { amount, change, co2, percent, type Shown, tce } from "../../format/number.ts";
import { type Effect, sumOf } from "../../format/totals.ts";
import { t } from "../../i18n/text.ts";
import { Segmented } from "../../parts/choices.tsx";
import { Coverage } from "../../parts/marks.tsx";
import { Amount, Unknown, whyNoFactor } from "../../parts/shown.tsx";
import { choose } from "../../state/route.ts";
import { DayGauge } from "./day-gauge.tsx";
import type { NationalList } from "./page.tsx";

interface FigureProps {
  readonly label: string;
  readonly shown: Shown | undefined;
  readonly why: string;
  readonly shares?: Shares | undefined;
  readonly children?: ComponentChildren;
}

function Figure({ label, shown, why, shares, children }: FigureProps) {
  return (
    <div class="figure">
      <h3>
        {label} <Coverage shares={shares} />
      </h3>
      <p class="big live-value">
        <Amount shown={shown} why={why} />
      </p>
      {children}
    </div>
  );
}

/** Values of one quantity today, over the same hours of yesterday, and over all of yesterday. */
interface Compared {
  readonly today: number | null;
  readonly soFar: number | null;
  readonly whole: number | null;
}

function effectOf(overview: OverviewAnswer, effect: Effect, net = false): Compared {
  return {
    today: sumOf(overview.today.rows, effect, net).value,
    soFar: sumOf(overview.yesterdaySoFar.rows, effect, net).value,
    whole: sumOf(overview.yesterday.rows, effect, net).value,
  };
}

function carrierAmount(rows: readonly ConsumptionRow[], carrier: string): number | null {
  return rows.find((row) => row.carrier === carrier)?.amount ?? null;
}

function sharesOfAll(rows: readonly ConsumptionRow[], asOf: string): Shares | undefined {
  return worst(rows.map((row) => sharesSoFar(row, Date.parse(asOf))));
}

/** One line under a headline: another basis of the same quantity. */
function Second({
  label,
  shown,
  why,
  tip,
}: {
  label: string;
  shown: Shown | undefined;
  why: string;
  tip: string;
}) {
  return (
    <p class="second">
      <span data-tip={tip}>{label}</span> <Amount shown={shown} why={why} />
    </p>
  );
}

function Change({ compared }: { compared: Compared }) {
  const { today, soFar } = compared;
  const text = today === null || soFar === null ? undefined : change(today, soFar);
  return (
    <p class="second">
      <span>{t("overview.against")}</span>{" "}
      {text === undefined ? <Unknown why={t("unknown.comparison")} /> : <b class="amount">{text}</b>}
    </p>
  );
}

function shownOrNone(value: number | null, as: (value: number) => Shown): Shown | undefined {
  return value === null ? undefined : as(value);
}

function EffectFigure(props: {
  readonly overview: OverviewAnswer;
  readonly label: string;
  readonly main: Effect;
  readonly beside: "kgceEquivalent" | "kgCo2Market";
  readonly as: (value: number) => Shown;
}) {
  const { overview, main, beside, as } = props;
  const rows = overview.today.rows;
  const compared = effectOf(overview, main);
  const other = sumOf(rows, beside);
  const net = sumOf(rows, main, true);
  const differs = net.value !== null && net.value !== compared.today;
  return (
    <Figure
      label={props.label}
      shown={shownOrNone(compared.today, as)}
      why={whyNoFactor(main, sumOf(rows, main).without)}
      shares={sharesOfAll(rows, overview.asOf)}
    >
      <DayGauge compared={compared} as={as} />
      <Change compared={compared} />
      <Second
        label={t(`basis.${beside}`)}
        tip={t(`basis.tip.${beside}`)}
        shown={shownOrNone(other.value, as)}
        why={whyNoFactor(beside, other.without)}
      />
      {differs && (
        <Second label={t("basis.net")} tip={t("basis.tip.net")} shown={shownOrNone(net.value, as)} why="" />
      )}
    </Figure>
  );
}

function Electricity({ overview }: { overview: OverviewAnswer }) {
  const pick = (rows: readonly ConsumptionRow[]) => carrierAmount(rows, "electricity");
  const compared = {
    today: pick(overview.today.rows),
    soFar: pick(overview.yesterdaySoFar.rows),
    whole: pick(overview.yesterday.rows),
  };
  const kwh = (value: number) => amount(value, "kWh");
  const row = overview.today.rows.find((one) => one.carrier === "electricity");
  return (
    <Figure
      label={t("overview.electricity")}
      shown={shownOrNone(compared.today, kwh)}
      why={t("unknown.none")}
      shares={row && sharesSoFar(row, Date.parse(overview.asOf))}
    >
      <DayGauge compared={compared} as={kwh} />
      <Change compared={compared} />
      <p class="second">
        <span>{t("overview.power")}</span>{" "}
        <Amount
          shown={overview.powerKw === null ? undefined : amount(overview.powerKw, "kW")}
          why={t("unknown.power")}
        />
      </p>
    </Figure>
  );
}

function Meters({ meters }: { meters: OverviewAnswer["meters"] }) {
  const states = ["online", "late", "silent", "never"] as const;
  return (
    <div class="figure">
      <h3>{t("overview.online")}</h3>
      <p class="big live-value">
        {meters.total === 0 ? (
          <Unknown why={t("unknown.none")} />
        ) : (
          <span class="amount">
            <span class="value">{percent(meters.online / meters.total).slice(0, -1)}</span>
            <span class="unit">%</span>
          </span>
        )}
      </p>
      <div class="meter-bar" aria-hidden="true">
        {states.map((state) => (
          <span key={state} class={`state-${state}`} style={{ flexGrow: meters[state] }} />
        ))}
      </div>
      <dl class="meter-counts">
        {states.map((state) => (
          <div key={state} class={`state-${state}`}>
            <dt>{t(`state.${state}`)}</dt>
            <dd>{meters[state]}</dd>
          </div>
        ))}
      </dl>
    </div>
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
      <Meters meters={overview.meters} />
    </section>
  );
}
