/** Everything that Grafana is provisioned with from here. */
import type { Registry } from "../../model/registry.ts";
import { dashboardFiles } from "./files.ts";

/** Contents of the files by their path below `dashboards/`. */
export function allFiles(registry: Registry): Map<string, string> {
  return dashboardFiles(registry);
}
