// Mosquitto is a Debian package. It is unpacked into the cache and not installed: that needs no root and
// starts no system service.
import { existsSync, readdirSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { aptGet, findTool, needTools, run } from "./tools.mjs";

/** The folder whose presence says that it is provisioned; a Mosquitto already installed serves as well. */
export function artifact(cache) {
  const unpacked = join(cache, "mosquitto", "root");
  const installed = findTool("mosquitto");
  return existsSync(unpacked) || !installed ? unpacked : installed;
}

/** Fetches the package with the libraries this machine lacks, and unpacks them into the cache. */
export async function provision(cache, say) {
  needTools("Mosquitto", {
    "apt-get": "or install Mosquitto 2 in another way, so that `mosquitto` is in the PATH",
    dpkg: "with apt-get",
  });
  const home = join(cache, "mosquitto");
  const archives = join(home, "archives");
  const partial = join(home, "root.partial");
  await rm(partial, { recursive: true, force: true });
  await mkdir(join(archives, "partial"), { recursive: true });
  await mkdir(partial, { recursive: true });
  say("Mosquitto: fetching its package");
  if (process.getuid?.() === 0) await aptGet(["update", "-q"]);
  const apart = ["-o", "Debug::NoLocking=1", "-o", `Dir::Cache::archives=${archives}`];
  await aptGet([...apart, "install", "-y", "-q", "--no-install-recommends", "--download-only", "mosquitto"]);
  const packages = readdirSync(archives).filter((name) => name.endsWith(".deb"));
  for (const name of packages) await run("dpkg", ["-x", join(archives, name), partial]);
  await writeFile(join(partial, "packages.txt"), `${packages.join("\n")}\n`);
  await rename(partial, join(home, "root"));
}
