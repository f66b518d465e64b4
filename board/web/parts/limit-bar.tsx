/** A bar of what was used of a limit: its levels, the plan to date, and where it is heading. */

import type { ApiLimit } from "../../api/limits.ts";
import { levelAt, limitBar } from "../format/limit-bar.ts";
import { percent } from "../format/number.ts";
import { code, t } from "../i18n/text.ts";
import { markedOf } from "./colour-mark.tsx";

type Barred = Pick<
  ApiLimit,
  | "ratio"
  | "projectedRatio"
  | "planned"
  | "value"
  | "period"
  | "quantity"
  | "colour"
  | "judged"
  | "levels"
  | "gone"
>;

/** What the bar says, in one sentence. */
function barText({ ratio, gone, period, projectedRatio, ...level }: Barred): string {
  if (ratio === null) return t("limit.bar.unknown");
  const parts = [t("limit.bar.used", { share: percent(ratio) }), code("colour", markedOf(level))];
  if (gone !== null && period !== "rolling-12m") parts.push(t("limit.bar.gone", { share: percent(gone) }));
  if (projectedRatio !== null) parts.push(t("limit.bar.projected", { share: percent(projectedRatio) }));
  return parts.join(t("list.comma"));
}

export function LimitBarMark(limit: Barred) {
  const bar = limitBar(limit);
  const text = barText(limit);
  return (
    <span class="limit-bar" role="img" aria-label={text} data-tip={text}>
      {bar.projected !== undefined && <span class="projected" style={{ width: `${bar.projected}%` }} />}
      {bar.used !== undefined && (
        <span class={`used level-${markedOf(limit)}`} style={{ width: `${bar.used}%` }} />
      )}
      {limit.levels.map((level) => {
        const at = levelAt(level, bar);
        return at === undefined ? null : (
          <span
            key={`${level.colour} ${level.toDate}`}
            class={`tick level-${level.colour}`}
            style={{ left: `${at}%` }}
          />
        );
      })}
      <span class="whole" style={{ left: `${bar.limit}%` }} />
      {bar.planned !== undefined && <span class="planned" style={{ left: `${bar.planned}%` }} />}
      {bar.isCut && <span class="cut" />}
    </span>
  );
}
