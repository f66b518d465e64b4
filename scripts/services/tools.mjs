// What the three recipes share: where things are kept, how a tool is looked for, how one is run.
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** The folder outside the checkout that holds what was provisioned. */
export function cacheFolder(env = process.env) {
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "county-energy-monitor", "services");
}

/** The path of a program, or undefined; looks where a root-only PATH would, too. */
export function findTool(name) {
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]) {
    const path = join(folder || ".", name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // the next folder
    }
  }
  return undefined;
}

/** Throws one sentence naming every missing program and what gives it. */
export function needTools(service, tools) {
  const missing = Object.entries(tools).filter(([name]) => !findTool(name));
  if (missing.length === 0) return;
  const list = missing.map(([name, remedy]) => `${name} (${remedy})`).join(", ");
  throw new Error(`${service}: missing on this machine: ${list}`);
}

/** Runs a program niced, so that a build starves nobody; its output is shown only when it fails,
 * or as it comes with `echo`. */
export function run(command, args, options = {}) {
  const { env = {}, cwd, plain = false, echo = false } = options;
  const niced = plain ? [command, ...args] : ["nice", "-n", "10", command, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(niced[0], niced.slice(1), {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let stdout = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
      output = (output + chunk).slice(-20_000);
    });
    child.stderr.on("data", (chunk) => {
      if (echo) process.stderr.write(chunk);
      output = (output + chunk).slice(-20_000);
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve(stdout);
      else
        reject(
          new Error(`${command} ${args.join(" ")} ended with ${code ?? signal}${echo ? "" : `:\n${output}`}`),
        );
    });
  });
}

/** Runs apt-get, waiting while another one holds its locks: not every command waits by itself. */
export async function aptGet(args) {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  for (let attempt = 0; ; attempt++) {
    try {
      return await run("apt-get", ["-o", "DPkg::Lock::Timeout=300", ...args], { env });
    } catch (error) {
      if (attempt === 60 || !/Could not get lock/.test(error.message)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5000));
    }
  }
}

/** Installs missing Debian packages as root; says which command to run where that is not possible. */
export async function aptInstall(service, packages) {
  const command = `apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  if (!findTool("apt-get") || process.getuid?.() !== 0)
    throw new Error(`${service}: run as root: ${command} (or install the same tools in another way)`);
  await aptGet(["update", "-q"]);
  await aptGet(["install", "-y", "-q", "--no-install-recommends", ...packages]);
}
