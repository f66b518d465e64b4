/** What the files are made from: a county's configuration, and the list of rules issued before. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadConfig } from "../../../config/load.ts";
import { type AlertingInput, ISSUED } from "./files.ts";

async function issuedIn(root: string): Promise<readonly string[]> {
  try {
    return (JSON.parse(await readFile(join(root, ISSUED), "utf8")) as { rules: string[] }).rules;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw cause;
  }
}

/**
 * The input of `alertingFiles`, for the tree at `root` and the configuration in `directory`.
 * @throws ConfigError when the configuration cannot be used
 */
export async function alertingInput(root: string, directory: string): Promise<AlertingInput> {
  const { registry } = await loadConfig(directory);
  const { rules, duties, county } = registry;
  return { rules, duties, zone: county.zone, issued: await issuedIn(root) };
}
