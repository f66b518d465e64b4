/** Configuration directories for tests. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

export const countyYaml = `
county: { id: daishan, name: { zh: 岱山县, en: Daishan }, zone: Asia/Shanghai, region: zhejiang, closedThrough: 2025-12-31 }
`;

/** The site of the configuration's published form. */
export const siteYaml = `
id: works-1
name: {zh: 示范船厂, en: Demo Shipyard}
category: key-energy-user        # the one accounting class
classes: [{ id: two-high, from: 2024-01-01 }]
industry: "3731"
town: gaoting
nationalList: false
location: [122.2, 30.24]
approved: { tce: 4200, basis: calorific }
gateways: [{ id: gw-1, username: works-1-gw1, topics: ["v1/sites/works-1/#"] }]
meters:
  - id: m-1
    carrier: electricity
    role: grid-import
    contributes: add
    from: 2025-01-01
    intervalMinutes: 15
    ratedPowerKw: 2000
    registers:
      - { id: active-import, kind: cumulative, unit: kWh, direction: import, digits: 8, decimals: 2 }
    multipliers: [{ from: 2025-01-01, value: 100 }]
    swaps: []
`;

/** A directory with these files, removed after the test. */
export async function directoryOf(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "config-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}
