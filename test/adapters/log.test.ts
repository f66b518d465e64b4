/** The log's lines, and what must never stand in one. */
import { expect, test } from "vitest";
import { createLog, type LogOptions } from "../../adapters/pino.ts";
import { hashPassword } from "../../config/password.ts";
import { makeToken } from "../../config/token.ts";

function logOf(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLog({ form: "json", write: (line) => lines.push(line), ...options });
  return { log, lines, all: () => lines.join("\n") };
}

test("JSON lines have level, time, event and facts", () => {
  const { log, lines } = logOf({ always: { role: "process" } });
  log.warn("append-retried", { attempt: 3, topic: "readings", waitMs: 250 });
  const line = JSON.parse(lines[0]!) as Record<string, unknown>;
  expect(line).toMatchObject({
    level: "warn",
    event: "append-retried",
    role: "process",
    attempt: 3,
    topic: "readings",
    waitMs: 250,
  });
  expect(new Date(String(line.time)).toISOString()).toBe(line.time);
});

test("a fact cannot pass itself off as the line's own level, event or role", () => {
  const { log, lines } = logOf({ always: { role: "ingest" } });
  log.info("forbidden", { level: "debug", event: "signed-in", role: "viewer" });
  expect(lines[0]!.match(/"(level|event|role)":/g)).toHaveLength(3);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: "info",
    event: "forbidden",
    role: "ingest",
    roleSaid: "viewer",
  });
});

test("the level says what is left out", () => {
  const { log, lines } = logOf({ level: "warn" });
  for (const level of ["debug", "info", "warn", "error"] as const) log[level]("event");
  expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(["warn", "error"]);
});

test("people get one short line, whatever is in the facts", () => {
  const { log, lines } = logOf({ form: "human", always: { role: "all" } });
  log.info("started", { url: "http://127.0.0.1:8080", name: "a\nINFO forged line", n: 2 });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^\d\d:\d\d:\d\d info {2}started url=http:\/\/127.0.0.1:8080 name="a\\nINFO forged line" n=2$/,
  );
});

test("errors are told with message, code, stack and cause", () => {
  const { log, lines } = logOf();
  const cause = Object.assign(new Error("connect refused"), { code: "ECONNREFUSED" });
  log.error("write-failed", { error: new Error("no store", { cause }) });
  expect(JSON.parse(lines[0]!)).toMatchObject({
    error: {
      message: "no store",
      stack: expect.stringContaining("log.test.ts"),
      cause: { message: "connect refused", code: "ECONNREFUSED" },
    },
  });
});

test("no secret comes through, by its name, by its looks, or because it is known", async () => {
  const { token, hash } = makeToken();
  const password = "潮汐 & 4711";
  const passwordHash = await hashPassword(password);
  const { log, all } = logOf({ hide: [password, "influx-token-value"] });
  const basic = Buffer.from(`wang:${password}`).toString("base64");
  log.info("named", {
    password: "p-1-secret",
    headers: { authorization: `Basic ${basic}`, cookie: "a=c-1-secret", "set-cookie": "c-2-secret" },
    apiKey: "k-1-secret",
    token,
    nested: [{ deep: { clientSecret: "s-1-secret" } }],
  });
  log.info("looks", {
    header: `Authorization: Bearer ${token}`,
    other: `Basic ${basic}`,
    influx: `Token ${token}`,
    url: "mqtts://wang:u-1-secret@broker.example:8883/x",
    answer: `/a/WyIyMDI2MTEyMy0wMDA3Il0.${token.slice(0, 43)}?lang=zh`,
    hook: "https://oapi.example/robot/send?access_token=w-1-secret&x=1",
    yaml: `hashes ${passwordHash} and ${hash}`,
    line: `energy-session=${token}; path=/`,
    key: "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\n-----END PRIVATE KEY-----",
  });
  log.error("known", {
    error: new Error(`login of wang with ${password} failed at influx-token-value`),
    query: `q=${encodeURIComponent(password)}`,
    encoded: Buffer.from(password).toString("base64"),
  });
  for (const secret of [
    password,
    encodeURIComponent(password),
    basic,
    token,
    hash.slice(7),
    passwordHash.split("$")[5]!,
    "influx-token-value",
    "WyIyMDI2MTEyMy0wMDA3Il0",
    "MIGHAgEAMBMGByqGSM49",
    ...["p-1", "c-1", "c-2", "k-1", "s-1", "u-1", "w-1"].map((one) => `${one}-secret`),
  ]) {
    expect(all()).not.toContain(secret);
  }
  // What is no secret stays, or the log would be of no use.
  for (const plain of ["broker.example:8883/x", "x=1", "?lang=zh", "wang with", "hashes scrypt$"])
    expect(all()).toContain(plain);
});

test("facts that are large, deep or of another kind do not break it", () => {
  const { log, lines } = logOf();
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  log.info("odd", { loop, big: 10n ** 20n, bytes: Buffer.from("secret bytes"), text: "x".repeat(100_000) });
  const line = JSON.parse(lines[0]!) as Record<string, unknown>;
  expect(line).toMatchObject({ big: "100000000000000000000", bytes: "12 bytes" });
  expect(lines[0]!.length).toBeLessThan(10_000);
});
