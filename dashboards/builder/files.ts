/** The files that Grafana is provisioned with, from the dashboards: JSON with its keys in order, so that a change is a small diff. */
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { stringify } from "yaml";
import { alertsDashboard } from "./alerts.ts";
import { county } from "./county.ts";
import type { Shipped } from "./data.ts";
import { limitsDashboard } from "./limits.ts";
import { pipeline } from "./pipeline.ts";
import { quality } from "./quality/quality.ts";
import { shoreCharging } from "./shore-charging.ts";
import { siteDashboard } from "./site.ts";
import { both, text } from "./text.ts";

/** Where docker-compose.yml mounts the JSON files. */
export const MOUNTED_AT = "/etc/grafana/dashboards";

/** All dashboards, in the order of the issue of an officer's questions: the county first, ourselves last. */
export function dashboards(shipped: Shipped): Dashboard[] {
  return [
    county(shipped),
    siteDashboard(shipped),
    limitsDashboard(shipped),
    shoreCharging(),
    quality(shipped),
    pipeline(shipped),
    alertsDashboard(),
  ];
}

/** The same value with the keys of every object sorted; what is undefined is left out. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, ordered(one)]),
  );
}

const provider = {
  apiVersion: 1,
  providers: [
    {
      name: "county-energy",
      orgId: 1,
      folder: both(text("县域能源", "County energy")),
      folderUid: "county-energy",
      type: "file",
      disableDeletion: false,
      allowUiUpdates: false,
      updateIntervalSeconds: 60,
      options: { path: MOUNTED_AT, foldersFromFilesStructure: false },
    },
  ],
};

/** Contents of the files by their path in the tree. */
export function dashboardFiles(shipped: Shipped): Map<string, string> {
  const files = new Map<string, string>();
  for (const dashboard of dashboards(shipped))
    files.set(`dashboards/${dashboard.uid}.json`, `${JSON.stringify(ordered(dashboard), null, 2)}\n`);
  files.set(
    "dashboards/provisioning/dashboards/county-energy.yaml",
    `# Made by \`npm run dashboards\`. The path is where docker-compose.yml mounts the dashboards.\n${stringify(provider)}`,
  );
  return files;
}
