/** A site's carriers today, this month and this year. */
import type { ConsumptionAnswer, ConsumptionRow } from "../../../api/figures.ts";
import type { ApiSite } from "../../../api/sites.ts";
import { carrierVar } from "../../charts/ink.ts";
import { sharesSoFar, worst } from "../../format/coverage.ts";
import { amount, co2, type Shown, tce } from "../../format/number.ts";
import { addDays, monthStart } from "../../format/time.ts";
import { type Effect, sumOf } from "../../format/totals.ts";
import { t } from "../../i18n/text.ts";
import { Coverage } from "../../parts/marks.tsx";
import { FailureNote, Panel } from "../../parts/panel.tsx";
import { Amount, carrierName, Unknown, whyNoFactor } from "../../parts/shown.tsx";
import { ask, useAnswer } from "../../state/answers.ts";
import { calendar, today } from "../../state/county.ts";
import { serverNow } from "../../state/live.ts";
import { carriersOf } from "./curve-choice.ts";

const TOTALS_EVERY_MS = 30_000;

const periods = ["day", "month", "year"] as const;
type Period = (typeof periods)[number];

function rangeOf(period: Period): { from: string; to: string } {
  const date = today.value;
  const days = calendar.value;
  if (period === "day") return { from: date, to: addDays(days, date, 1) };
  if (period === "month") return { from: monthStart(days, date), to: monthStart(days, date, 1) };
  const year = Number(date.slice(0, 4));
  return { from: `${year}-01-01`, to: `${year + 1}-01-01` };
}

function usePeriod(site: string, period: Period) {
  return useAnswer<ConsumptionAnswer>(
    ask("/consumption", { site, window: period, ...rangeOf(period) }),
    TOTALS_EVERY_MS,
  );
}

function EffectCell({
  rows,
  effect,
  as,
}: {
  rows: readonly ConsumptionRow[];
  effect: Effect;
  as: (kg: number) => Shown;
}) {
  const { value, without } = sumOf(rows, effect);
  return (
    <td>
      <Amount bare shown={value === null ? undefined : as(value)} why={whyNoFactor(effect, without)} />
    </td>
  );
}

/** Three cells of one period: amount with coverage, coal, CO2. Without a carrier: the sum of coal and CO2. */
function PeriodCells({ rows, carrier }: { rows: readonly ConsumptionRow[] | undefined; carrier?: string }) {
  const own = (rows ?? []).filter((row) => carrier === undefined || row.carrier === carrier);
  const shares = worst(own.map((row) => sharesSoFar(row, serverNow.peek())));
  const row = carrier === undefined ? undefined : own[0];
  return (
    <>
      <td class="first">
        {row ? (
          <Amount shown={amount(row.amount, row.unit)} why="" />
        ) : (
          carrier && <Unknown why={t("unknown.none")} />
        )}
        <Coverage shares={shares} />
      </td>
      <EffectCell rows={own} effect="kgceCalorific" as={tce} />
      <EffectCell rows={own} effect="kgCo2Location" as={co2} />
    </>
  );
}

export function Totals({ site }: { site: ApiSite }) {
  const answers = [usePeriod(site.id, "day"), usePeriod(site.id, "month"), usePeriod(site.id, "year")];
  const carriers = carriersOf(site);
  return (
    <Panel class="totals-panel" title={t("totals.title")} note={t("totals.note")}>
      <FailureNote failure={answers.find((answer) => answer.failure)?.failure} />
      <div class="scroll">
        <table class="numbers totals">
          <thead>
            <tr>
              <th scope="col" rowSpan={2}>
                {t("carrier")}
              </th>
              {periods.map((period) => (
                <th key={period} scope="colgroup" colSpan={3} class="first">
                  {t(`period.${period}`)}
                </th>
              ))}
            </tr>
            <tr>
              {periods.map((period) => [
                <th key={`${period}-amount`} scope="col" class="first">
                  {t("amount")}
                </th>,
                <th key={`${period}-tce`} scope="col">
                  tce
                </th>,
                <th key={`${period}-co2`} scope="col">
                  tCO₂
                </th>,
              ])}
            </tr>
          </thead>
          <tbody>
            {carriers.map((carrier) => (
              <tr key={carrier}>
                <th scope="row">
                  <i class="swatch" style={{ background: carrierVar(carrier) }} />
                  {carrierName(carrier)}
                </th>
                {answers.map((answer, index) => (
                  <PeriodCells key={periods[index]} rows={answer.data?.rows} carrier={carrier} />
                ))}
              </tr>
            ))}
          </tbody>
          {carriers.length > 1 && (
            <tfoot>
              <tr>
                <th scope="row">{t("sum")}</th>
                {answers.map((answer, index) => (
                  <PeriodCells key={periods[index]} rows={answer.data?.rows} />
                ))}
              </tr>
            </tfoot>
          )}
        </table>
      </div>
    </Panel>
  );
}
