/** Two-high plants over twelve months, against 1,000 tce and against the figure approved for each. */

import type { ApiLimit } from "../../../api/limits.ts";
import { twoHighOf } from "../../format/limit-bar.ts";
import { amount, percent } from "../../format/number.ts";
import { t } from "../../i18n/text.ts";
import { ColourMark, markedOf } from "../../parts/colour-mark.tsx";
import { AtLeast } from "../../parts/limit-row.tsx";
import { MeasuredShare } from "../../parts/marks.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Place } from "../../parts/place.tsx";
import { Amount } from "../../parts/shown.tsx";

/** Share of one line, with its colour; a dash where there is no such line. */
function Share({ row, none }: { row: ApiLimit | undefined; none: string }) {
  if (!row) return <span class="soft">{none}</span>;
  return (
    <>
      <ColourMark colour={markedOf(row)} bare /> <AtLeast limit={row} />
      <b>{row.ratio === null ? "—" : percent(row.ratio)}</b>
      <span class="stamp soft">
        / {amount(row.value, row.unit).text} {amount(row.value, row.unit).unit}
      </span>
    </>
  );
}

export function TwoHighList({ rows }: { rows: readonly ApiLimit[] }) {
  const plants = twoHighOf(rows);
  if (plants.length === 0) return null;
  return (
    <Panel class="two-high" title={t("rolling.title")}>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">{t("site")}</th>
              <th scope="col" class="number">
                {t("limit.used.only")}
              </th>
              <th scope="col" class="number">
                {t("rolling.threshold")}
              </th>
              <th scope="col" class="number">
                {t("rolling.approved")}
              </th>
              <th scope="col" class="number">
                {t("coverage")}
              </th>
            </tr>
          </thead>
          <tbody>
            {plants.map(({ site, threshold, approved }) => (
              <tr key={site}>
                <th scope="row" class="name">
                  <Place site={site} />
                </th>
                <td class="number">
                  <Amount
                    shown={
                      threshold?.used === null || !threshold
                        ? undefined
                        : amount(threshold.used, threshold.unit)
                    }
                    why={t("limit.used.unknown")}
                  />
                </td>
                <td class="number">
                  <Share row={threshold} none="—" />
                </td>
                <td class="number">
                  <Share row={approved} none={t("rolling.unapproved")} />
                </td>
                <td class="number">{threshold && <MeasuredShare share={threshold.coverage} />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
