/** The desk of a process of the production stack: alerts come by the hook, and are published to log and store. */
import { leave, occupy } from "../adapters/data-directory.ts";
import type { Secrets } from "../config/secrets.ts";
import type { Registry } from "../model/registry.ts";
import { type Alerts, openAlerts } from "./alerts.ts";
import type { ProductionCore } from "./production.ts";
import type { ServeOptions } from "./serve.ts";

/**
 * Opens the desk where the role tells officers and has a directory for its file; undefined elsewhere.
 * @throws UsageError when another process works in the directory
 */
export async function openProductionDesk(
  { log, store }: ProductionCore,
  { role, data, tell, allowPlaintext }: ServeOptions,
  registry: Registry,
  secrets: Secrets | undefined,
): Promise<Alerts | undefined> {
  if (store === undefined || (role !== "notify" && role !== "all")) return undefined;
  if (data === undefined) {
    tell.warn("no-desk", { message: "no alerts are taken in here: give one process a directory by --data" });
    return undefined;
  }
  occupy(data);
  const alerts = await openAlerts({
    data,
    registry,
    secrets,
    allowPlaintext,
    log: tell,
    print: (text) => tell.info("notice", { text }),
    append: (records) => log.append("alerts", records),
    write: (observations) => store.write({ observations }),
  });
  return {
    ...alerts,
    async close() {
      await alerts.close();
      leave(data);
    },
  };
}
