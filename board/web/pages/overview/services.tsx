/** Shore power and charging: what was delivered, and what CO2 that avoided, gross and net of the grid's. */
import type { AvoidedAnswer } from "../../../api.ts";
import { amount, co2, percent } from "../../format/number.ts";
import { addDays, monthStart } from "../../format/time.ts";
import type { TextKey } from "../../i18n/text.ts";
import { t } from "../../i18n/text.ts";
import { FailureNote, Panel } from "../../parts/panel.tsx";
import { Amount } from "../../parts/shown.tsx";
import { ask, useAnswer } from "../../state/answers.ts";
import { calendar, today } from "../../state/county.ts";

const AVOIDED_EVERY_MS = 30_000;

type Kind = "shore-power" | "charging";
type Total = AvoidedAnswer["totals"][Kind];

const lines = [
  { key: "grossKgCo2", label: "avoided.gross", tip: "avoided.gross.tip" },
  { key: "gridKgCo2", label: "avoided.grid", tip: "avoided.grid.tip" },
  { key: "netKgCo2", label: "avoided.net", tip: "avoided.net.tip" },
] as const satisfies readonly { key: keyof Total; label: TextKey; tip: TextKey }[];

function Co2Cell({ kg }: { kg: number | null | undefined }) {
  return (
    <td>
      <Amount bare shown={kg === null || kg === undefined ? undefined : co2(kg)} why={t("unknown.avoided")} />
    </td>
  );
}

function KwhCell({ total }: { total: Total | undefined }) {
  return (
    <td>
      <Amount shown={total && amount(total.kwh, "kWh")} why={t("unknown.none")} />
    </td>
  );
}

function Service({ kind, day, month }: { kind: Kind; day: Total | undefined; month: Total | undefined }) {
  return (
    <table class="numbers service">
      <thead>
        <tr>
          <th scope="col">{t(`service.${kind}`)}</th>
          <th scope="col">{t("span.today")}</th>
          <th scope="col">{t("span.this-month")}</th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">{t("service.energy")}</th>
          <KwhCell total={day} />
          <KwhCell total={month} />
        </tr>
        {lines.map((line) => (
          <tr key={line.key} class={line.key === "netKgCo2" ? "net" : ""}>
            <th scope="row" data-tip={t(line.tip)}>
              {t(line.label)} <span class="unit">tCO₂</span>
            </th>
            <Co2Cell kg={day?.[line.key]} />
            <Co2Cell kg={month?.[line.key]} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Facts({ answer }: { answer: AvoidedAnswer | undefined }) {
  if (!answer) return null;
  const { berths, guns } = answer;
  return (
    <dl class="facts">
      <div data-tip={t("berths.tip")}>
        <dt>{t("berths.equipped")}</dt>
        <dd>
          {berths.equipped} / {berths.specialised}
          {berths.specialised > 0 && (
            <span class="soft"> {percent(berths.equipped / berths.specialised)}</span>
          )}
        </dd>
      </div>
      <div data-tip={t("berths.exempt.tip")}>
        <dt>{t("berths.exempt")}</dt>
        <dd>{berths.exempt}</dd>
      </div>
      <div>
        <dt>{t("guns")}</dt>
        <dd>
          {guns.count}{" "}
          <span class="soft">
            {amount(guns.ratedKw, "kW").text} {amount(guns.ratedKw, "kW").unit}
          </span>
        </dd>
      </div>
      <div data-tip={t("guns.utilisation.tip")}>
        <dt>{t("guns.utilisation")}</dt>
        <dd>{guns.energyUtilisation === null ? "—" : percent(guns.energyUtilisation)}</dd>
      </div>
    </dl>
  );
}

export function Services() {
  const date = today.value;
  const tomorrow = addDays(calendar.value, date, 1);
  const query = (from: string) => ask("/avoided", { from, to: tomorrow, window: "day" });
  const day = useAnswer<AvoidedAnswer>(query(date), AVOIDED_EVERY_MS);
  const month = useAnswer<AvoidedAnswer>(query(monthStart(calendar.value, date)), AVOIDED_EVERY_MS);
  return (
    <Panel class="services" title={t("services.title")}>
      <FailureNote failure={day.failure ?? month.failure} />
      <div class="scroll">
        {(["shore-power", "charging"] as const).map((kind) => (
          <Service key={kind} kind={kind} day={day.data?.totals[kind]} month={month.data?.totals[kind]} />
        ))}
        <Facts answer={month.data} />
      </div>
    </Panel>
  );
}
