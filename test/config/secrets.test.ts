import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkChannelSecrets } from "../../config/channel-secrets.ts";
import { loadConfig } from "../../config/load.ts";
import { createOperatorCheck } from "../../config/operators.ts";
import { hashPassword, isPasswordHash, verifyPassword } from "../../config/password.ts";
import { checkSecrets, loadSecrets, openSecrets } from "../../config/secrets.ts";
import { hashToken, makeToken } from "../../config/token.ts";
import type { Channel } from "../../model/duty.ts";
import { ConfigError } from "../../model/errors.ts";
import { countyYaml, directoryOf, siteYaml } from "./directory.ts";

describe("passwords", () => {
  it("are verified by their hash and no other is", async () => {
    const hash = await hashPassword("潮汐-4711");
    expect(hash).toMatch(/^scrypt\$16384\$8\$1\$[\w-]+\$[\w-]+$/);
    expect(await verifyPassword("潮汐-4711", hash)).toBe(true);
    expect(await verifyPassword("潮汐-4712", hash)).toBe(false);
    expect(await verifyPassword("", hash)).toBe(false);
    expect(await hashPassword("潮汐-4711")).not.toBe(hash);
  });

  it("hold to the published vector of scrypt (RFC 7914, 12)", async () => {
    const salt = Buffer.from("SodiumChloride").toString("base64url");
    const key = Buffer.from(
      "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
      "hex",
    ).toString("base64url");
    expect(await verifyPassword("pleaseletmein", `scrypt$16384$8$1$${salt}$${key}`)).toBe(true);
  });

  it.each([
    "pleaseletmein",
    "scrypt$16384$8$1$c2FsdA",
    "scrypt$16383$8$1$U29kaXVtQ2hsb3JpZGU$7023bdcb3afd7348461c06cd81fd38eb",
    "scrypt$1048576$99$1$U29kaXVtQ2hsb3JpZGU$7023bdcb3afd7348461c06cd81fd38eb",
    "scrypt$16384$0$1$U29kaXVtQ2hsb3JpZGU$7023bdcb3afd7348461c06cd81fd38eb",
  ])("%s is no hash and opens nothing", async (text) => {
    expect(isPasswordHash(text)).toBe(false);
    expect(await verifyPassword("pleaseletmein", text)).toBe(false);
  });
});

