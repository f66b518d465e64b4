import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { root } from "./compose-file.ts";
import { freshDirectory, makeSecrets } from "./make-secrets.ts";

const names = ["--name", "energy.example.gov.cn", "--name", "10.1.2.3"];
const servers = ["mosquitto", "kafka", "influxdb", "grafana", "energy"];
const directory = freshDirectory("secrets");
const openssl = (...args: string[]) =>
  execFileSync("openssl", args, { encoding: "utf8", cwd: directory.path, stdio: "pipe" });
const contents = () =>
  Object.fromEntries(
    readdirSync(directory.path, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(join(directory.path, name), "utf8")]),
  );
const modeOf = (name: string) => (statSync(join(directory.path, name)).mode & 0o777).toString(8);
const isRoot = process.getuid?.() === 0;

let first: ReturnType<typeof makeSecrets>;
beforeAll(() => {
  first = makeSecrets(directory.path, ...names);
});
afterAll(directory.remove);

describe("make-secrets", () => {
  it("makes everything at the first run and leaves nothing unfinished behind", () => {
    expect(first.status, first.complaints).toBe(0);
    expect(first.complaints).toBe(isRoot ? "" : expect.stringContaining("not run as root"));
    const files = readdirSync(directory.path).filter((name) => name !== "mosquitto");
    expect([...first.made].sort()).toEqual(files.sort());
  });

  it("shows nothing but certificates to anybody else", () => {
    for (const name of Object.keys(contents()))
      expect([name, modeOf(name)]).toEqual([name, name.endsWith(".crt") ? "644" : "600"]);
    expect(modeOf(".")).toBe("700");
    expect(modeOf("mosquitto")).toBe("700");
  });

  it("makes passwords of 256 bits, no two alike but the copies", () => {
    const all = contents();
    const random = Object.entries(all).filter(([name]) => /(password|token|secret-key)$/.test(name));
    for (const [name, text] of random) expect(text, name).toMatch(/^[0-9a-f]{64}$/);
    expect(all["energy-kafka-password"]).toBe(all["kafka-password"]);
    expect(all["energy-influxdb-operator-token"]).toBe(all["influxdb-operator-token"]);
    expect(new Set(random.map(([, text]) => text)).size).toBe(random.length - 2);
  });

  it("lets Grafana hand over alerts by a token whose hash the program knows, and says so where it does not", () => {
    const hash = createHash("sha256").update(contents()["grafana-hook-token"]!).digest("hex");
    const secrets = contents()["energy-secrets.yaml"]!;
    expect(parse(secrets).tokens).toEqual({ grafana: { hash: `sha256$${hash}`, role: "officer" } });
    const other = freshDirectory("secrets-of-before");
    makeSecrets(other.path);
    writeFileSync(join(other.path, "energy-secrets.yaml"), "gateways: {}\n");
    const hashThere = createHash("sha256")
      .update(readFileSync(join(other.path, "grafana-hook-token")))
      .digest("hex");
    expect(makeSecrets(other.path).complaints).toContain(
      `grafana: { hash: "sha256$${hashThere}", role: officer }`,
    );
    other.remove();
  });

  it("makes a cluster id that Kafka takes: 16 bytes in URL-safe Base64", () => {
    const id = contents()["kafka-cluster-id"]!;
    expect(id).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
    expect(Buffer.from(id, "base64url")).toHaveLength(16);
  });

  it("signs certificates that verify for their service and for the names given", () => {
    for (const server of servers) {
      const service = server === "energy" ? "processor" : server;
      for (const host of ["localhost", service, "energy.example.gov.cn"])
        expect(
          openssl(
            "verify",
            "-CAfile",
            "ca.crt",
            "-purpose",
            "sslserver",
            "-verify_hostname",
            host,
            `${server}.crt`,
          ),
        ).toContain("OK");
      for (const address of ["127.0.0.1", "10.1.2.3"])
        expect(openssl("verify", "-CAfile", "ca.crt", "-verify_ip", address, `${server}.crt`)).toContain(
          "OK",
        );
      expect(() =>
        openssl("verify", "-CAfile", "ca.crt", "-verify_hostname", "elsewhere.example", `${server}.crt`),
      ).toThrow();
      const keyOf = (what: string, ...args: string[]) => openssl(what, ...args, "-noout", "-modulus");
      expect(keyOf("x509", "-in", `${server}.crt`)).toBe(keyOf("rsa", "-in", `${server}.key`));
    }
    expect(openssl("x509", "-in", "ca.crt", "-noout", "-ext", "basicConstraints")).toContain(
      "CA:TRUE, pathlen:0",
    );
  });

  it("puts Kafka's key and chain into one file, the key as PKCS #8", () => {
    const all = contents();
    expect(all["kafka.pem"]).toBe(all["kafka.key"]! + all["kafka.crt"]! + all["ca.crt"]!);
    expect(all["kafka.key"]).toMatch(/^-----BEGIN PRIVATE KEY-----/);
  });

  it("changes nothing when run again, but mends modes", () => {
    const before = contents();
    chmodSync(join(directory.path, "kafka-password"), 0o644);
    appendFileSync(join(directory.path, "energy-secrets.yaml"), "# written by hand\n");
    const again = makeSecrets(directory.path, ...names);
    expect(again).toMatchObject({ status: 0, made: [] });
    const hand = `${before["energy-secrets.yaml"]}# written by hand\n`;
    expect(contents()).toEqual({ ...before, "energy-secrets.yaml": hand });
    expect(modeOf("kafka-password")).toBe("600");
  });

  it("makes anew only what was deleted, and Kafka's bundle with its certificate", () => {
    const before = contents();
    for (const name of ["kafka.crt", "kafka.key", "grafana-admin-password"])
      unlinkSync(join(directory.path, name));
    expect([...makeSecrets(directory.path, ...names).made].sort()).toEqual([
      "grafana-admin-password",
      "kafka.crt",
      "kafka.key",
      "kafka.pem",
    ]);
    const after = contents();
    expect(after["kafka.pem"]).toBe(after["kafka.key"]! + after["kafka.crt"]! + after["ca.crt"]!);
    const untouched = Object.keys(before).filter((name) => !/^kafka\.|^grafana-admin/.test(name));
    for (const name of untouched) expect(after[name], name).toBe(before[name]);
  });

  it("warns of a certificate that lacks a name or ends soon", () => {
    const { complaints, made } = makeSecrets(directory.path, "--name", "new.example.gov.cn");
    expect(made).toEqual([]);
    for (const server of servers)
      expect(complaints).toContain(`${server}.crt does not hold new.example.gov.cn`);
    openssl("x509", "-x509toreq", "-in", "energy.crt", "-signkey", "energy.key", "-out", "energy.csr");
    openssl(
      "x509",
      "-req",
      "-days",
      "30",
      "-in",
      "energy.csr",
      "-CA",
      "ca.crt",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-out",
      "energy.crt",
    );
    expect(makeSecrets(directory.path).complaints).toContain("energy.crt ends within 60 days");
  });

  it("stops at half a pair and at copies that differ, and says what to do", () => {
    const key = readFileSync(join(directory.path, "influxdb.key"));
    unlinkSync(join(directory.path, "influxdb.key"));
    const half = makeSecrets(directory.path);
    expect(half.status).toBe(1);
    expect(half.complaints).toMatch(
      /influxdb\.key and influxdb\.crt: one of the two is missing; restore it, or delete/,
    );
    writeFileSync(join(directory.path, "influxdb.key"), key);
    writeFileSync(join(directory.path, "energy-kafka-password"), "another");
    const differs = makeSecrets(directory.path);
    expect(differs.status).toBe(1);
    expect(differs.complaints).toMatch(/energy-kafka-password differs from kafka-password: delete/);
  });

  it.each(["", "-x", "a b", "a;b", "$(id)"])("refuses the name %j", (name) => {
    expect(makeSecrets(directory.path, "--name", name)).toMatchObject({ status: 2, made: [] });
  });

  it("writes where the compose file looks by default, which Git does not see", () => {
    const ignored = execFileSync("git", ["check-ignore", "deploy/secrets/ca.key"], {
      cwd: root,
      encoding: "utf8",
    });
    expect(ignored.trim()).toBe("deploy/secrets/ca.key");
  });
});
