/** What sites, meters, groups and limits are called now, as observations: the store has ids only. */
import { groupKeysOf, groupsWithNational, WITHOUT_NATIONAL } from "../model/groups.ts";
import { type Observation, observed } from "../model/observation.ts";
import type { LocalText, Registry, Site, siteCategories } from "../model/registry.ts";
import type { Calendar, Instant } from "../model/time.ts";
import type { Plan } from "./plan.ts";
import { countyRow } from "./quality/county.ts";

const categoryNames: Readonly<Record<(typeof siteCategories)[number], LocalText>> = {
  "key-energy-user": { zh: "重点用能单位", en: "Key energy users" },
  port: { zh: "港口码头", en: "Ports" },
  "shore-power": { zh: "岸电", en: "Shore power" },
  charging: { zh: "充电设施", en: "Charging" },
  "public-building": { zh: "公共机构", en: "Public buildings" },
  generation: { zh: "发电", en: "Generation" },
  other: { zh: "其他", en: "Other" },
};

const classNames: Readonly<Record<string, LocalText>> = { "two-high": { zh: "两高", en: "Two-high" } };

/** A name in both languages; one alone where they are the same. */
const labelOf = ({ zh, en }: LocalText): string => (zh === en ? zh : `${zh} ${en}`);

interface Row {
  readonly tags: Observation["tags"];
  /** What a variable is set to. */
  readonly id: string;
  readonly name: LocalText;
  readonly numbers?: Readonly<Record<string, number | undefined>>;
  readonly texts?: Readonly<Record<string, string | undefined>>;
}

/** At time 0 it takes the place of what was written before. */
function rowOf({ tags, id, name, numbers = {}, texts = {} }: Row): Observation {
  const label = labelOf(name);
  const all = { nameZh: name.zh, nameEn: name.en, label, option: `${label}|${id}`, ...texts };
  const { info } = observed;
  return {
    measurement: "info",
    tags,
    at: 0,
    numbers: Object.fromEntries(info.numbers.map((field) => [field, numbers[field] ?? null])),
    texts: Object.fromEntries(info.texts.map((field) => [field, all[field as keyof typeof all] ?? ""])),
  };
}

type Groups = ReadonlyMap<string, LocalText>;

function nameOfGroup({ county }: Registry, key: string): LocalText {
  const [kind, id = ""] = key.split(":");
  const given =
    kind === "county"
      ? { zh: `${county.name.zh}（全县）`, en: `${county.name.en} (county)` }
      : kind === "town"
        ? county.towns.find((town) => town.id === id)?.name
        : kind === "sector"
          ? county.sectors.find((sector) => sector.id === id)?.name
          : kind === "category"
            ? categoryNames[id as keyof typeof categoryNames]
            : classNames[id];
  return given ?? { zh: id, en: id };
}

/** Keys of the groups a site belongs to today, those without nationally listed sites included where it counts. */
function keysOf(site: Site, day: number, withNational: ReadonlySet<string>): string[] {
  const keys = groupKeysOf(site, day);
  const others = site.nationalList ? [] : keys.filter((key) => withNational.has(key));
  return [...keys, ...others.map((key) => `${key}${WITHOUT_NATIONAL}`)];
}

/** As above, of the variant without nationally listed sites, too. */
function nameOfStoredGroup(registry: Registry, key: string): LocalText {
  const plain = key.replace(WITHOUT_NATIONAL, "");
  const { zh, en } = nameOfGroup(registry, plain);
  return plain === key ? { zh, en } : { zh: `${zh}（不含国家单列）`, en: `${en}, without national list` };
}

const groupsOf = (registry: Registry, keys: Iterable<string>): Groups =>
  new Map([...keys].map((key) => [key, nameOfStoredGroup(registry, key)]));

function siteRow(site: Site, groups: readonly string[]): Observation {
  return rowOf({
    tags: { kind: "site", site: site.id },
    id: site.id,
    name: site.name,
    numbers: {
      berths: site.berths.length,
      shoreBerths: site.berths.filter((berth) => berth.shorePower).length,
      guns: site.charging?.guns ?? 0,
      gunKw: site.charging?.ratedKw,
    },
    texts: { category: site.category, groups: `,${groups.join(",")},` },
  });
}

const meterRows = (site: Site): Observation[] =>
  site.meters.map(({ id, name, carrier, role, ratedPowerKw }) =>
    rowOf({
      tags: { kind: "meter", site: site.id, meter: id },
      id,
      name,
      numbers: { ratedKw: ratedPowerKw },
      texts: { carrier, role },
    }),
  );

/** The names of all that the registry has, by the groups of the day of `now`. */
export function infoRows(registry: Registry, calendar: Calendar, now: Instant): Observation[] {
  const withNational = groupsWithNational(registry);
  const day = calendar.dayOf(now);
  const keys = registry.sites.map((site) => keysOf(site, day, withNational));
  const groups = [...groupsOf(registry, new Set(keys.flat()))].map(([group, name]) =>
    rowOf({ tags: { kind: "group", group }, id: group, name }),
  );
  const limits = registry.limits.map(({ id, name, site, group, unit }) => {
    const owner =
      registry.sites.find((one) => one.id === site)?.name ?? nameOfStoredGroup(registry, group ?? "");
    const whole = { zh: `${owner.zh} ${name.zh}`, en: `${owner.en} ${name.en}` };
    const tags = { kind: "limit", limit: id, ...(site ? { site } : {}), ...(group ? { group } : {}) };
    return rowOf({ tags, id, name: whole, texts: { unit } });
  });
  const sites = registry.sites.flatMap((site, i) => [siteRow(site, keys[i]!), ...meterRows(site)]);
  return [...sites, ...groups, ...limits];
}

/** Rows of one step: those of a large county are not to hold up its readings. */
const ROWS_A_STEP = 2_000;

/** Hands out the names, and how the county stands, a few at a time; all again on each new day: groups may be others. */
export function createNames(plan: Plan): (now: Instant) => Observation[] {
  const { registry, calendar } = plan;
  let left: Observation[] = [];
  let told = Number.NEGATIVE_INFINITY;
  return (now) => {
    const day = calendar.dayOf(now);
    if (day !== told) {
      left = [countyRow(plan, now), ...infoRows(registry, calendar, now)];
      told = day;
    }
    return left.splice(0, ROWS_A_STEP);
  };
}
