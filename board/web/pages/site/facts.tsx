/** What is registered of a site. */
import type { ComponentChildren } from "preact";
import type { ApiSite } from "../../../api/sites.ts";
import { fixed } from "../../format/number.ts";
import { stampOf } from "../../format/time.ts";
import { code, named, t } from "../../i18n/text.ts";
import { Power } from "../../parts/shown.tsx";
import { registry } from "../../state/county.ts";

function locationText([longitude, latitude]: readonly [number, number]): string {
  return `${fixed(latitude, 3)}° N, ${fixed(longitude, 3)}° E`;
}

function factsOf(site: ApiSite): [string, ComponentChildren][] {
  const town = registry.value?.towns.find((one) => one.id === site.town);
  const facts: [string, ComponentChildren | undefined][] = [
    [t("overview.power"), <Power key="power" {...site.live} />],
    [t("meters.online"), `${site.live.online} / ${site.live.meters}`],
    [t("last.heard"), site.live.lastAt ? stampOf(site.live.lastAt) : "—"],
    [t("town"), town ? named(town.name) : site.town],
    [t("industry"), site.industry],
    [
      t("approved"),
      site.approved && `${fixed(site.approved.tce, 0)} tce · ${code("basis.short", site.approved.basis)}`,
    ],
    [
      t("class"),
      site.classes
        .map(
          (one) =>
            `${code("class", one.id)} ${t("since", { date: one.from })}${one.to ? ` – ${one.to}` : ""}`,
        )
        .join(t("list.comma")) || undefined,
    ],
    [t("berths"), site.berths.length > 0 ? berthsText(site) : undefined],
    [t("guns"), site.charging && `${site.charging.guns} × ${fixed(site.charging.ratedKw, 0)} kW`],
    [t("location"), site.location && locationText(site.location)],
  ];
  return facts.filter((fact): fact is [string, ComponentChildren] => fact[1] !== undefined);
}

function berthsText(site: ApiSite): string {
  const equipped = site.berths.filter((berth) => berth.shorePower).length;
  return t("berths.count", { n: site.berths.length, equipped });
}

export function Facts({ site }: { site: ApiSite }) {
  return (
    <dl class="facts panel">
      {factsOf(site).map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
