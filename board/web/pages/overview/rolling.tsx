/** Two-high plants over the last twelve months, against 1,000 tce and the figure approved for each. */
import type { RollingAnswer } from "../../../api/figures.ts";
import { type Level, type Limits, limitsOf, THRESHOLD_TCE } from "../../format/limits.ts";
import { fixed, percent } from "../../format/number.ts";
import { named, t } from "../../i18n/text.ts";
import { FailureNote, Panel, Quiet } from "../../parts/panel.tsx";
import { Unknown } from "../../parts/shown.tsx";
import { ask, useAnswer } from "../../state/answers.ts";
import { calendar, siteById, today } from "../../state/county.ts";
import { href } from "../../state/route.ts";

const ROLLING_EVERY_MS = 60_000;

type Row = RollingAnswer["rows"][number];

function daysIn(answer: RollingAnswer): number {
  const first = calendar.value.parseDate(answer.from.slice(0, 10));
  const last = calendar.value.parseDate(answer.to.slice(0, 10));
  return first === undefined || last === undefined ? 0 : last - first;
}

/** A bar on its own scale, with a line at 1,000 tce and a mark at what is approved. */
function Bullet({
  value,
  approved,
  level,
}: {
  value: number | null;
  approved: number | undefined;
  level: Level;
}) {
  const end = Math.max(value ?? 0, approved ?? 0, THRESHOLD_TCE) * 1.08;
  const at = (tce: number) => `${(tce / end) * 100}%`;
  return (
    <span class="bullet" aria-hidden="true">
      {value !== null && (
        <span class={`bullet-bar level-${level}`} style={{ width: at(Math.max(0, value)) }} />
      )}
      <span class="bullet-line" style={{ left: at(THRESHOLD_TCE) }} />
      {approved !== undefined && <span class="bullet-mark" style={{ left: at(approved) }} />}
    </span>
  );
}

/** What the bar says, in words. */
function verdictOf({ value, ratio, level, partial }: Limits): string {
  if (value === null) return t("rolling.level.unknown");
  if (ratio === undefined) return t(`rolling.level.${level}`);
  return t(partial ? "rolling.ratio.partial" : "rolling.ratio", { share: percent(ratio) });
}

function Value({ row, limits }: { row: Row; limits: Limits }) {
  const { value, approved, partial } = limits;
  return (
    <span class="rolling-value">
      {value === null ? (
        <Unknown why={t("unknown.site")} />
      ) : (
        <span data-tip={partial ? t("rolling.partial", { share: percent(row.coverage) }) : undefined}>
          {partial && <i class="at-least">≥ </i>}
          <b>{fixed(value, 2)}</b>
        </span>
      )}
      <span class="unit">tce</span>
      <span class="of">{approved === undefined ? t("rolling.unapproved") : `/ ${fixed(approved, 0)}`}</span>
    </span>
  );
}

function RollingRow({ row, limits, days }: { row: Row; limits: Limits; days: number }) {
  const site = siteById.value.get(row.site);
  return (
    <li>
      <a class="name" href={href("site", row.site)}>
        {site ? named(site.name) : row.site}
      </a>
      <Value row={row} limits={limits} />
      <Bullet value={limits.value} approved={limits.approved} level={limits.level} />
      <span class="rolling-foot">
        <span>{verdictOf(limits)}</span>
        <span class={row.daysWithData < days ? "short-days" : ""}>
          {t("rolling.days", { n: row.daysWithData, of: days })}
        </span>
      </span>
    </li>
  );
}

function Legend() {
  return (
    <p class="legend">
      <span>
        <i class="key-line" />
        {t("rolling.threshold")}
      </span>
      <span>
        <i class="key-mark" />
        {t("rolling.approved")}
      </span>
      <span>{t("rolling.scale")}</span>
    </p>
  );
}

export function Rolling() {
  const { data, failure } = useAnswer<RollingAnswer>(
    ask("/rolling", { at: today.value, class: "two-high" }),
    ROLLING_EVERY_MS,
  );
  const days = data ? daysIn(data) : 0;
  const rows = (data?.rows ?? [])
    .map((row) => ({ row, limits: limitsOf(row, days) }))
    .sort((a, b) => (b.limits.ratio ?? 0) - (a.limits.ratio ?? 0));
  return (
    <Panel class="rolling" title={t("rolling.title")} note={data ? `${data.from} … ${data.to}` : ""}>
      <FailureNote failure={failure} />
      {data && rows.length === 0 && <Quiet>{t("rolling.empty")}</Quiet>}
      {rows.length > 0 && (
        <>
          <Legend />
          <ul class="bullets scroll">
            {rows.map(({ row, limits }) => (
              <RollingRow key={row.site} row={row} limits={limits} days={days} />
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}
