import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readCompose, root } from "./compose-file.ts";
import { freshDirectory } from "./make-secrets.ts";

// The library of Docker Compose itself, by Go: the schema packages on npm are years behind.
const folder = join(root, "test/deploy/compose-check");
const build = freshDirectory("compose-check");
const program = join(build.path, "compose-check");
const built = spawnSync("go", ["build", "-o", program, "."], { cwd: folder, encoding: "utf8" });
const reason = built.error?.message ?? built.stderr;
if (built.status !== 0)
  process.stderr.write(
    `\nSKIPPED: docker-compose.yml is not loaded by Compose's library, as it cannot be built here.\n` +
      `Install Go 1.24 or later with access to a module proxy. ${reason}\n\n`,
  );
afterAll(build.remove);

const load = (...files: string[]) => spawnSync(program, files, { cwd: root, encoding: "utf8" });

describe.skipIf(built.status !== 0)("Compose's own library", () => {
  it("loads docker-compose.yml and finds in it what our tests find", () => {
    const { status, stdout, stderr } = load("docker-compose.yml");
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const loaded = JSON.parse(stdout) as {
      services: Record<string, { environment?: Record<string, string> }>;
    };
    const own = readCompose("docker-compose.yml");
    expect(Object.keys(loaded.services).sort()).toEqual(Object.keys(own.services).sort());
    for (const [name, service] of Object.entries(own.services))
      expect(loaded.services[name]!.environment ?? {}, name).toEqual(service.environment ?? {});
  });

  it("loads .env.example with every variable set", () => {
    const lines = readFileSync(join(root, ".env.example"), "utf8").replaceAll(/^# ([A-Z_]+=)/gm, "$1");
    const set = lines.replaceAll("@sha256:", `@sha256:${"0".repeat(64)}`);
    writeFileSync(join(build.path, ".env"), set);
    mkdirSync(build.path, { recursive: true });
    copyFileSync(join(root, "docker-compose.yml"), join(build.path, "docker-compose.yml"));
    const { status, stdout, stderr } = load(join(build.path, "docker-compose.yml"));
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toContain(`apache/kafka:4.1.1@sha256:${"0".repeat(64)}`);
    expect(stdout).toContain("/etc/county-energy/config");
  });

  it("refuses what the specification does not have", () => {
    const broken = join(build.path, "broken.yml");
    const text = readFileSync(join(root, "docker-compose.yml"), "utf8");
    writeFileSync(broken, text.replace("read_only: true", "readonly: true"));
    expect(load(broken).stderr).toContain("readonly");
    writeFileSync(broken, text.replace("condition: service_healthy", "condition: healthy"));
    expect(load(broken).status).toBe(1);
    writeFileSync(broken, text.replace(/^ {2}kafka-data: \{\}\n/m, ""));
    expect(load(broken).stderr).toContain("kafka-data");
  });
});
