/** `npm run dashboards`: writes the committed dashboards and alerting files anew. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadConfig } from "../../config/load.ts";
import { programRoot } from "../../config/shipped.ts";
import { allFiles } from "./all-files.ts";

const root = programRoot();
// The example county has no rules and carriers of its own: these are the shipped ones.
const { registry } = await loadConfig(join(root, "config/example"));
for (const [path, content] of allFiles(registry)) {
  const file = join(root, "dashboards", path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  console.log(`dashboards/${path}`);
}
