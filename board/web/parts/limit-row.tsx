/** One limit: how much of it is used, against how much of its time is gone, and where that leads. */

import type { ApiLimit } from "../../api/limits.ts";
import { isAtLeast } from "../format/limit-bar.ts";
import { amount, fixed, percent } from "../format/number.ts";
import { shortStampOf } from "../format/time.ts";
import { code, named, t } from "../i18n/text.ts";
import { ColourMark, markedOf } from "./colour-mark.tsx";
import { LimitBarMark } from "./limit-bar.tsx";
import { MeasuredShare } from "./marks.tsx";
import { Place } from "./place.tsx";
import { Amount, carrierName, Unknown } from "./shown.tsx";

/** `月度 · 当量值`: what exactly is limited. */
function quantityText({ quantity, basis, period, carrier, product }: ApiLimit): string {
  return [
    code("limit.period", period),
    code("limit.quantity", quantity),
    ...(carrier === undefined ? [] : [carrierName(carrier)]),
    ...(product === undefined ? [] : [product]),
    ...(basis === undefined ? [] : [code("basis.short", basis)]),
  ].join(" · ");
}

/** Where the use is heading, with the method that says so. */
function Heading({ limit }: { limit: ApiLimit }) {
  if (limit.projected === null || limit.projectedRatio === null)
    return <Unknown why={t("limit.projected.unknown")} />;
  const shown = amount(limit.projected, limit.unit);
  return (
    <span data-tip={`${shown.exact} · ${code("limit.method", limit.method)}`}>
      <b class={limit.projectedRatio >= 1 ? "beyond" : ""}>{percent(limit.projectedRatio)}</b>
      <span class="stamp soft">{code("limit.method", limit.method)}</span>
    </span>
  );
}

/** Before a figure of which much is missing. */
export function AtLeast({ limit }: { limit: ApiLimit }) {
  if (!isAtLeast(limit)) return null;
  const why = t("limit.at-least", { share: percent(limit.coverage) });
  return (
    <i class="at-least" data-tip={why} aria-label={why} role="img">
      ≥{" "}
    </i>
  );
}

function DaysLeft({ limit }: { limit: ApiLimit }) {
  if (limit.ratio !== null && limit.ratio >= 1) return <span class="beyond">{t("limit.reached")}</span>;
  if (limit.daysLeft === null && limit.projectedRatio === null)
    return <Unknown why={t("limit.projected.unknown")} />;
  if (limit.daysLeft === null) return <span class="soft">{t("limit.not-reached")}</span>;
  return <span>{t("limit.days", { n: fixed(Math.floor(limit.daysLeft), 0) })}</span>;
}

/** `place`: the list is of several sites. */
export function LimitRow({ limit, place }: { limit: ApiLimit; place: boolean }) {
  const used = limit.used === null ? undefined : amount(limit.used, limit.unit);
  return (
    <li class={`limit level-${markedOf(limit)}`}>
      <ColourMark colour={markedOf(limit)} bare />
      <div class="what">
        <span class="title">{named(limit.name)}</span>
        <span class="where">
          {place && (
            <>
              <Place {...limit} />
              {" · "}
            </>
          )}
          <span class="soft">{quantityText(limit)}</span>
        </span>
      </div>
      <div class="of-limit">
        <span>
          <AtLeast limit={limit} />
          <Amount shown={used} why={t("limit.used.unknown")} />{" "}
          <span class="soft">
            / {amount(limit.value, limit.unit).text} {amount(limit.value, limit.unit).unit}
          </span>
        </span>
        <LimitBarMark {...limit} />
      </div>
      <div class="ratio">
        <AtLeast limit={limit} />
        <b>{limit.ratio === null ? "—" : percent(limit.ratio)}</b>
        {limit.gone !== null && limit.period !== "rolling-12m" && (
          <span class="stamp soft">{t("limit.gone", { share: percent(limit.gone) })}</span>
        )}
      </div>
      <div class="heading">
        <span class="cell-name soft">{t("limit.projected")}</span>
        <Heading limit={limit} />
      </div>
      <div class="left">
        <span class="cell-name soft">{t("limit.left")}</span>
        <DaysLeft limit={limit} />
      </div>
      <div class="known" data-tip={t("limit.as-of", { at: shortStampOf(limit.asOf) })}>
        <MeasuredShare share={limit.coverage} />
      </div>
    </li>
  );
}

export function LimitList({ rows, place }: { rows: readonly ApiLimit[]; place: boolean }) {
  return (
    <>
      <div class="limit-head" aria-hidden="true">
        <span />
        <span>{t("limit")}</span>
        <span>{t("limit.used")}</span>
        <span>{t("share")}</span>
        <span>{t("limit.projected")}</span>
        <span>{t("limit.left")}</span>
        <span>{t("coverage")}</span>
      </div>
      <ul class="limits">
        {rows.map((limit) => (
          <LimitRow key={`${limit.limit} ${limit.site ?? limit.group ?? ""}`} limit={limit} place={place} />
        ))}
      </ul>
    </>
  );
}
