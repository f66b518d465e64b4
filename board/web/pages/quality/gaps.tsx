/** Figures that wait: for a factor, or to be computed anew. */
import type { QualityAnswer } from "../../../api/records.ts";
import { stampOf } from "../../format/time.ts";
import { code, t } from "../../i18n/text.ts";
import { Panel, Quiet } from "../../parts/panel.tsx";
import { carrierName } from "../../parts/shown.tsx";
import { SiteName } from "./site-name.tsx";

/** A date, with the time of day where it is not its beginning. */
function since(text: string): string {
  return stampOf(text).replace(" 00:00:00", "").trim();
}

export function FactorGaps({ gaps }: { gaps: QualityAnswer["factorGaps"] }) {
  return (
    <Panel class="gaps" title={t("quality.gaps")} note={t("gaps.note")}>
      {gaps.length === 0 ? (
        <Quiet>{t("gaps.none")}</Quiet>
      ) : (
        <div class="scroll short-scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{t("carrier")}</th>
                <th scope="col">{t("gaps.field")}</th>
                <th scope="col">{t("gaps.since")}</th>
              </tr>
            </thead>
            <tbody>
              {gaps.map((gap) => (
                <tr key={`${gap.carrier} ${gap.field}`}>
                  <th scope="row">{carrierName(gap.carrier)}</th>
                  <td>{code("effect", gap.field)}</td>
                  <td>{since(gap.since)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

export function Pending({ pending }: { pending: QualityAnswer["pending"] }) {
  return (
    <Panel class="pending" title={t("quality.pending")} note={t("pending.note")}>
      {pending.length === 0 ? (
        <Quiet>{t("pending.none")}</Quiet>
      ) : (
        <div class="scroll short-scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{t("site")}</th>
                <th scope="col">{t("meter")}</th>
                <th scope="col">{t("pending.span")}</th>
                <th scope="col">{t("ledger.cause")}</th>
              </tr>
            </thead>
            <tbody>
              {pending.map((span) => (
                <tr key={`${span.site} ${span.meter}`}>
                  <th scope="row" class="name">
                    <SiteName id={span.site} />
                  </th>
                  <td>{span.meter}</td>
                  <td>
                    {stampOf(span.from)} – {stampOf(span.to)}
                  </td>
                  <td>{code("cause", span.cause)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
