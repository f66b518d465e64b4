/** The figures of the curve as a table. */
import type { ConsumptionRow } from "../../../api/figures.ts";
import { sharesOf } from "../../format/coverage.ts";
import { amount, co2, tce } from "../../format/number.ts";
import { windowLabel } from "../../format/time.ts";
import { t } from "../../i18n/text.ts";
import { Coverage } from "../../parts/marks.tsx";
import { Amount, whyNoFactor } from "../../parts/shown.tsx";
import { choose } from "../../state/route.ts";
import type { CurveChoice } from "./curve-choice.ts";

/** The same figures as a table, for those who do not see the chart and for exact values. */
export function CurveTable({ rows, chosen }: { rows: readonly ConsumptionRow[]; chosen: CurveChoice }) {
  const kgce = (row: ConsumptionRow) => (row.kgceCalorific === null ? undefined : tce(row.kgceCalorific));
  const kg = (row: ConsumptionRow) => (row.kgCo2Location === null ? undefined : co2(row.kgCo2Location));
  const why = (effect: "kgceCalorific" | "kgCo2Location") =>
    chosen.meter ? t("unknown.meter-effect") : whyNoFactor(effect, [chosen.carrier]);
  return (
    <div class="scroll short-scroll">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">{t("pending.span")}</th>
            <th scope="col">{t("amount")}</th>
            <th scope="col">tce</th>
            <th scope="col">tCO₂</th>
            <th scope="col">{t("coverage")}</th>
            <th scope="col">
              <span class="hidden">{t("explain")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.start}>
              <th scope="row">
                {windowLabel(row.start, chosen.window)}
                {row.restated && <span class="tag">{t("restated")}</span>}
              </th>
              <td>
                <Amount shown={amount(row.amount, row.unit)} why="" />
              </td>
              <td>
                <Amount bare shown={kgce(row)} why={why("kgceCalorific")} />
              </td>
              <td>
                <Amount bare shown={kg(row)} why={why("kgCo2Location")} />
              </td>
              <td>
                <Coverage shares={sharesOf(row)} />
              </td>
              <td>
                <button type="button" class="plain" onClick={() => choose({ at: row.start })}>
                  {t("explain")}
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
