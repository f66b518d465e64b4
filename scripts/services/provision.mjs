// `node scripts/services/provision.mjs [kafka] [influx] [mosquitto]`: puts the services the tests run against
// into a cache outside the checkout, each once. Two that run at the same time wait for each other.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { provisioned, recipes } from "./recipes.mjs";
import { cacheFolder, needTools, run } from "./tools.mjs";

const say = (line) => process.stderr.write(`${line}\n`);

/** Under the kernel's lock, which goes with its holder however that ends. */
async function provisionLocked(service) {
  const cache = cacheFolder();
  if (provisioned(service)) return;
  const started = Date.now();
  await recipes[service].provision(cache, say);
  say(`${service}: ready after ${Math.round((Date.now() - started) / 1000)} s: ${provisioned(service)}`);
}

async function provision(service) {
  if (provisioned(service)) return say(`${service}: there already: ${provisioned(service)}`);
  const cache = cacheFolder();
  await mkdir(cache, { recursive: true });
  needTools(service, { flock: "Debian package util-linux", nice: "Debian package coreutils" });
  const lock = join(cache, `${service}.lock`);
  const self = fileURLToPath(import.meta.url);
  await run("flock", [lock, process.execPath, self, "--locked", service], { plain: true, echo: true });
}

async function main(args) {
  if (args[0] === "--locked") return provisionLocked(args[1]);
  const services = args.length > 0 ? args : Object.keys(recipes);
  const unknown = services.filter((name) => !(name in recipes));
  if (unknown.length > 0)
    throw new Error(`unknown service ${unknown.join(", ")}; there are ${Object.keys(recipes).join(", ")}`);
  for (const service of services) {
    try {
      await provision(service);
    } catch (error) {
      say(error.message);
      process.exitCode = 1;
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).catch((error) => {
    say(error.message);
    process.exitCode = 1;
  });
}
