/** Limits and budgets: how much of each is used, against how much of its time is gone. */
import { useState } from "preact/hooks";
import { type Purpose, purposes } from "../../../../model/limit.ts";
import type { ApiLimit } from "../../../api/limits.ts";
import { type LimitSort, limitSorts, sortLimits } from "../../format/limit-bar.ts";
import { coloursByWeight } from "../../format/matters.ts";
import { code, named, t } from "../../i18n/text.ts";
import { Choice } from "../../parts/choices.tsx";
import { markedOf } from "../../parts/colour-mark.tsx";
import { LimitList } from "../../parts/limit-row.tsx";
import { FailureNote, Panel, Quiet } from "../../parts/panel.tsx";
import { placeName } from "../../parts/place.tsx";
import { useLimits } from "../../state/limit-rows.ts";
import { choice, choose, route } from "../../state/route.ts";
import { TwoHighList } from "./two-high.tsx";

function Filters({ rows }: { rows: readonly ApiLimit[] }) {
  const query = route.value.query;
  const any = { value: "", label: t("filter.any") };
  const present = (purpose: Purpose) => rows.some((row) => row.purpose === purpose);
  const places = new Map(rows.map((row) => [row.site ?? row.group ?? "", placeName(row)]));
  return (
    <search class="filters">
      <Choice
        label={t("limit.purpose")}
        options={[any, ...purposes.filter(present).map((value) => ({ value, label: code("domain", value) }))]}
        value={query.purpose ?? ""}
        onChange={(purpose) => choose({ purpose })}
      />
      <Choice
        label={t("limit.of")}
        options={[
          any,
          ...[...places]
            .map(([value, label]) => ({ value, label }))
            .sort((a, b) => a.label.localeCompare(b.label, "zh-CN")),
        ]}
        value={query.of ?? ""}
        onChange={(of) => choose({ of })}
      />
      <Choice
        label={t("limit.colour")}
        options={[
          any,
          ...[...coloursByWeight, "green", "unjudged"].map((value) => ({
            value,
            label: code("colour", value),
          })),
        ]}
        value={query.colour ?? ""}
        onChange={(colour) => choose({ colour })}
      />
      <Choice
        label={t("sort")}
        options={limitSorts.map((value) => ({ value, label: code("limits.sort", value) }))}
        value={choice<LimitSort>("sort", limitSorts)}
        onChange={(sort) => choose({ sort: sort === "ratio" ? undefined : sort })}
      />
    </search>
  );
}

function chosen(rows: readonly ApiLimit[]): ApiLimit[] {
  const { purpose, of, colour } = route.value.query;
  return rows.filter(
    (row) =>
      (!purpose || row.purpose === purpose) &&
      (!of || row.site === of || row.group === of) &&
      (!colour || markedOf(row) === colour),
  );
}

function Legend() {
  return (
    <p class="legend limit-legend">
      {(["yellow", "orange", "red"] as const).map((colour) => (
        <span key={colour}>
          <i class={`key-tick level-${colour}`} />
          {t("limit.key.level", { colour: code("colour", colour) })}
        </span>
      ))}
      <span>
        <i class="key-whole" />
        {t("limit.key.whole")}
      </span>
      <span>
        <i class="key-planned" />
        {t("limit.key.planned")}
      </span>
      <span>
        <i class="key-projected" />
        {t("limit.key.projected")}
      </span>
    </p>
  );
}

/** Rows drawn at once; a county may have thousands of limits. */
const PAGE = 200;

function All({ rows }: { rows: readonly ApiLimit[] }) {
  const [most, setMost] = useState(PAGE);
  const shown = sortLimits(
    chosen(rows),
    choice<LimitSort>("sort", limitSorts),
    (row) => `${placeName(row)} ${named(row.name)}`,
  );
  return (
    <Panel
      class="limits-panel"
      title={t("limits.title")}
      note={t("limits.count", { n: shown.length, of: rows.length })}
    >
      <Legend />
      {shown.length === 0 ? (
        <Quiet>{t("limits.none-such")}</Quiet>
      ) : (
        <LimitList rows={shown.slice(0, most)} place />
      )}
      {shown.length > most && (
        <button type="button" class="plain more" onClick={() => setMost(most + PAGE)}>
          {t("more", { n: shown.length - most })}
        </button>
      )}
    </Panel>
  );
}

export function LimitsPage() {
  const { data, failure } = useLimits();
  return (
    <div class="page limits-page">
      <header class="page-head">
        <h1>{t("nav.limits")}</h1>
        <p class="note">{t("limits.note")}</p>
      </header>
      <FailureNote failure={failure} />
      {!data && !failure && <Quiet>{t("loading")}</Quiet>}
      {data?.rows.length === 0 && <Quiet>{t("limits.none")}</Quiet>}
      {data && data.rows.length > 0 && (
        <>
          <Filters rows={data.rows} />
          <All rows={data.rows} />
          <TwoHighList rows={data.rows} />
        </>
      )}
    </div>
  );
}
