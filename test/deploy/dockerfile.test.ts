import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readCompose, root } from "./compose-file.ts";

interface Instruction {
  readonly name: string;
  readonly rest: string;
}

const read = (path: string) => readFileSync(join(root, path), "utf8");
const instructions = read("Dockerfile")
  .replaceAll(/\\\n/g, " ")
  .split("\n")
  .flatMap((line): Instruction[] => {
    const match = /^([A-Z]+) +(.+)$/.exec(line);
    return match ? [{ name: match[1]!, rest: match[2]! }] : [];
  });
const starts = instructions.flatMap(({ name }, at) => (name === "FROM" ? at : []));
const build = instructions.slice(starts[0], starts[1]);
const final = instructions.slice(starts[1]);
const of = (part: readonly Instruction[], name: string) =>
  part.flatMap((one) => (one.name === name ? one.rest : []));

/** The paths that .dockerignore lets through: everything is left out, then named. */
const ignore = read(".dockerignore")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));
const allowed = ignore.slice(1).map((line) => line.slice(1));
/** `app*.ts` and the like, at the top. */
const matchesStar = (pattern: string, path: string): boolean => {
  const [head, tail] = pattern.split("*");
  return tail !== undefined && !path.includes("/") && path.startsWith(head!) && path.endsWith(tail);
};
const isAllowed = (path: string) =>
  allowed.some((one) => path === one || path.startsWith(`${one}/`) || matchesStar(one, path));

describe("Dockerfile", () => {
  it("has two stages on one pinned image, which has the version of Node that package.json asks for", () => {
    expect(starts).toHaveLength(2);
    const image = of(instructions, "ARG").find((rest) => rest.startsWith("NODE_IMAGE="));
    const major = Number(/^NODE_IMAGE=node:(\d+)\.\d+\.\d+-bookworm-slim$/.exec(image ?? "")?.[1]);
    expect(major).toBeGreaterThanOrEqual(22);
    for (const from of of(instructions, "FROM")) expect(from).toMatch(/^\$\{NODE_IMAGE\}( AS build)?$/);
  });

  it("installs by the lock file, and runs no package's scripts", () => {
    const installs = of(build, "RUN").filter((run) => /npm (install|ci|prune)/.test(run));
    for (const command of installs
      .join(" && ")
      .split("&&")
      .filter((one) => /npm (install|ci|prune)/.test(one)))
      expect(command).toContain("--ignore-scripts");
    expect(of(build, "COPY")[0]).toContain("package-lock.json");
    expect(installs.at(-1)).toContain("npm prune --omit=dev");
  });

  it("ends as nobody, with the program and what it needs, and no tool beside it", () => {
    expect(of(final, "RUN").every((run) => run.startsWith("install -d -o 10001 -g 10001 "))).toBe(true);
    const names = final.map(({ name }) => name);
    expect(of(final, "USER")).toEqual(["10001:10001"]);
    expect(names.indexOf("USER")).toBeGreaterThan(names.lastIndexOf("COPY"));
    expect(names.indexOf("USER")).toBeLessThan(names.indexOf("ENTRYPOINT"));
    const user = readCompose("docker-compose.yml").services.processor!.user;
    expect(of(final, "USER")[0]).toBe(user);
    expect(of(final, "ADD")).toEqual([]);
  });

  it("asks itself for its health, and starts in the form that gets signals", () => {
    const [check] = of(final, "HEALTHCHECK");
    expect(check).toMatch(/--interval=\d+s --timeout=\d+s .*CMD \["node", "deploy\/health.mjs"\]$/);
    expect(of(final, "ENTRYPOINT")).toEqual([
      '["node", "--enable-source-maps", "--max-semi-space-size=64", "dist/main.js"]',
    ]);
    const inCompose = readCompose("docker-compose.yml").services.processor!.healthcheck!.test!;
    expect(check).toContain(JSON.stringify(inCompose.slice(1)).replaceAll(",", ", "));
  });

  it("holds no secret, in a variable or as a file", () => {
    const variables = [...of(instructions, "ENV"), ...of(instructions, "ARG")];
    for (const variable of variables) expect(variable).not.toMatch(/PASSWORD|TOKEN|SECRET|_KEY/);
    expect(ignore[0]).toBe("*");
    for (const path of ["deploy/secrets", ".env", "data", ".git", "node_modules", "test"])
      expect(isAllowed(path)).toBe(false);
    expect(allowed.every((path) => !path.includes("**"))).toBe(true);
  });

  it("copies what exists, and gets past .dockerignore what it copies and builds", () => {
    const copied = [...of(instructions, "COPY")]
      .filter((rest) => !rest.startsWith("--from"))
      .flatMap((rest) => rest.split(" ").slice(0, -1))
      .filter((path) => path !== ".");
    for (const path of copied) {
      expect(existsSync(join(root, path)), path).toBe(true);
      expect(isAllowed(path), path).toBe(true);
    }
    const script = read("scripts/build.mjs");
    const entries = [...script.matchAll(/"\.\/([\w/-]+\.ts)"/g)].map(([, path]) => path!);
    expect(entries.length).toBeGreaterThan(2);
    for (const path of entries) expect(isAllowed(path), path).toBe(true);
    const tracked = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" }).trim().split("\n");
    const imported = tracked.filter(
      (path) => /^((app|cli)\/)?[a-z-]+\.ts$/.test(path) && path !== "vitest.config.ts",
    );
    for (const path of imported) expect(isAllowed(path), path).toBe(true);
  });

  it("lets every volume that our user writes begin with our user as owner", () => {
    const service = readCompose("docker-compose.yml").services["influxdb-tokens"]!;
    const targets = service.volumes!.filter(({ type }) => type === "volume").map(({ target }) => target);
    for (const target of targets) expect(of(final, "RUN").join(" ").split(" ")).toContain(target);
  });
});
