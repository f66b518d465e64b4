/** Where the files that come with the program are, from its sources and from the built `dist/`. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The folder that holds the program's package.json.
 * @throws Error when no folder above the program has one: the installation is incomplete.
 */
export function programRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const above = dirname(folder);
    if (above === folder) throw new Error("no package.json above the program: install it anew");
    folder = above;
  }
  return folder;
}

/** The folder of the shipped carriers, factors and profiles. */
export function defaultsDirectory(): string {
  return join(programRoot(), "config", "defaults");
}
