import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import "../property-seed.ts";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { type BrokerFilesOptions, writeBrokerFiles } from "../../config/broker-files.ts";
import { collectorFilters, withoutOverlaps } from "../../config/collector-filters.ts";
import { containerPlaces, mosquittoAcl, mosquittoProblems } from "../../config/mosquitto.ts";
import {
  mosquittoPasswordLine,
  mosquittoPasswordLines,
  verifyMosquittoPassword,
} from "../../config/mosquitto-password.ts";
import { hashPassword, verifyPassword } from "../../config/password.ts";
import { loadSecrets } from "../../config/secrets.ts";
import { filterCovers } from "../../ingest/topic-filter.ts";
import { ConfigError } from "../../model/errors.ts";
import type { Registry } from "../../model/registry.ts";
import { filtersOverlap } from "../../model/topics.ts";
import { county } from "../ingest/county.ts";

const usernames = county.sites.flatMap((site) => site.gateways.map(({ username }) => username));

/** The county with the first site's gateways replaced. */
function withGateway(username: string, topics: readonly string[]): Registry {
  const [first, ...others] = county.sites;
  return { ...county, sites: [{ ...first!, gateways: [{ id: "gw", username, topics }] }, ...others] };
}

describe("what the collector subscribes to", () => {
  test("matches everything gateways may publish, once", () => {
    const filters = collectorFilters(county);
    expect(filters).toContain("v1/sites/+/#");
    for (const { topics } of county.sites.flatMap((site) => site.gateways))
      for (const topic of topics) expect(filters.filter((wide) => filterCovers(wide, topic))).toHaveLength(1);
  });

  test.each([
    [["a/b", "a/#"], ["a/#"]],
    [["a/+/x", "a/b/+"], ["a/+/+"]],
    [
      ["a", "a/#", "b"],
      ["a/#", "b"],
    ],
    [
      ["a/b/c", "a/+/c", "x/y"],
      ["a/+/c", "x/y"],
    ],
    [["a/+", "b/+", "+/c"], ["+/+"]],
    [["#", "a/b"], ["#"]],
  ])("%j becomes %j", (filters, expected) => {
    expect(withoutOverlaps(filters)).toEqual(expected);
  });

  const level = fc.constantFrom("a", "b", "+");
  const filter = fc
    .tuple(fc.array(level, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([levels, isOpen]) => [...levels, ...(isOpen ? ["#"] : [])].join("/"));

  test("no two overlap, and each given one is covered, whatever is given", () => {
    fc.assert(
      fc.property(fc.array(filter, { maxLength: 12 }), (filters) => {
        const kept = withoutOverlaps(filters);
        for (const one of kept) expect(kept.filter((other) => filtersOverlap(one, other))).toEqual([one]);
        for (const one of filters) expect(kept.some((wide) => filterCovers(wide, one))).toBe(true);
      }),
    );
  });
});

describe("Mosquitto's access list", () => {
  test("names each gateway with its topics, to write, and the collector, to read", () => {
    const acl = mosquittoAcl(county, "collector");
    for (const { username, topics } of county.sites.flatMap((site) => site.gateways))
      expect(acl).toContain(
        `\nuser ${username}\n${topics.map((topic) => `topic write ${topic}`).join("\n")}\n`,
      );
    const [collector] = acl.split("\n\n");
    expect(collector).toMatch(/^#.*\nuser collector\n(topic read .*\n?)+$/);
    expect(acl.match(/topic (?!read|write)|pattern/)).toBeNull();
    expect(acl.match(/topic read/g)).toHaveLength(collector!.match(/topic read/g)!.length);
  });

  test.each([
    ["gw one", ["v1/a b/#"], []],
    ["#gw", ["v1/a"], ["gateways[0].username"]],
    ["gw:1", ["v1/a"], ["gateways[0].username"]],
    [" gw", ["v1/a"], ["gateways[0].username"]],
    ["gw\nuser root", ["v1/a"], ["gateways[0].username"]],
    ["gw", ["v1/a\nuser collector\ntopic write #"], ["gateways[0].topics[0]"]],
    ["gw", ["v1/a", "v1/b "], ["gateways[0].topics[1]"]],
    ["collector", ["v1/a"], ["gateways[0].username"]],
  ])("user %j with %j", (username, topics, paths) => {
    const problems = mosquittoProblems(withGateway(username, topics), "collector");
    expect(problems.map(({ path }) => path)).toEqual(paths);
    for (const { file, severity } of problems)
      expect({ file, severity }).toEqual({ file: `sites/${county.sites[0]!.id}.yaml`, severity: "error" });
  });
});

describe("Mosquitto's passwords", () => {
  test("are verified by their line and no other is", async () => {
    const line = await mosquittoPasswordLine("gw", "潮汐-4711");
    expect(line).toMatch(/^gw:\$7\$10000\$[\w+/=]{16}\$[\w+/=]{88}$/);
    expect(await verifyMosquittoPassword("潮汐-4711", line)).toBe(true);
    expect(await verifyMosquittoPassword("潮汐-4712", line)).toBe(false);
    expect([...mosquittoPasswordLines(`\n# note\n${line}\nbad\n`)]).toEqual([["gw", line]]);
    expect(await verifyMosquittoPassword("x", "gw:x")).toBe(false);
  });
});

describe("the broker's files", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  function optionsIn(parts: Partial<BrokerFilesOptions> = {}): BrokerFilesOptions & { folder: string } {
    const folder = mkdtempSync(join(tmpdir(), "energy-broker-"));
    folders.push(folder);
    return {
      folder,
      registry: county,
      directory: join(folder, "mosquitto"),
      places: containerPlaces,
      requireCertificate: false,
      secretsFile: join(folder, "secrets.yaml"),
      newPasswordsFile: join(folder, "new.yaml"),
      collector: "collector",
      collectorPasswordFile: join(folder, "collector"),
      ...parts,
    };
  }

  const read = (path: string): string => readFileSync(path, "utf8");
  const newPasswords = (text: string): Map<string, string> =>
    new Map([...text.matchAll(/^([^#:]+): "(.+)"$/gm)].map(([, user, password]) => [user!, password!]));

  test("make a password for every gateway, tell it once, and both hashes are of it", async () => {
    const options = optionsIn();
    const report = await writeBrokerFiles(options);
    expect(report).toEqual({ made: usernames, changed: [], removed: [], kept: 0 });
    const passwords = newPasswords(read(options.newPasswordsFile));
    expect([...passwords.keys()]).toEqual(usernames);
    expect(new Set(passwords.values()).size).toBe(usernames.length);
    const lines = mosquittoPasswordLines(read(join(options.directory, "passwd")));
    const { secrets, warnings } = (await loadSecrets(options.secretsFile))!;
    expect(warnings).toEqual([]);
    for (const [username, password] of passwords) {
      expect(await verifyMosquittoPassword(password, lines.get(username)!)).toBe(true);
      expect(await verifyPassword(password, secrets.gateways[username]!)).toBe(true);
    }
    const own = read(options.collectorPasswordFile).trim();
    expect(await verifyMosquittoPassword(own, lines.get("collector")!)).toBe(true);
    expect(secrets.gateways.collector).toBeUndefined();
    for (const file of ["secrets.yaml", "new.yaml", "collector", "mosquitto/passwd", "mosquitto/acl"])
      expect(statSync(join(options.folder, file)).mode & 0o777).toBe(0o600);
  });

  test("written again change nothing, and follow the registry", async () => {
    const options = optionsIn();
    await writeBrokerFiles(options);
    const files = ["mosquitto/passwd", "mosquitto/acl", "secrets.yaml", "new.yaml", "collector"];
    const before = files.map((file) => read(join(options.folder, file)));
    const again = await writeBrokerFiles(options);
    expect(again).toEqual({ made: [], changed: [], removed: [], kept: usernames.length });
    expect(files.map((file) => read(join(options.folder, file)))).toEqual(before);

    const renamed = withGateway("new-gw", ["v1/sites/new/#"]);
    const gone = county.sites[0]!.gateways.map(({ username }) => username);
    const third = await writeBrokerFiles({ ...options, registry: renamed });
    expect(third).toMatchObject({ made: ["new-gw"], removed: gone });
    const lines = mosquittoPasswordLines(read(join(options.directory, "passwd")));
    const { secrets } = (await loadSecrets(options.secretsFile))!;
    for (const username of gone) {
      expect(lines.has(username)).toBe(false);
      expect(secrets.gateways[username]).toBeUndefined();
    }
    expect(read(join(options.directory, "acl"))).not.toContain(`user ${gone[0]}\n`);
    expect(newPasswords(read(options.newPasswordsFile)).size).toBe(usernames.length + 1);
  });

  test("take the passwords that are given, and keep the rest of the secrets", async () => {
    const [first, second] = usernames;
    const options = optionsIn();
    const passwordsFile = join(options.folder, "given.yaml");
    writeFileSync(passwordsFile, `${first}: "00123456"\n${second}: long-enough\n`);
    const hash = await hashPassword("00123456");
    const operator = await hashPassword("an officer's");
    writeFileSync(
      options.secretsFile,
      `# kept\ngateways:\n  ${first}: ${hash}\noperators:\n  lin: ${operator}\n`,
    );
    chmodSync(options.secretsFile, 0o640);
    const report = await writeBrokerFiles({ ...options, passwordsFile });
    expect(report.changed).toEqual([first, second]);
    for (const kept of ["# kept", `lin: ${operator}`]) expect(read(options.secretsFile)).toContain(kept);
    expect(statSync(options.secretsFile).mode & 0o777).toBe(0o640);
    const { secrets } = (await loadSecrets(options.secretsFile))!;
    expect(secrets.gateways[first!]).toBe(hash);
    const lines = mosquittoPasswordLines(read(join(options.directory, "passwd")));
    expect(await verifyMosquittoPassword("00123456", lines.get(first!)!)).toBe(true);
    expect(newPasswords(read(options.newPasswordsFile)).has(first!)).toBe(false);
    expect((await writeBrokerFiles({ ...options, passwordsFile })).kept).toBe(usernames.length);
  });

  test("a password known only as our hash is asked for, and nothing is written", async () => {
    const options = optionsIn();
    const hash = await hashPassword("whatever it is");
    writeFileSync(options.secretsFile, `gateways: { ${usernames[0]}: ${hash} }\n`, { mode: 0o600 });
    const failed = await writeBrokerFiles(options).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ConfigError);
    expect((failed as ConfigError).message).toMatch(/secrets\.yaml: gateways\..*: has a hash that Mosquitto/);
    expect((failed as ConfigError).message).not.toContain(hash);
    expect(existsSync(options.directory)).toBe(false);
    expect(existsSync(options.newPasswordsFile)).toBe(false);
  });

  test("given passwords that cannot be: short, a number, of nobody", async () => {
    const options = optionsIn();
    const passwordsFile = join(options.folder, "given.yaml");
    writeFileSync(passwordsFile, `${usernames[0]}: 12345678\n${usernames[1]}: short\nnobody: long-enough\n`);
    const failed = await writeBrokerFiles({ ...options, passwordsFile }).catch((error: unknown) => error);
    const paths = (failed as ConfigError).problems.map(({ path, file }) => `${file} ${path}`);
    expect(paths).toEqual([`given.yaml ${usernames[0]}`, `given.yaml ${usernames[1]}`, "given.yaml nobody"]);
    expect((failed as ConfigError).message).not.toContain("short:");
  });
});
