/** Today by carrier, against yesterday over the same hours. */
import type { ConsumptionRow, OverviewAnswer } from "../../../api/figures.ts";
import { carrierVar } from "../../charts/ink.ts";
import { compare } from "../../format/compare.ts";
import { sharesSoFar } from "../../format/coverage.ts";
import { amount, co2, tce } from "../../format/number.ts";
import { t } from "../../i18n/text.ts";
import { Coverage } from "../../parts/marks.tsx";
import { Panel, Quiet } from "../../parts/panel.tsx";
import { Amount, carrierName, whyNoFactor } from "../../parts/shown.tsx";
import { Change } from "./headline.tsx";

function CarrierRow({
  row,
  before,
  asOf,
}: {
  row: ConsumptionRow;
  before: ConsumptionRow | undefined;
  asOf: string;
}) {
  const now = Date.parse(asOf);
  const comparison = compare([row], before ? [before] : [], now, ([one]) => one?.amount ?? null);
  const { kgceCalorific, kgCo2Location } = row;
  return (
    <tr>
      <th scope="row">
        <i class="swatch" style={{ background: carrierVar(row.carrier) }} />
        {carrierName(row.carrier)}
      </th>
      <td>
        <Amount shown={amount(row.amount, row.unit)} why="" />
      </td>
      <td>
        <Change comparison={comparison} />
      </td>
      <td>
        <Amount
          bare
          shown={kgceCalorific === null ? undefined : tce(kgceCalorific)}
          why={whyNoFactor("kgceCalorific", [row.carrier])}
        />
      </td>
      <td>
        <Amount
          bare
          shown={kgCo2Location === null ? undefined : co2(kgCo2Location)}
          why={whyNoFactor("kgCo2Location", [row.carrier])}
        />
      </td>
      <td>
        <Coverage shares={sharesSoFar(row, now)} />
      </td>
    </tr>
  );
}

export function Carriers({ overview }: { overview: OverviewAnswer }) {
  const rows = overview.today.rows;
  return (
    <Panel class="carriers" title={t("carriers.title")} note={t("overview.against")}>
      {rows.length === 0 && <Quiet>{t("unknown.none")}</Quiet>}
      {rows.length > 0 && (
        <div class="scroll">
          <table class="numbers live-value">
            <thead>
              <tr>
                <th scope="col">{t("carrier")}</th>
                <th scope="col">{t("amount")}</th>
                <th scope="col">{t("change")}</th>
                <th scope="col">tce</th>
                <th scope="col">tCO₂</th>
                <th scope="col">{t("coverage")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <CarrierRow
                  key={row.carrier}
                  row={row}
                  before={overview.yesterdaySoFar.rows.find((one) => one.carrier === row.carrier)}
                  asOf={overview.asOf}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
