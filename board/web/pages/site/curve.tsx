/** The load curve of a site or of one of its meters; a click on a window explains its figure. */

import type { EChartsType } from "echarts/core";
import { useMemo, useRef } from "preact/hooks";
import type { ConsumptionAnswer } from "../../../api/figures.ts";
import type { ApiSite } from "../../../api/sites.ts";
import { Chart } from "../../charts/chart.tsx";
import { columnsOption } from "../../charts/columns.ts";
import { carrierVar, ink } from "../../charts/ink.ts";
import { windowStarts, windows } from "../../format/time.ts";
import { named, t } from "../../i18n/text.ts";
import { DateField, Segmented } from "../../parts/choices.tsx";
import { FailureNote, Panel } from "../../parts/panel.tsx";
import { carrierName } from "../../parts/shown.tsx";
import { ask, useAnswer } from "../../state/answers.ts";
import { calendar, carrierOf, today } from "../../state/county.ts";
import { serverNow } from "../../state/live.ts";
import { lang } from "../../state/prefs.ts";
import { choose } from "../../state/route.ts";
import { type CurveChoice, carriersOf, daysOf, endOf, fits, presets } from "./curve-choice.ts";
import { curveChart } from "./curve-data.ts";
import { CurveTable } from "./curve-table.tsx";

const CURVE_EVERY_MS = 30_000;

function RangeTools({ chosen }: { chosen: CurveChoice }) {
  const { first, last, window } = chosen;
  const days = daysOf(first, last);
  const preset = presets().find((one) => one.first === first && one.last === last);
  return (
    <div class="range">
      <Segmented<string>
        label={t("range")}
        value={preset?.id ?? ""}
        options={presets().map(({ id }) => ({ value: id, label: t(`range.${id}`) }))}
        onChange={(id) => {
          const picked = presets().find((one) => one.id === id)!;
          choose({ first: picked.first, last: picked.last, window: picked.window });
        }}
      />
      <DateField
        label={t("range.first")}
        value={first}
        max={today.value}
        onChange={(value) => choose({ first: value, last })}
      />
      <DateField label={t("range.last")} value={last} onChange={(value) => choose({ first, last: value })} />
      <Segmented
        label={t("window")}
        value={window}
        options={windows.map((value) => ({
          value,
          label: t(`window.${value}`),
          ...(fits(value, days) ? {} : { barred: t("window.barred") }),
        }))}
        onChange={(value) => choose({ window: value })}
      />
    </div>
  );
}

function CarrierTools({ site, chosen }: { site: ApiSite; chosen: CurveChoice }) {
  return (
    <fieldset class="segmented carrier-tools" aria-label={t("carrier")}>
      {carriersOf(site).map((carrier) => (
        <button
          type="button"
          key={carrier}
          aria-pressed={carrier === chosen.carrier && !chosen.meter}
          onClick={() => choose({ carrier, meter: undefined })}
        >
          <i class="swatch" style={{ background: carrierVar(carrier) }} />
          {carrierName(carrier)}
        </button>
      ))}
      {chosen.meter && (
        <button
          type="button"
          aria-pressed
          onClick={() => choose({ meter: undefined, carrier: chosen.carrier })}
        >
          {named(chosen.meter.name)} ×
        </button>
      )}
    </fieldset>
  );
}

/** Clicks anywhere in a window's column, on its gap too. */
function listenTo(pick: (index: number) => void) {
  return (chart: EChartsType) => {
    const renderer = chart.getZr();
    const clicked = (event: { offsetX: number; offsetY: number }) => {
      const point = [event.offsetX, event.offsetY];
      if (!chart.containPixel("grid", point)) return;
      const index = chart.convertFromPixel({ xAxisIndex: 0 }, event.offsetX);
      if (typeof index === "number") pick(index);
    };
    renderer.on("click", clicked);
    return () => renderer.off("click", clicked);
  };
}

export function Curve({ site, chosen }: { site: ApiSite; chosen: CurveChoice }) {
  const { carrier, first, window, meter } = chosen;
  const to = endOf(chosen);
  const { data, failure } = useAnswer<ConsumptionAnswer>(
    ask("/consumption", { site: site.id, meter: meter?.id, carrier, window, from: first, to }),
    CURVE_EVERY_MS,
  );
  const of = ink.value;
  const language = lang.value;
  const unit = meter?.unit ?? carrierOf(carrier)?.unit ?? "";
  // The language is read inside, by the words of the tooltip.
  const chart = useMemo(() => {
    const starts = windowStarts(calendar.value, window, first, to);
    const now = serverNow.peek();
    return curveChart({
      rows: data?.rows ?? [],
      starts,
      window,
      carrier,
      unit,
      calendar: calendar.value,
      now,
      of,
    });
  }, [data, window, first, to, carrier, unit, of, language]);
  const option = useMemo(() => columnsOption(chart, of), [chart, of]);
  const pick = useRef((_index: number) => {});
  pick.current = (index) => {
    const start = chart.starts[index];
    if (start && chart.band[index]) choose({ at: start });
  };
  return (
    <Panel class="curve" title={t("curve.title")} tools={<CarrierTools site={site} chosen={chosen} />}>
      <RangeTools chosen={chosen} />
      <FailureNote failure={failure} />
      <Chart
        option={option}
        label={t("curve.label", { carrier: carrierName(carrier) })}
        listen={listenTo((index) => pick.current(index))}
      />
      <ul class="legend">
        <li>
          <i class="swatch" style={{ background: carrierVar(carrier) }} />
          {t("measured")}
        </li>
        <li>
          <i class="swatch hatched" style={{ color: carrierVar(carrier) }} />
          {t("estimated")}
        </li>
        <li>
          <i class="swatch missing" />
          {t("missing")}
        </li>
        <li class="soft">{t("curve.hint")}</li>
      </ul>
      <details>
        <summary>{t("table")}</summary>
        {data && <CurveTable rows={data.rows} chosen={chosen} />}
      </details>
    </Panel>
  );
}