describe("the secrets file", () => {
  it("may be absent", async () => {
    expect(await loadSecrets(join(await directoryOf({}), "secrets.yaml"))).toBeUndefined();
  });

  it("is read, and warned of when others may read it", async () => {
    const hash = await hashPassword("a");
    const path = join(
      await directoryOf({ "secrets.yaml": `gateways: { works-1-gw1: "${hash}" }\n` }),
      "secrets.yaml",
    );
    chmodSync(path, 0o600);
    const closed = await loadSecrets(path);
    expect(closed?.secrets.gateways["works-1-gw1"]).toBe(hash);
    expect(closed?.secrets.operators).toEqual({});
    expect(closed?.secrets.gateways.constructor).toBeUndefined();
    expect(closed?.warnings).toEqual([]);
    chmodSync(path, 0o644);
    expect((await loadSecrets(path))?.warnings).toMatchObject([
      { file: "secrets.yaml", severity: "warning", message: expect.stringContaining("mode 644") },
    ]);
  });

  it.each(["plain-text", "12345", "scrypt$16384$8$1$c2FsdA$topsecret"])(
    "refuses %s without repeating it",
    async (secret) => {
      const directory = await directoryOf({ "secrets.yaml": `gateways: { works-1-gw1: ${secret} }\n` });
      const error = await loadSecrets(join(directory, "secrets.yaml")).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as ConfigError).problems).toMatchObject([
        { file: "secrets.yaml", path: "gateways.works-1-gw1" },
      ]);
      expect(JSON.stringify((error as ConfigError).problems)).not.toContain(secret);
    },
  );

  it("knows operators of both forms, and machines", async () => {
    const hash = await hashPassword("a");
    const { token, hash: tokenHash } = makeToken();
    const text = `operators: { wang: "${hash}", li: { hash: "${hash}", role: viewer } }\ntokens: { grafana: { hash: "${tokenHash}", role: viewer } }\n`;
    const loaded = await loadSecrets(join(await directoryOf({ "secrets.yaml": text }), "secrets.yaml"));
    expect({ ...loaded?.secrets.operators }).toEqual({
      wang: { hash, role: "admin" },
      li: { hash, role: "viewer" },
    });
    const check = await createOperatorCheck(loaded!.secrets);
    expect(await check?.password("wang", "a")).toBe("admin");
    expect(await check?.password("li", "a")).toBe("viewer");
    expect(await check?.password("li", "b")).toBeUndefined();
    expect(await check?.password("nobody", "a")).toBeUndefined();
    expect(check?.token(token)).toEqual({ name: "grafana", role: "viewer" });
    expect(check?.token(tokenHash)).toBeUndefined();
    expect(check?.isUser("grafana")).toBe(false);
  });

  it("asks nobody where it has gateways alone", async () => {
    expect(await createOperatorCheck({ gateways: { a: "x" }, operators: {}, tokens: {} })).toBeUndefined();
  });

  it.each([
    ["operators: { wang: { hash: topsecret, role: admin } }", "operators.wang.hash"],
    ["operators: { wang: [topsecret] }", "operators.wang"],
    ["operators: { wang: { hash: HASH } }", "operators.wang.role"],
    ["operators: { wang: { hash: HASH, role: topsecret } }", "operators.wang.role"],
    ["operators: { wang: { hash: HASH, role: admin, also: topsecret } }", "operators.wang.also"],
    ["tokens: { grafana: topsecret }", "tokens.grafana"],
    ["tokens: { grafana: { hash: HASH, role: viewer } }", "tokens.grafana.hash"],
    ["tokens: { grafana: { hash: sha256$topsecret, role: viewer } }", "tokens.grafana.hash"],
  ])("refuses %s at its place, without repeating what may be a secret", async (text, path) => {
    const hash = await hashPassword("a");
    const directory = await directoryOf({ "secrets.yaml": text.replace("HASH", `"${hash}"`) });
    const error = await loadSecrets(join(directory, "secrets.yaml")).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ConfigError);
    const { problems } = error as ConfigError;
    expect(problems.map((problem) => problem.path)).toEqual([path]);
    expect(JSON.stringify(problems)).not.toMatch(/topsecret|scrypt\$1/);
  });

  it("opens channels", async () => {
    const linkKey = "k".repeat(43);
    const text = `channels: { robot: { url: "https://oapi.dingtalk.com/robot/send?access_token=x", secret: SECx }, mail: { password: "*p: #w" } }\nlinkKey: ${linkKey}\n`;
    const loaded = await loadSecrets(join(await directoryOf({ "secrets.yaml": text }), "secrets.yaml"));
    expect({ ...loaded?.secrets.channels }).toEqual({
      robot: { url: "https://oapi.dingtalk.com/robot/send?access_token=x", secret: "SECx" },
      mail: { password: "*p: #w" },
    });
    expect(loaded?.secrets.linkKey).toBe(linkKey);
    expect(openSecrets(loaded!.secrets)).toEqual([
      "https://oapi.dingtalk.com/robot/send?access_token=x",
      "SECx",
      "*p: #w",
      linkKey,
    ]);
  });

  it.each([
    ["channels: { robot: { url: topsecret } }", "channels.robot.url"],
    ["channels: { robot: { url: 'https://me:topsecret@host/' } }", "channels.robot.url"],
    ["channels: { robot: { url: 'ftp://host/topsecret' } }", "channels.robot.url"],
    ["channels: { robot: topsecret }", "channels.robot"],
    ["channels: { robot: { secret: [topsecret] } }", "channels.robot.secret"],
    ['channels: { mail: { password: "top\\nsecret topsecret" } }', "channels.mail.password"],
    ["channels: { mail: { password: 4711081508150815 } }", "channels.mail.password"],
    ["channels: { mail: { passwort: topsecret } }", "channels.mail.passwort"],
    ["channels: topsecret", "channels"],
    ["linkKey: topsecret", "linkKey"],
    ["linkKey: { topsecret: 1 }", "linkKey"],
    ["channels: { mail: { password: *topsecret } }", undefined],
    ["channels: { mail: { password: &topsecret } }x", undefined],
  ])("refuses %s without repeating what opens the channel", async (text, path) => {
    const directory = await directoryOf({ "secrets.yaml": text });
    const error = await loadSecrets(join(directory, "secrets.yaml")).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ConfigError);
    const { problems, message } = error as ConfigError;
    if (path !== undefined) expect(problems.map((problem) => problem.path)).toEqual([path]);
    expect(JSON.stringify(problems) + message).not.toMatch(/topsecret|4711081508150815/);
  });

  it("is compared with the channels of the duties", () => {
    const channel = (id: string, kind: Channel["kind"], part: Partial<Channel> = {}): Channel => ({
      id,
      kind,
      perMinute: 20,
      ...part,
    });
    const secrets = {
      robot: { url: "https://robot.example/?key=topsecret" },
      sms: { url: "http://gateway.example/topsecret", secret: "topsecret" },
      local: { url: "http://127.0.0.1:9/x", secret: "sixteen characters" },
      gone: { password: "topsecret" },
    };
    const channels = [
      channel("robot", "dingtalk"),
      channel("other", "wecom"),
      channel("sms", "webhook"),
      channel("local", "webhook"),
      channel("mail", "smtp", { user: "energy" }),
      channel("open-relay", "smtp"),
      channel("screen", "console"),
    ];
    const problems = checkChannelSecrets("secrets.yaml", secrets, channels);
    expect(problems.map(({ path }) => path)).toEqual([
      "channels.robot.secret",
      "channels.other.url",
      "channels.sms.url",
      "channels.sms.secret",
      "channels.mail.password",
      "channels.gone",
    ]);
    expect(problems.every(({ severity }) => severity === "warning")).toBe(true);
    expect(JSON.stringify(problems)).not.toContain("topsecret");
  });

  it("is compared with the gateways of the registry", async () => {
    const directory = await directoryOf({ "county.yaml": countyYaml, "sites/works-1.yaml": siteYaml });
    const { registry } = await loadConfig(directory);
    const secrets = { gateways: { other: await hashPassword("a") }, operators: {}, tokens: {} };
    expect(checkSecrets("secrets.yaml", secrets, registry).map((problem) => problem.path)).toEqual([
      "gateways.works-1-gw1",
      "gateways.other",
    ]);
  });
});

describe("tokens of machines", () => {
  it("are random, and hashed as sha256sum does it", () => {
    const { token, hash } = makeToken();
    expect(makeToken().token).not.toBe(token);
    expect(hashToken(token)).toBe(hash);
    const hex = "0123456789abcdef".repeat(4);
    expect(hashToken(hex)).toBe("sha256$a8ae6e6ee929abea3afcfc5258c8ccd6f85273e0d4626d26c7279f3250f77c8e");
  });

  it("that are too short to be random open nothing, whatever the file says", () => {
    expect(hashToken("x".repeat(42))).toBeUndefined();
    expect(hashToken("x".repeat(257))).toBeUndefined();
  });
});
