/** Which sites use most. */
import type { RankingAnswer } from "../../../api/figures.ts";
import { sharesSoFar } from "../../format/coverage.ts";
import { percent, tce } from "../../format/number.ts";
import { addDays, monthStart } from "../../format/time.ts";
import { named, t } from "../../i18n/text.ts";
import { Segmented } from "../../parts/choices.tsx";
import { CategoryMark, MeasuredShare } from "../../parts/marks.tsx";
import { FailureNote, Panel, Quiet } from "../../parts/panel.tsx";
import { Amount, Unknown } from "../../parts/shown.tsx";
import { calendar, siteById, today } from "../../state/county.ts";
import { serverNow } from "../../state/live.ts";
import { choice, choose, href } from "../../state/route.ts";
import type { NationalList } from "./page.tsx";
import { useRanking } from "./ranking-data.ts";

type Row = RankingAnswer["rows"][number];
type RankingWindow = "day" | "month";

/** The window ranked, as ISO times. */
function spanOf(window: RankingWindow): { start: string; end: string } {
  const days = calendar.value;
  const date = today.value;
  const from = window === "day" ? date : monthStart(days, date);
  const to = window === "day" ? addDays(days, date, 1) : monthStart(days, date, 1);
  const iso = (text: string) => days.iso(days.dayStart(days.parseDate(text) ?? 0));
  return { start: iso(from), end: iso(to) };
}

function RankingRow({ row, most, window }: { row: Row; most: number; window: RankingWindow }) {
  const site = siteById.value.get(row.site);
  const { kgceCalorific: now, previousKgceCalorific: before } = row;
  const share = now === null || before === null || before <= 0 ? undefined : percent(now / before);
  const { measured } = sharesSoFar(
    { ...spanOf(window), coverage: row.coverage, estimated: 0 },
    serverNow.peek(),
  );
  const length = most > 0 ? Math.max(0, now ?? 0) / most : 0;
  return (
    <tr>
      <th scope="row" class="name">
        <CategoryMark category={row.category} />
        <a href={href("site", row.site)}>{site ? named(site.name) : row.site}</a>
        <span class="under" aria-hidden="true" style={{ width: `${length * 100}%` }} />
      </th>
      <td>
        <Amount bare shown={now === null ? undefined : tce(now)} why={t("unknown.site")} />
      </td>
      <td>{share ?? <Unknown why={t("unknown.comparison")} />}</td>
      <td>
        <MeasuredShare share={measured} />
      </td>
    </tr>
  );
}

export function Ranking({ national }: { national: NationalList }) {
  const window = choice<RankingWindow>("ranking", ["day", "month"]);
  const { data, failure } = useRanking(window);
  const rows = (data?.rows ?? []).filter(
    (row) => national === "include" || !siteById.value.get(row.site)?.nationalList,
  );
  const most = Math.max(0, ...rows.map((row) => row.kgceCalorific ?? 0));
  return (
    <Panel
      class="ranking"
      title={t("ranking.title")}
      tools={
        <Segmented
          label={t("span")}
          value={window}
          options={[
            { value: "day", label: t("span.today") },
            { value: "month", label: t("span.this-month") },
          ]}
          onChange={(value) => choose({ ranking: value === "day" ? undefined : value })}
        />
      }
    >
      <FailureNote failure={failure} />
      {data && rows.length === 0 && <Quiet>{t("unknown.none")}</Quiet>}
      {rows.length > 0 && (
        <div class="scroll">
          <table class="numbers">
            <thead>
              <tr>
                <th scope="col">{t("site")}</th>
                <th scope="col">tce</th>
                <th
                  scope="col"
                  data-tip={t(window === "day" ? "ranking.share.day.tip" : "ranking.share.month.tip")}
                >
                  {t(window === "day" ? "ranking.share.day" : "ranking.share.month")}
                </th>
                <th scope="col">{t("coverage")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <RankingRow key={row.site} row={row} most={most} window={window} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
