/** deploy/influxdb/tokens.mjs on a real InfluxDB with our certificates: each token may do its part and no more. */
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { haveServices } from "../services/available.ts";
import { type InfluxService, startInflux } from "../services/influx.ts";
import { root } from "./compose-file.ts";
import { freshDirectory, makeSecrets } from "./make-secrets.ts";

const isThere = await haveServices(["influx"], { own: true });
const secrets = freshDirectory("influx-secrets");
const file = (name: string) => join(secrets.path, name);
let influx: InfluxService;

function environment(token: string) {
  writeFileSync(file("operator"), token);
  return {
    ...process.env,
    NODE_EXTRA_CA_CERTS: file("ca.crt"),
    ENERGY_INFLUX_URL: influx.url,
    ENERGY_INFLUX_ORG: influx.org,
    ENERGY_INFLUX_BUCKET: influx.bucket,
    ENERGY_INFLUX_TOKEN_FILE: file("operator"),
  };
}

function run(token = influx.token, more: Readonly<Record<string, string>> = {}, host = "a") {
  const script = join(root, "deploy/influxdb/tokens.mjs");
  const suffix = host === "a" ? "" : `-${host}`;
  const files = [`host=${host}`, `writer=${file(`writer${suffix}`)}`, `reader=${file(`reader${suffix}`)}`];
  const env = { ...environment(token), ...more };
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, ...files], {
    encoding: "utf8",
    env,
  });
  return { stdout: stdout.trim(), stderr, status };
}

/** By curl: the certificate's authority cannot be given to a running Node's fetch. */
function ask(who: "writer" | "reader" | "operator", path: string, ...options: readonly string[]) {
  const authorization = `Authorization: Token ${readFileSync(file(who), "utf8")}`;
  const args = ["-sS", "--cacert", file("ca.crt"), "-H", authorization, "-w", "\n%{http_code}", ...options];
  const { stdout, stderr } = spawnSync("curl", [...args, `${influx.url}${path}`], { encoding: "utf8" });
  const lines = (stdout || stderr).trimEnd().split("\n");
  return { status: Number(lines.pop()), body: lines.join("\n") };
}

const write = (who: "writer" | "reader", line: string) =>
  ask(who, `/api/v2/write?org=${influx.org}&bucket=${influx.bucket}&precision=ms`, "--data-binary", line)
    .status;
const query = (who: "writer" | "reader") => {
  const parts = ["-G", "--data-urlencode", `db=${influx.bucket}`, "--data-urlencode", "q=SELECT * FROM m"];
  return JSON.parse(ask(who, "/query", ...parts).body).results[0].series?.[0].values;
};
const erase = (who: "writer" | "reader") => {
  const span = JSON.stringify({ start: "1970-01-01T00:00:00Z", stop: "1970-01-01T00:01:00Z" });
  return ask(who, `/api/v2/delete?org=${influx.org}&bucket=${influx.bucket}`, "-d", span).status;
};

describe.skipIf(!isThere)("InfluxDB's tokens", () => {
  beforeAll(async () => {
    expect(makeSecrets(secrets.path).status).toBe(0);
    const tls = { cert: file("influxdb.crt"), key: file("influxdb.key"), ca: file("ca.crt") };
    influx = await startInflux({ tls, args: ["--ui-disabled", "--hardening-enabled", "--pprof-disabled"] });
  });
  afterAll(async () => {
    await influx?.stop();
    secrets.remove();
  });

  it("are made once, for their readers' eyes", () => {
    expect(run()).toMatchObject({ stdout: "tokens: made writer, reader", status: 0 });
    const before = readFileSync(file("writer"), "utf8");
    expect(run()).toMatchObject({ stdout: "tokens: all there", status: 0 });
    expect(readFileSync(file("writer"), "utf8")).toBe(before);
    expect(statSync(file("writer")).mode & 0o777).toBe(0o400);
    expect(statSync(file("reader")).mode & 0o777).toBe(0o444);
  });

  it("let the writer write, read and delete in the bucket, and the reader only read", () => {
    expect(write("writer", "m,site=a amount=1 1000")).toBe(204);
    expect(write("reader", "m,site=a amount=2 2000")).toBe(403);
    expect(query("reader")).toEqual([["1970-01-01T00:00:01Z", 1, "a"]]);
    expect(erase("reader")).toBe(403);
    expect(query("writer")).toHaveLength(1);
    expect(erase("writer")).toBe(204);
    expect(query("writer")).toBeUndefined();
  });

  it("give neither of them other buckets, tokens or users", () => {
    for (const who of ["writer", "reader"] as const) {
      const others = ask(who, "/api/v2/buckets");
      const names = (JSON.parse(others.body).buckets as { name: string }[]).map(({ name }) => name);
      expect(names).toEqual([influx.bucket]);
      expect(JSON.parse(ask(who, "/api/v2/authorizations").body).authorizations).toEqual([]);
      expect(JSON.parse(ask(who, "/api/v2/users").body).users ?? []).toEqual([]);
      const wish = ["-d", JSON.stringify({ orgID: "0000000000000001", name: "mine" })];
      expect(ask(who, "/api/v2/buckets", ...wish).status).toBeGreaterThanOrEqual(400);
    }
  });

  it("are made anew when they were lost or do not work, and the old ones end", () => {
    const lost = readFileSync(file("reader"), "utf8");
    rmSync(file("reader"));
    rmSync(file("writer"));
    writeFileSync(file("writer"), "of another database");
    expect(run()).toMatchObject({ stdout: "tokens: made writer, reader", status: 0 });
    writeFileSync(file("old"), lost);
    expect(write("writer", "m,site=a amount=1 1000")).toBe(204);
    expect(ask("operator", "/api/v2/authorizations").body.match(/county-energy-monitor/g)).toHaveLength(2);
    rmSync(file("reader"), { force: true });
    writeFileSync(file("reader"), lost);
    expect(ask("reader", "/api/v2/buckets").status).toBe(401);
    rmSync(file("reader"), { force: true });
    expect(run().stdout).toBe("tokens: made reader");
  });

  it("are each host's own: those made for one leave another's alone", () => {
    expect(run(influx.token, {}, "b")).toMatchObject({ stdout: "tokens: made writer, reader", status: 0 });
    expect(run()).toMatchObject({ stdout: "tokens: all there" });
    expect(run(influx.token, {}, "b")).toMatchObject({ stdout: "tokens: all there" });
  });

  it("are refused with what to do when something is not as it must be", () => {
    expect(run("wrong")).toMatchObject({ status: 1, stderr: expect.stringContaining("401") });
    expect(run(influx.token, { ENERGY_INFLUX_BUCKET: "other" }).stderr).toContain('no bucket "other"');
    const id = (
      JSON.parse(ask("operator", `/api/v2/buckets?name=${influx.bucket}`).body).buckets as { id: string }[]
    )[0]!.id;
    const rules = (seconds: number) =>
      ask(
        "operator",
        `/api/v2/buckets/${id}`,
        "-X",
        "PATCH",
        "-d",
        JSON.stringify({ retentionRules: [{ type: "expire", everySeconds: seconds }] }),
      );
    expect(rules(2_592_000).status).toBe(200);
    expect(run().stderr).toContain("deletes after 2592000 s: readings are kept for good");
    expect(rules(0).status).toBe(200);
    expect(run().status).toBe(0);
  });
});
