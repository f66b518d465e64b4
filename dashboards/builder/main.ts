/** `npm run dashboards`: writes the committed dashboards and alerting files anew. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadConfig } from "../../config/load.ts";
import { programRoot } from "../../config/shipped.ts";
import { alertingInput } from "./alerting/county.ts";
import { alertingFiles } from "./alerting/files.ts";
import { dashboardFiles } from "./files.ts";

const root = programRoot();
// The example county has no rules and carriers of its own: these are the shipped ones.
const county = join(root, "config/example");
const { registry } = await loadConfig(county);
const files = [...dashboardFiles(registry), ...alertingFiles(await alertingInput(root, county))];
for (const [path, content] of files) {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  console.log(path);
}
