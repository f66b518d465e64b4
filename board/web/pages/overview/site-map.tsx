/** Where the sites are, how much they use today, and whether they are heard. */

import type { EChartsType } from "echarts/core";
import { useMemo } from "preact/hooks";
import { siteCategories } from "../../../../model/registry.ts";
import type { ApiSite } from "../../../api/sites.ts";
import { Chart } from "../../charts/chart.tsx";
import { ink } from "../../charts/ink.ts";
import { type MapSite, mapOption, registerOutline } from "../../charts/map.ts";
import type { TipText } from "../../charts/tooltip.ts";
import { amount, tce } from "../../format/number.ts";
import { siteState, siteStates } from "../../format/site-state.ts";
import { code, named, t } from "../../i18n/text.ts";
import { CategoryMark, Lamp } from "../../parts/marks.tsx";
import { Panel } from "../../parts/panel.tsx";
import { registry, siteById, sites } from "../../state/county.ts";
import { lang } from "../../state/prefs.ts";
import { go, href } from "../../state/route.ts";
import { useRanking } from "./ranking-data.ts";

function tipOf(site: ApiSite | undefined, shown: MapSite): TipText {
  const power = site?.live.powerKw;
  const kw = power === null || power === undefined ? undefined : amount(power, "kW");
  const coal = shown.kgce === null ? undefined : tce(shown.kgce);
  return {
    title: shown.name,
    rows: [
      { label: t("category"), value: code("category", shown.category) },
      { label: t("state"), value: code("state", shown.state) },
      { label: t("meters.online"), value: `${site?.live.online ?? 0} / ${site?.live.meters ?? 0}` },
      { label: t("ranking.today"), value: coal ? `${coal.text} ${coal.unit}` : "—" },
      { label: t("overview.power"), value: kw ? `${kw.text} ${kw.unit}` : "—" },
    ],
  };
}

/** `series` clicks open the site. */
function listen(chart: EChartsType): () => void {
  const open = (event: { componentType: string; name: string }) => {
    if (event.componentType === "series") go(href("site", event.name));
  };
  chart.on("click", open as never);
  return () => chart.off("click");
}

function Legend() {
  const present = siteCategories.filter((category) => sites.value.some((site) => site.category === category));
  return (
    <ul class="legend">
      {present.map((category) => (
        <li key={category}>
          <CategoryMark category={category} />
          {code("category", category)}
        </li>
      ))}
      {siteStates.map((state) => (
        <li key={state}>
          <Lamp state={state} />
        </li>
      ))}
    </ul>
  );
}

export function SiteMap() {
  const outline = registry.value?.outline ?? [];
  const aspect = useMemo(() => (outline.length > 0 ? registerOutline(outline) : 1), [outline]);
  const ranking = useRanking("day").data;
  const of = ink.value;
  const language = lang.value;
  const all = sites.value;
  // The language is read inside, by the names.
  const shown = useMemo((): MapSite[] => {
    const use = new Map(ranking?.rows.map((row) => [row.site, row.kgceCalorific]));
    return all.flatMap(({ id, name, category, live, location }) =>
      location
        ? [{ id, name: named(name), category, state: siteState(live), location, kgce: use.get(id) ?? null }]
        : [],
    );
  }, [all, ranking, language]); // The stream brings new objects every second; the picture is drawn anew only when it would differ.
  const picture = shown.map((site) => `${site.id} ${site.state} ${site.kgce} ${site.name}`).join("\n");
  const option = useMemo(
    () => mapOption(outline, aspect, shown, (site) => tipOf(siteById.peek().get(site.id), site), of),
    [outline, aspect, picture, of],
  );
  const unplaced = all.length - shown.length;
  return (
    <Panel class="map" title={t("map.title")} note={t("map.note")}>
      {outline.length > 0 && <Chart option={option} label={t("map.label")} listen={listen} />}
      <Legend />
      {unplaced > 0 && <p class="note">{t("map.unplaced", { n: unplaced })}</p>}
    </Panel>
  );
}
