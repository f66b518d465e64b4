/** Shore power and charging: what was delivered, and what CO2 that avoided, gross and net of the grid's. */
import type { ComponentChildren } from "preact";
import type { AvoidedAnswer } from "../../../api/figures.ts";
import { measuredOf, type Service, type ServiceTotal, totalOf } from "../../format/avoided.ts";
import { amount, co2, fixed, percent } from "../../format/number.ts";
import { addDays, monthStart } from "../../format/time.ts";
import type { TextKey } from "../../i18n/text.ts";
import { t } from "../../i18n/text.ts";
import { MeasuredShare } from "../../parts/marks.tsx";
import { FailureNote, Panel } from "../../parts/panel.tsx";
import { Amount, Unknown } from "../../parts/shown.tsx";
import { ask, useAnswer } from "../../state/answers.ts";
import { calendar, today } from "../../state/county.ts";
import { serverNow } from "../../state/live.ts";

const AVOIDED_EVERY_MS = 30_000;

const lines = [
  { key: "grossKgCo2", label: "avoided.gross", tip: "avoided.gross.tip" },
  { key: "gridKgCo2", label: "avoided.grid", tip: "avoided.grid.tip" },
  { key: "netKgCo2", label: "avoided.net", tip: "avoided.net.tip" },
] as const satisfies readonly { key: keyof ServiceTotal; label: TextKey; tip: TextKey }[];

/** What is known of a service since a date. */
interface Period {
  readonly total: ServiceTotal | undefined;
  readonly measured: number | undefined;
}

function period(answer: AvoidedAnswer | undefined, kind: Service, date: string): Period {
  const from = calendar.value.dayStart(calendar.value.parseDate(date) ?? 0);
  return { total: totalOf(answer, kind), measured: measuredOf(answer, kind, from, serverNow.peek()) };
}

function Co2Cell({ kg }: { kg: number | null | undefined }) {
  return (
    <td>
      <Amount bare shown={kg === null || kg === undefined ? undefined : co2(kg)} why={t("unknown.avoided")} />
    </td>
  );
}

function KwhCell({ period }: { period: Period }) {
  const { total, measured } = period;
  return (
    <td>
      <Amount shown={total && amount(total.kwh, "kWh")} why={t("unknown.none")} />
      {measured !== undefined && <MeasuredShare share={measured} />}
    </td>
  );
}

interface ServiceProps {
  readonly kind: Service;
  readonly day: Period;
  readonly month: Period;
  /** Further rows. */
  readonly children: ComponentChildren;
}

function ServiceTable({ kind, day, month, children }: ServiceProps) {
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
          <KwhCell period={day} />
          <KwhCell period={month} />
        </tr>
        {lines.map((line) => (
          <tr key={line.key} class={line.key === "netKgCo2" ? "net" : ""}>
            <th scope="row" data-tip={t(line.tip)}>
              {t(line.label)} <span class="unit">tCO₂</span>
            </th>
            <Co2Cell kg={day.total?.[line.key]} />
            <Co2Cell kg={month.total?.[line.key]} />
          </tr>
        ))}
        {children}
      </tbody>
    </table>
  );
}

/** Berths of the five specialised types that have shore power, and those without the duty. */
function Berths({ berths }: { berths: AvoidedAnswer["berths"] }) {
  const { equipped, specialised, exempt } = berths;
  return (
    <tr>
      <th scope="row" data-tip={t("berths.tip")}>
        {t("berths.equipped")}
      </th>
      <td colSpan={2}>
        <b>
          {equipped} / {specialised}
        </b>
        {specialised > 0 && <span class="unit">{percent(equipped / specialised)}</span>}
        <span class="unit" data-tip={t("berths.exempt.tip")}>
          {t("berths.exempt", { n: exempt })}
        </span>
      </td>
    </tr>
  );
}

function Utilisation({ share }: { share: number | null | undefined }) {
  const known = share !== null && share !== undefined;
  return <td>{known ? percent(share) : <Unknown why={t("unknown.none")} />}</td>;
}

/** Charging guns and how much of what they could deliver they did. */
function Guns({ day, month }: { day: AvoidedAnswer; month: AvoidedAnswer }) {
  const { count, ratedKw } = month.guns;
  return (
    <>
      <tr>
        <th scope="row" data-tip={t("guns.utilisation.tip")}>
          {t("guns.utilisation")}
        </th>
        <Utilisation share={day.guns.energyUtilisation} />
        <Utilisation share={month.guns.energyUtilisation} />
      </tr>
      <tr>
        <th scope="row">{t("guns")}</th>
        <td colSpan={2}>
          <b>{count}</b>
          <span class="unit">{fixed(ratedKw, 0)} kW</span>
        </td>
      </tr>
    </>
  );
}

export function Services() {
  const date = today.value;
  const first = monthStart(calendar.value, date);
  const tomorrow = addDays(calendar.value, date, 1);
  const query = (from: string) => ask("/avoided", { from, to: tomorrow, window: "day" });
  const day = useAnswer<AvoidedAnswer>(query(date), AVOIDED_EVERY_MS);
  const month = useAnswer<AvoidedAnswer>(query(first), AVOIDED_EVERY_MS);
  return (
    <Panel class="services" title={t("services.title")}>
      <FailureNote failure={day.failure ?? month.failure} />
      <div class="scroll">
        {(["shore-power", "charging"] as const).map((kind) => (
          <ServiceTable
            key={kind}
            kind={kind}
            day={period(day.data, kind, date)}
            month={period(month.data, kind, first)}
          >
            {kind === "shore-power" && month.data && <Berths berths={month.data.berths} />}
            {kind === "charging" && day.data && month.data && <Guns day={day.data} month={month.data} />}
          </ServiceTable>
        ))}
      </div>
    </Panel>
  );
}
