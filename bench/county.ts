/** Counties of any size, made for the bench. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { meterName, siteName } from "./publisher.ts";

export interface CountySize {
  readonly sites: number;
  readonly metersPerSite: number;
  readonly from: string;
  /** Each meter has a register of reactive energy besides. */
  readonly isReactive?: boolean;
}

const towns = ["east", "west", "north", "south"];
const categories = ["key-energy-user", "port", "public-building", "charging"];

/** Writes a configuration directory: one carrier, one main meter a site, the others below it. */
export function writeCounty(
  directory: string,
  { sites, metersPerSite, from, isReactive = false }: CountySize,
): void {
  mkdirSync(join(directory, "sites"), { recursive: true });
  const county = { id: "bench", name: { zh: "县", en: "County" }, zone: "Asia/Shanghai", region: "zhejiang" };
  writeFileSync(join(directory, "county.yaml"), JSON.stringify({ county }));
  for (let s = 0; s < sites; s += 1) {
    const id = siteName(s);
    const meters = Array.from({ length: metersPerSite }, (_, m) => ({
      id: meterName(m),
      carrier: "electricity",
      role: m === 0 ? "grid-import" : "sub",
      contributes: m === 0 ? "add" : "none",
      from,
      ratedPowerKw: 100,
      registers: [
        {
          id: "active-import",
          kind: "cumulative",
          unit: "kWh",
          direction: "import",
          digits: 10,
          decimals: 2,
        },
        ...(isReactive ? [{ id: "reactive-import", unit: "kvarh", digits: 10, decimals: 2 }] : []),
      ],
    }));
    const site = {
      id,
      name: { zh: id, en: id },
      category: categories[s % categories.length],
      town: towns[s % towns.length],
      gateways: [{ id: "gw", username: `${id}-gw`, topics: [`v1/sites/${id}/#`] }],
      meters,
    };
    writeFileSync(join(directory, `sites/${id}.yaml`), JSON.stringify(site));
  }
}

export function temporary(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "energy-bench-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
