/** What the loading of every file shares: the directory, its files, and the problems found so far. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import type { Problem } from "../model/errors.ts";
import { type Calendar, calendarOf } from "../model/time.ts";
import { isZone } from "./check-profiles.ts";
import { parseShape } from "./shape.ts";
import { readYaml } from "./yaml-file.ts";

export interface Loading {
  readonly directory: string;
  readonly problems: Problem[];
}

/** Files that this part reads, and those that other parts of the program do. */
const ownFiles = [
  "county.yaml",
  "carriers.yaml",
  "factors.yaml",
  "profiles.yaml",
  "limits.yaml",
  "outputs.yaml",
  "rules.yaml",
  "duties.yaml",
  "calendar.yaml",
  "targets.yaml",
];
const otherFiles = ["secrets.yaml"];

/** The configuration's calendar; UTC where the zone is wrong, which is reported elsewhere. */
export function calendarOrUtc(zone: string | undefined): Calendar {
  return calendarOf(zone !== undefined && isZone(zone) ? zone : "UTC");
}

async function namesIn(loading: Loading, folder: string): Promise<string[]> {
  try {
    return (await readdir(join(loading.directory, folder))).sort();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const message = code === "ENOENT" ? "is no directory: create it" : `cannot be read (${code})`;
    loading.problems.push({ file: `${folder}/`, path: "", message, severity: "error" });
    return [];
  }
}

/** Names that were probably meant for one of ours: a misspelt factors file would mean other factors. */
const misspelt =
  /^(sites\/.*|count(y|ies)|carriers?|factors?|profiles?|limits?|outputs?|rules?|dut(y|ies)|calendars?|targets?)\.(ya?ml|json)$/i;

function reportUnread(loading: Loading, file: string, expected: string): void {
  const severity = misspelt.test(file) ? "error" : "warning";
  const message = `is not read: ${expected}, or move it elsewhere`;
  loading.problems.push({ file, path: "", message, severity });
}

/** The files of the directory; anything that nobody will read is a problem. */
export async function listFiles(
  loading: Loading,
): Promise<{ readonly own: ReadonlySet<string>; readonly sites: readonly string[] }> {
  const here = await namesIn(loading, ".");
  const known = [...ownFiles, ...otherFiles];
  for (const name of here) {
    if ((/\.ya?ml$/i.test(name) || misspelt.test(name)) && !known.includes(name))
      reportUnread(loading, name, `call it one of ${known.join(", ")}`);
  }
  const sites: string[] = [];
  const below = here.length > 0 ? await namesIn(loading, "sites") : [];
  for (const name of below) {
    if (name.startsWith(".")) continue;
    if (name.endsWith(".yaml")) sites.push(`sites/${name}`);
    else reportUnread(loading, `sites/${name}`, "a site's file ends in .yaml");
  }
  return { own: new Set(here), sites };
}

/** A file in its checked form; undefined after reporting what is wrong. `onBroken` gets what could be read. */
export async function readForm<Schema extends z.ZodType>(
  loading: Loading,
  file: string,
  schema: Schema,
  onBroken?: (value: unknown) => void,
): Promise<z.output<Schema> | undefined> {
  const value = await readYaml(loading.directory, file, loading.problems);
  if (value === undefined) return undefined;
  const form = parseShape(schema, file, value, loading.problems);
  if (form === undefined) onBroken?.(value);
  return form;
}
