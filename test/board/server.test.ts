import { get } from "node:https";
import { connect } from "node:net";
import { brotliDecompressSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ProblemAnswer } from "../../board/api/session.ts";
import { parameters, type QueryName } from "../../board/parameters.ts";
import { problem } from "../../board/server/schema-parts.ts";
import { answers } from "../../board/server/schemas.ts";
import { createBoardServer, type OperatorCheck } from "../../board/server.ts";
import { UsageError } from "../../model/errors.ts";
import { certificate } from "./certificate.ts";
import { at, day, figure, NOW, openBoard, QUARTER } from "./county.ts";
import { builtPage, type Served, serve } from "./http.ts";

/** A store with something for every question. */
async function filledBoard() {
  const board = openBoard();
  const {
    scope: _,
    owner: __,
    carrier: ___,
    window: ____,
    start: _____,
    ...values
  } = figure("site", "works", "day", 0, 1);
  const entry = { scope: "site", owner: "works", carrier: "electricity", window: "day" } as const;
  const reading = {
    register: "active-import",
    revision: 0,
    seq: 1,
    receivedAt: NOW,
    offset: 1,
    certain: true,
  };
  await board.store.write({
    figures: [
      ...["works", "port", "refinery"].map((site) =>
        figure("site", site, "day", "2026-11-22", 10, { factors: ["x"] }),
      ),
      figure("site", "works", "month", "2026-10-01", 300),
      figure("group", "county", "day", "2026-11-22", 30),
      figure("group", "county", "15m", at("2026-11-21") + QUARTER, 1),
      figure("meter", "works/hall", "day", "2026-11-22", 3),
      figure("meter", "port/shore", "day", "2026-11-22", 3),
      figure("meter", "charge/guns", "day", "2026-11-22", 3),
    ],
    readings: [
      {
        series: { site: "works", meter: "a", register: "active-import" },
        rows: [{ ...reading, at: at("2026-11-22"), value: 5, verdict: "ok" }],
      },
    ],
    live: [
      {
        site: "works",
        meter: "a",
        at: NOW,
        receivedAt: NOW,
        register: "active-import",
        value: 5,
        powerKw: 9,
      },
    ],
    rejects: [
      {
        offset: 1,
        code: "future",
        detail: "ahead",
        site: "works",
        meter: "a",
        register: "active-import",
        gateway: "gw",
        origin: "topic",
        receivedAt: NOW,
        values: 1,
        payload: "e30=",
        length: 2,
        sha256: "ab",
        replayedAt: NOW,
      },
    ],
    ledger: [{ ...entry, start: at("2026-10-01"), before: values, after: values, cause: "late", at: NOW }],
    balance: [
      {
        site: "works",
        day: day("2026-11-22"),
        received: 2,
        accepted: 1,
        repeated: 0,
        rejected: { future: 1 },
      },
    ],
    pendingSet: [{ site: "works", meter: "a", start: 0, end: 1, firstAt: 0, lastAt: 0, cause: "late" }],
  });
  return board;
}

const span = "from=2026-11-21&to=2026-11-23";
const requests: Readonly<Record<Exclude<QueryName, "stream">, string>> = {
  sites: "",
  consumption: `site=works&window=day&${span}`,
  overview: "nationalList=exclude",
  ranking: "window=day",
  rolling: "class=two-high&at=2026-11-19",
  limits: "at=2026-11-22",
  avoided: span,
  breakdown: `site=works&carrier=electricity&${span}`,
  quality: "day=2026-11-22",
  readings: `site=works&meter=a&register=active-import&${span}`,
  balance: "day=2026-11-22",
  rejects: "limit=5",
  ledger: "",
  explain: "site=works&carrier=electricity&window=day&at=2026-11-22",
};

