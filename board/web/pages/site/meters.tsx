/** A site's meters as they are registered, and their last sign of life. */
import type { ApiMeter, ApiSite } from "../../../api/sites.ts";
import { carrierVar } from "../../charts/ink.ts";
import { amount, exact, written } from "../../format/number.ts";
import { stampOf } from "../../format/time.ts";
import { code, named, t } from "../../i18n/text.ts";
import { Lamp } from "../../parts/marks.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Amount, carrierName, Unknown } from "../../parts/shown.tsx";
import { calendar } from "../../state/county.ts";
import { serverNow } from "../../state/live.ts";
import { choose, route } from "../../state/route.ts";

/** The multiplier in force now. */
function multiplierOf(meter: ApiMeter): number | undefined {
  const now = calendar.value.iso(serverNow.peek());
  return meter.multipliers.findLast((row) => Date.parse(row.from) <= Date.parse(now))?.value;
}

function LastReading({ meter }: { meter: ApiMeter }) {
  const { live } = meter;
  if (!live) return <Unknown why={t("unknown.never")} />;
  const register = meter.registers.find((one) => one.id === live.register);
  return (
    <>
      <span class="amount" data-tip={live.register}>
        <span class="value">{exact(live.value)}</span>
        <span class="unit">{written(register?.unit ?? "")}</span>
      </span>
      <span class="soft stamp">{stampOf(live.at)}</span>
    </>
  );
}

function Notes({ meter }: { meter: ApiMeter }) {
  const notes = [
    ...(meter.countsTo ? [t("meter.countsTo", { site: meter.countsTo })] : []),
    ...(meter.conversionOutput ? [t("meter.output")] : []),
    ...(meter.multipliers.length > 1
      ? [
          t("meter.multipliers", {
            list: meter.multipliers.map((row) => `${row.from.slice(0, 10)}: ×${row.value}`).join(" · "),
          }),
        ]
      : []),
    ...meter.swaps.map((swap) =>
      t("meter.swap", { at: stampOf(swap.at), final: exact(swap.final), first: exact(swap.first) }),
    ),
  ];
  if (notes.length === 0) return null;
  return <p class="soft notes">{notes.join(" · ")}</p>;
}

function MeterRow({ meter, shown }: { meter: ApiMeter; shown: boolean }) {
  const power = meter.live?.powerKw ?? null;
  const multiplier = multiplierOf(meter);
  return (
    <tr class={shown ? "chosen" : ""}>
      <td>
        <Lamp state={meter.state} bare />
      </td>
      <th scope="row">
        <i
          class="swatch"
          style={{ background: carrierVar(meter.carrier) }}
          data-tip={carrierName(meter.carrier)}
        />
        {named(meter.name)} <span class="soft">{named(meter.name) === meter.id ? "" : meter.id}</span>
        <Notes meter={meter} />
      </th>
      <td>{code("role", meter.role)}</td>
      <td>{code("contributes", meter.contributes)}</td>
      <td class="number">{multiplier === undefined ? "—" : `×${exact(multiplier)}`}</td>
      <td class="number">{meter.intervalMinutes} min</td>
      <td class="number">
        <Amount shown={power === null ? undefined : amount(power, "kW")} why={t("unknown.power")} />
      </td>
      <td class="number">
        <LastReading meter={meter} />
      </td>
      <td>
        <button
          type="button"
          class="plain"
          onClick={() => choose({ meter: shown ? undefined : meter.id, register: undefined })}
        >
          {t(shown ? "meter.leave" : "meter.show")}
        </button>
      </td>
    </tr>
  );
}

export function Meters({ site }: { site: ApiSite }) {
  const heads = ["role", "contributes", "multiplier", "interval", "power", "last.reading"] as const;
  return (
    <Panel class="meters-panel" title={t("meters.title")} note={t("meters.note", { n: site.meters.length })}>
      <div class="scroll">
        <table class="meters">
          <thead>
            <tr>
              <th scope="col">{t("state")}</th>
              <th scope="col">{t("meter")}</th>
              {heads.map((head) => (
                <th key={head} scope="col" class={head === "role" || head === "contributes" ? "" : "number"}>
                  {t(head)}
                </th>
              ))}
              <th scope="col">
                <span class="hidden">{t("meter.show")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {site.meters.map((meter) => (
              <MeterRow key={meter.id} meter={meter} shown={route.value.query.meter === meter.id} />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
