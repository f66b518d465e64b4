/** All sites, to be narrowed down by what an officer looks for. */
import { useMemo } from "preact/hooks";
import { siteCategories } from "../../../../model/registry.ts";
import type { RankingAnswer } from "../../../api/figures.ts";
import type { ApiSite } from "../../../api/sites.ts";
import { carrierVar } from "../../charts/ink.ts";
import { tce } from "../../format/number.ts";
import { filterSites, type SiteFilter, type SortKey, sortKeys, sortSites } from "../../format/site-list.ts";
import { siteState, siteStates } from "../../format/site-state.ts";
import { stampOf } from "../../format/time.ts";
import { code, named, t } from "../../i18n/text.ts";
import { Choice } from "../../parts/choices.tsx";
import { CategoryMark, Lamp } from "../../parts/marks.tsx";
import { Quiet } from "../../parts/panel.tsx";
import { Amount, carrierName, Power, Unknown } from "../../parts/shown.tsx";
import { registry, sites } from "../../state/county.ts";
import { lang } from "../../state/prefs.ts";
import { choice, choose, href, route } from "../../state/route.ts";
import { useRanking } from "../overview/ranking-data.ts";

function townName(id: string | undefined): string {
  const town = registry.value?.towns.find((one) => one.id === id);
  return town ? named(town.name) : (id ?? "—");
}

function Filters() {
  const query = route.value.query;
  const any = { value: "", label: t("filter.any") };
  const classes = [...new Set(sites.value.flatMap((site) => site.classes.map((one) => one.id)))].sort();
  const select = (
    name: "category" | "town" | "class" | "state",
    options: { value: string; label: string }[],
  ) => (
    <Choice
      label={t(name)}
      options={[any, ...options]}
      value={query[name] ?? ""}
      onChange={(value) => choose({ [name]: value })}
    />
  );
  return (
    <search class="filters">
      <span class="field">
        <label for="filter-text">{t("filter.text")}</label>
        <input
          id="filter-text"
          type="search"
          value={query.text ?? ""}
          onInput={(event) => choose({ text: event.currentTarget.value })}
        />
      </span>
      {select(
        "category",
        siteCategories.map((value) => ({ value, label: code("category", value) })),
      )}
      {select(
        "town",
        (registry.value?.towns ?? []).map((town) => ({ value: town.id, label: named(town.name) })),
      )}
      {select("class", [
        ...classes.map((value) => ({ value, label: code("class", value) })),
        { value: "national", label: t("national.listed") },
      ])}
      {select(
        "state",
        siteStates.map((value) => ({ value, label: code("state", value) })),
      )}
    </search>
  );
}

function carriersOf(site: ApiSite): string[] {
  return [...new Set(site.meters.map((meter) => meter.carrier))];
}

function SiteRow({ site, use }: { site: ApiSite; use: RankingAnswer["rows"][number] | undefined }) {
  const kgce = use?.kgceCalorific ?? null;
  const { live } = site;
  return (
    <tr>
      <td>
        <Lamp state={siteState(live)} bare />
      </td>
      <th scope="row" class="name">
        <CategoryMark category={site.category} />
        <a href={href("site", site.id)}>{named(site.name)}</a>
      </th>
      <td>{code("category", site.category)}</td>
      <td>{townName(site.town)}</td>
      <td class="tags">
        {site.classes.map((one) => (
          <span class="tag" key={one.id}>
            {code("class", one.id)}
          </span>
        ))}
        {site.nationalList && <span class="tag">{t("national.listed")}</span>}
      </td>
      <td>
        {carriersOf(site).map((carrier) => (
          <i
            key={carrier}
            class="swatch"
            style={{ background: carrierVar(carrier) }}
            role="img"
            aria-label={carrierName(carrier)}
            data-tip={carrierName(carrier)}
          />
        ))}
      </td>
      <td class="number">
        <Power {...live} />
      </td>
      <td class="number">
        <Amount bare shown={kgce === null ? undefined : tce(kgce)} why={t("unknown.site")} />
      </td>
      <td class="number">
        {live.online} / {live.meters}
      </td>
      <td class="number">{live.lastAt ? stampOf(live.lastAt) : <Unknown why={t("unknown.never")} />}</td>
    </tr>
  );
}

function Head({ label, sort, number }: { label: string; sort?: SortKey; number?: boolean }) {
  const now = choice<SortKey>("sort", sortKeys);
  const name = number ? "number" : "";
  if (!sort)
    return (
      <th scope="col" class={name}>
        {label}
      </th>
    );
  const order = sort === "name" || sort === "category" ? "ascending" : "descending";
  return (
    <th scope="col" class={name} aria-sort={now === sort ? order : "none"}>
      <button type="button" class="sort" onClick={() => choose({ sort: sort === "name" ? undefined : sort })}>
        {label}
        <span aria-hidden="true">{now === sort ? (order === "ascending" ? " ↑" : " ↓") : ""}</span>
      </button>
    </th>
  );
}

function Table({
  shown,
  use,
}: {
  shown: readonly ApiSite[];
  use: ReadonlyMap<string, RankingAnswer["rows"][number]>;
}) {
  return (
    <div class="scroll">
      <table class="sites">
        <thead>
          <tr>
            <Head label={t("state")} sort="state" />
            <Head label={t("site")} sort="name" />
            <Head label={t("category")} sort="category" />
            <Head label={t("town")} />
            <Head label={t("class")} />
            <Head label={t("carriers")} />
            <Head label={t("overview.power")} sort="power" number />
            <Head label={t("sites.tce")} sort="tce" number />
            <Head label={t("meters.online")} number />
            <Head label={t("last.heard")} number />
          </tr>
        </thead>
        <tbody>
          {shown.map((site) => (
            <SiteRow key={site.id} site={site} use={use.get(site.id)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function SitesPage() {
  const ranking = useRanking("day").data;
  const use = useMemo(() => new Map(ranking?.rows.map((row) => [row.site, row])), [ranking]);
  const filter: SiteFilter = route.value.query;
  const shown = sortSites(
    filterSites(sites.value, filter),
    choice<SortKey>("sort", sortKeys),
    lang.value,
    (site) => use.get(site.id)?.kgceCalorific ?? null,
  );
  return (
    <div class="page">
      <header class="page-head">
        <h1>{t("nav.sites")}</h1>
        <p class="note">{t("sites.count", { n: shown.length, of: sites.value.length })}</p>
      </header>
      <Filters />
      {shown.length === 0 ? <Quiet>{t("sites.none")}</Quiet> : <Table shown={shown} use={use} />}
    </div>
  );
}
