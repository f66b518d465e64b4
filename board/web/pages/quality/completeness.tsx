/** Per site: meters heard, and how much of the day was measured. The worst first. */
import type { QualityAnswer } from "../../../api/records.ts";
import { sharesOf } from "../../format/coverage.ts";
import { percent } from "../../format/number.ts";
import { stampOf } from "../../format/time.ts";
import { t } from "../../i18n/text.ts";
import { Coverage } from "../../parts/marks.tsx";
import { Panel } from "../../parts/panel.tsx";
import { Unknown } from "../../parts/shown.tsx";
import { SiteName } from "./site-name.tsx";

type Row = QualityAnswer["sites"][number];

/** Completeness asked of the monitored: 90% of the data due. */
const DUE = 0.9;

function CompletenessRow({ row }: { row: Row }) {
  const short = row.completeness !== null && row.completeness < DUE;
  return (
    <tr class={short ? "short" : ""}>
      <th scope="row" class="name">
        <SiteName id={row.site} />
      </th>
      <td class="wide-coverage">
        {row.completeness !== null && (
          <Coverage
            figure={false}
            shares={sharesOf({ coverage: row.completeness, estimated: row.estimated ?? 0 })}
          />
        )}
      </td>
      <td class="share">
        {row.completeness === null ? <Unknown why={t("unknown.none")} /> : percent(row.completeness)}
      </td>
      <td>{row.estimated === null ? <Unknown why={t("unknown.none")} /> : percent(row.estimated)}</td>
      <td>{row.missingMeters}</td>
      <td>
        {row.online} / {row.meters}
      </td>
      <td>{row.lastAt ? stampOf(row.lastAt) : <Unknown why={t("unknown.never")} />}</td>
    </tr>
  );
}

export function Completeness({ answer }: { answer: QualityAnswer }) {
  const rows = [...answer.sites].sort((a, b) => (a.completeness ?? -1) - (b.completeness ?? -1));
  const heads = [
    "quality.completeness",
    "estimated",
    "quality.missing",
    "meters.online",
    "last.heard",
  ] as const;
  return (
    <Panel
      class="completeness"
      title={t("completeness.title")}
      note={t("completeness.note", { share: percent(DUE) })}
    >
      <div class="scroll tall-scroll">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">{t("site")}</th>
              <td />
              {heads.map((head) => (
                <th key={head} scope="col">
                  {t(head)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <CompletenessRow key={row.site} row={row} />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