describe("the API", () => {
  let served: Served;
  beforeAll(async () => {
    served = await serve({}, await filledBoard());
  });
  afterAll(() => served.close());

  it.each(Object.entries(requests))("answers %s as its schema says", async (name, query) => {
    const reply = await served.ask(`/api/v1/${name}?${query}`);
    expect(reply.status, reply.text).toBe(200);
    expect(reply.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(reply.headers["cache-control"]).toBe("no-store");
    const answer = reply.json<Record<string, unknown>>();
    expect(answers[name as QueryName].safeParse(answer).error).toBeUndefined();
    if (Array.isArray(answer.rows))
      expect(answer.rows.length, "an empty answer shows nothing").toBeGreaterThan(0);
  });

  it.each(Object.keys(requests))("answers a mistake in %s with a problem", async (name) => {
    const reply = await served.ask(`/api/v1/${name}?nonsense=1`);
    expect(reply.status).toBe(400);
    expect(reply.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    const body = reply.json<ProblemAnswer>();
    expect(problem.safeParse(body).error).toBeUndefined();
    expect(body.detail).toContain("unknown parameter 'nonsense' (value '1')");
  });

  it("gives CSV as a file", async () => {
    const reply = await served.ask(`/api/v1/consumption?${requests.consumption}&format=csv`);
    expect(reply.headers["content-type"]).toMatch(/^text\/csv/);
    expect(reply.headers["content-disposition"]).toBe('attachment; filename="consumption.csv"');
    expect(reply.text.split("\r\n")[1]).toMatch(/^2026-11-22T00:00:00\+08:00,/);
  });

  it("takes an offset's plus as it is typed, and as it should be", async () => {
    for (const plus of ["+", "%2B"]) {
      const times = `from=2026-11-22T00:00:00${plus}08:00&to=2026-11-23T00:00:00${plus}08:00`;
      const reply = await served.ask(`/api/v1/consumption?site=works&window=day&${times}`);
      expect(reply.json<{ rows: unknown[] }>().rows).toHaveLength(1);
    }
  });

  it("refuses a parameter that is given twice", async () => {
    const reply = await served.ask(`/api/v1/consumption?${requests.consumption}&site=port`);
    expect(reply.json()).toMatchObject({ status: 400, code: "repeated-parameter", parameter: "site" });
  });

  it("answers HEAD without a body", async () => {
    const reply = await served.ask("/api/v1/sites", { method: "HEAD" });
    expect([reply.status, reply.body.length]).toEqual([200, 0]);
  });

  it.each([
    ["GET", "/api/v1/nothing"],
    ["GET", "/api"],
    ["GET", "/api/v2/sites"],
    ["POST", "/api/v1/sites"],
    ["DELETE", "/api/v1/consumption"],
    ["GET", "/"],
  ])("says that there is nothing at %s %s", async (method, path) => {
    const reply = await served.ask(path, { method });
    expect(reply.status).toBe(404);
    expect(reply.json()).toMatchObject({ status: 404, code: "unknown-path", value: path });
  });

  it("carries security headers on every answer", async () => {
    for (const path of ["/api/v1/sites", "/api/v1/nothing", "/api/v1/sites?x=1", "/healthz", "/metrics"]) {
      const { headers } = await served.ask(path);
      expect(headers, path).toMatchObject({
        "content-security-policy":
          "default-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none';img-src 'self' data:;" +
          "object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self'",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
      });
      expect(headers).not.toHaveProperty("strict-transport-security");
      expect(headers).not.toHaveProperty("access-control-allow-origin");
    }
  });

  it("survives what is no HTTP, and URLs nobody can mean", async () => {
    for (const path of [
      "/api/v1/sites?%",
      "/%ff",
      "/api/v1/consumption?__proto__=1",
      `/api/v1/sites?${"x".repeat(9000)}`,
    ]) {
      expect((await served.ask(path)).status, path.slice(0, 40)).toBeGreaterThanOrEqual(400);
    }
    await new Promise<void>((resolve) => {
      const socket = connect(served.port, "127.0.0.1", () => socket.end("\0\0\0 nonsense\r\n\r\n"));
      socket.on("close", () => resolve());
      socket.resume();
    });
    expect((await served.ask("/healthz")).status).toBe(200);
  });
});

describe("the OpenAPI document", () => {
  it("names every route with its parameters, answers and problems", async () => {
    const served = await serve();
    const reply = await served.ask("/api/v1/openapi.json");
    const document = reply.json<{
      openapi: string;
      paths: Record<
        string,
        Record<
          string,
          {
            parameters?: { name: string; in: string; required?: boolean; schema: object }[];
            requestBody?: object;
            responses: Record<string, { content: Record<string, { schema: object }> }>;
          }
        >
      >;
      components: { schemas: Record<string, object> };
    }>();
    expect(document.openapi).toBe("3.1.0");
    for (const [name, schema] of Object.entries(parameters)) {
      const route = document.paths[`/api/v1/${name}`]?.get;
      const named = name === "stream" ? [] : Object.keys(schema.shape).sort();
      expect(route?.parameters?.map((one) => one.name).sort() ?? [], name).toEqual(named);
      expect(route?.responses["200"]?.content).toBeDefined();
      expect(JSON.stringify(route?.responses["4XX"])).toContain("application/problem+json");
    }
    const consumption = document.paths["/api/v1/consumption"]?.get;
    const window = consumption?.parameters?.find((one) => one.name === "window");
    expect(window).toMatchObject({
      in: "query",
      required: true,
      schema: { enum: ["15m", "hour", "day", "month", "year"] },
    });
    expect(Object.keys(consumption?.responses["200"]?.content ?? {})).toEqual([
      "application/json",
      "text/csv",
    ]);
    const schema = consumption?.responses["200"]?.content["application/json"]?.schema as unknown as {
      properties: { rows: { items: { properties: Record<string, object>; required: string[] } } };
    };
    const row = schema.properties.rows.items;
    expect(row.properties.kgCo2Market).toMatchObject({ type: ["number", "null"] });
    expect(row.required).toContain("kgCo2Market");
    expect(row.required).not.toContain("meter");
    expect(Object.keys(document.paths).filter((path) => path.includes("admin"))).toHaveLength(3);
    expect(document.paths["/api/v1/admin/import"]?.post?.requestBody).toBeDefined();
    expect(JSON.stringify(document)).not.toContain("$schema");
    // Every reference leads somewhere.
    for (const [, name = ""] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      expect(document.components.schemas).toHaveProperty(name);
    }
    await served.close();
  });
});

describe("health", () => {
  it("says alive, ready, and how far behind", async () => {
    const lag = { recordsBehind: 12, pendingSpans: 3, dirtyDays: 4 };
    const dependencies = [{ name: "store", ok: false, detail: "locked" }];
    let ready = false;
    const served = await serve({ readiness: async () => ({ ready, ...lag, dependencies }) });
    expect((await served.ask("/healthz")).json()).toEqual({ alive: true });
    const before = await served.ask("/readyz");
    expect(before.status).toBe(503);
    expect(before.json()).toEqual({ ready: false, ...lag, dependencies });
    ready = true;
    expect((await served.ask("/readyz")).status).toBe(200);
    const metrics = await served.ask("/metrics");
    expect(metrics.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(metrics.text).toBe("energy_up 1\n");
    await served.close();
  });

  it("is a problem when nobody can tell", async () => {
    const fail = () => Promise.reject(new Error("/secret/path broke"));
    const served = await serve({ readiness: fail, metrics: fail, run: fail });
    expect((await served.ask("/readyz")).json()).toMatchObject({ status: 503, code: "not-ready" });
    expect((await served.ask("/metrics")).json()).toMatchObject({ status: 500, code: "internal" });
    const reply = await served.ask("/api/v1/sites");
    expect(reply.status).toBe(500);
    expect(reply.text).not.toContain("secret");
    expect(
      served.log.some((line) => line.includes("/api/v1/sites") && line.includes("/secret/path broke")),
    ).toBe(true);
    await served.close();
  });
});

describe("a loopback server", () => {
  let served: Served;
  beforeAll(async () => {
    served = await serve();
  });
  afterAll(() => served.close());
  const status = async (headers: Record<string, string>, path = "/api/v1/sites") =>
    (await served.ask(path, { headers })).status;

  it.each(["127.0.0.1", "127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]", "[::1]:8080"])(
    "answers to Host %s",
    async (host) => {
      expect(await status({ host })).toBe(200);
    },
  );

  it.each([
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil:8080",
    "127.0.0.2",
    "0.0.0.0",
    "evil@localhost",
    "[::2]",
  ])("refuses Host %j", async (host) => {
    const reply = await served.ask("/api/v1/sites", { headers: { host } });
    expect(reply.status).toBe(403);
    expect(reply.json()).toMatchObject({ status: 403, code: "foreign-host", value: host });
    expect(await status({ host }, "/")).toBe(403);
  });

  it("refuses an empty Host, and none at all", async () => {
    const raw = (text: string) =>
      new Promise<string>((resolve) => {
        const chunks: Buffer[] = [];
        const socket = connect(served.port, "127.0.0.1", () => socket.write(text));
        socket.on("data", (chunk) => chunks.push(chunk));
        socket.on("close", () => resolve(Buffer.concat(chunks).toString("utf8")));
      });
    const path = "/api/v1/sites";
    expect(await raw(`GET ${path} HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 403 /,
    );
    expect(await raw(`GET ${path} HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1.1 403 /);
  });

  it("lets its own pages ask, and no others", async () => {
    const host = "localhost:8080";
    expect(await status({ host, origin: "http://localhost:8080" })).toBe(200);
    for (const origin of [
      "http://localhost:8081",
      "http://127.0.0.1:8080",
      "https://evil.example",
      "null",
      "http://localhost",
      "file://localhost:8080",
      "x",
    ]) {
      const reply = await served.ask("/api/v1/sites", { headers: { host, origin } });
      expect(reply.json(), origin).toMatchObject({ status: 403, code: "foreign-origin", value: origin });
    }
    expect(await status({ host: "localhost", origin: "http://localhost:80" })).toBe(200);
  });
});

describe("a server beyond loopback", () => {
  it("is not opened without credentials", async () => {
    const options = { run: openBoard().run, host: "0.0.0.0" } as unknown as Parameters<
      typeof createBoardServer
    >[0];
    await expect(createBoardServer(options)).rejects.toBeInstanceOf(UsageError);
  });

  it("asks for an operator's password, remembers it for a while, and leaves health checks open", async () => {
    const asked: string[] = [];
    const credentials: OperatorCheck = {
      password: async (user, password) => {
        asked.push(`${user}:${password}`);
        return user === "li" && password === "密:码" ? "admin" : undefined;
      },
      token: () => undefined,
      isUser: (name) => name === "li",
    };
    const served = await serve({ host: "0.0.0.0", credentials });
    const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString("base64")}` });
    const ask = (headers: Record<string, string>, path = "/api/v1/sites") => served.ask(path, { headers });
    for (const headers of [
      {},
      basic("li:wrong"),
      basic("li"),
      { authorization: "Bearer x" },
      { authorization: "Basic !" },
    ]) {
      const reply = await ask(headers as Record<string, string>);
      expect(reply.status).toBe(401);
      // A browser that is asked for Basic shows a dialog of its own before the page can ask.
      expect(reply.headers["www-authenticate"]).toBe('Bearer realm="energy"');
      expect(reply.json()).toMatchObject({ code: "credentials" });
    }
    expect((await ask(basic("li:wrong"))).status).toBe(401);
    expect(asked).toEqual(["li:wrong", "li:wrong"]);
    const good = await Promise.all(
      Array.from({ length: 10 }, () => ask({ ...basic("li:密:码"), host: "board.example" })),
    );
    expect(good.map((reply) => reply.status)).toEqual(Array(10).fill(200));
    expect(asked).toEqual(["li:wrong", "li:wrong", "li:密:码"]);
    expect((await ask({}, "/metrics")).status).toBe(401);
    expect((await ask({}, "/nothing")).status).toBe(401);
    expect((await ask({}, "/healthz")).status).toBe(200);
    expect((await ask({}, "/readyz")).status).toBe(200);
    const foreign = {
      ...basic("li:密:码"),
      origin: "https://evil.example",
      "content-type": "application/json",
    };
    const post = await served.ask("/api/v1/admin/replay", { method: "POST", headers: foreign, body: "{}" });
    expect(post.json()).toMatchObject({ status: 403, code: "foreign-origin" });
    await served.close();
  });

  it("does not let strangers keep it busy with passwords", async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const credentials: OperatorCheck = {
      password: () => gate.then(() => undefined),
      token: () => undefined,
      isUser: () => false,
    };
    const served = await serve({ host: "0.0.0.0", credentials });
    const guess = (n: number) =>
      served.ask("/api/v1/sites", {
        headers: { authorization: `Basic ${Buffer.from(`a:${n}`).toString("base64")}` },
      });
    const slow = [0, 1, 2, 3].map(guess);
    await expect.poll(async () => (await guess(9)).status).toBe(503);
    release();
    expect((await Promise.all(slow)).map((reply) => reply.status)).toEqual([401, 401, 401, 401]);
    await served.close();
  });
});

describe("a server with a certificate", () => {
  it("speaks HTTPS", async () => {
    const served = await serve({ tls: certificate });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const options = { host: "127.0.0.1", port: served.port, path: "/healthz", ca: certificate.cert };
      get({ ...options, servername: "localhost" }, (reply) => resolve(reply.resume().statusCode)).on(
        "error",
        reject,
      );
    });
    expect(status).toBe(200);
    await served.close();
  });
});

describe("the page", () => {
  const page = builtPage();
  let served: Served | undefined;
  afterEach(async () => served?.close());
  afterAll(page.remove);

  it("is served compressed, asks for changes, and stands behind its own paths", async () => {
    served = await serve({ webRoot: page.root });
    const root = await served.ask("/");
    expect(root.headers["content-type"]).toMatch(/^text\/html/);
    expect(root.text).toContain("<title>板</title>");
    expect(root.headers["cache-control"]).toBe("no-cache");
    const script = await served.ask("/app.js", { headers: { "accept-encoding": "br, gzip" } });
    expect(script.headers).toMatchObject({ "content-encoding": "br", vary: "accept-encoding" });
    expect(script.headers["content-type"]).toMatch(/javascript/);
    expect(brotliDecompressSync(script.body).toString()).toContain("console.log");
    const etag = String(script.headers.etag);
    const again = await served.ask("/app.js", {
      headers: { "accept-encoding": "br", "if-none-match": etag },
    });
    expect(again.status).toBe(304);
    const deep = await served.ask("/sites/works-1");
    expect([deep.status, deep.text]).toEqual([200, root.text]);
    expect(deep.headers["content-security-policy"]).toContain("default-src 'self'");
  });

  it("does not stand in for files, the API, or other methods", async () => {
    served = await serve({ webRoot: page.root });
    for (const path of [
      "/missing.js",
      "/api/v1/nothing",
      "/api",
      "/../../etc/passwd",
      "/%2e%2e/%2e%2e/etc/passwd",
    ]) {
      const reply = await served.ask(path);
      expect(reply.status, path).toBe(path.includes("passwd") ? 403 : 404);
      expect(reply.json(), path).toMatchObject({ status: reply.status, type: "about:blank" });
    }
    expect((await served.ask("/sites", { method: "POST" })).status).toBe(404);
  });

  it("may be absent", async () => {
    served = await serve({ webRoot: `${page.root}/nothing` });
    expect((await served.ask("/")).status).toBe(404);
    expect((await served.ask("/api/v1/sites")).status).toBe(200);
  });
});
