/** Browser sessions: signing in and out, how they end, and what guessing comes to. */
import { get as httpsGet } from "node:https";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createSessions } from "../../board/server/sessions.ts";
import { createSignIn } from "../../board/server/sign-in.ts";
import { type BoardServerOptions, createBoardServer } from "../../board/server.ts";
import { certificate } from "./certificate.ts";
import { type Reply, type Served, serve } from "./http.ts";
import { basic, operators } from "./operators.ts";

const json = { "content-type": "application/json" };
const SESSION = "/api/v1/session";
let made: Awaited<ReturnType<typeof operators>>;
let served: Served;

beforeAll(async () => {
  made = await operators();
});
afterEach(() => served?.close());

const open = async (part: Partial<BoardServerOptions> = {}): Promise<Served> => {
  served = await serve({ host: "0.0.0.0", credentials: made.credentials, ...part });
  return served;
};
const origin = () => `http://127.0.0.1:${served.port}`;
const signIn = (user: string, password: string, headers: Record<string, string> = {}) =>
  served.ask(SESSION, {
    method: "POST",
    headers: { ...json, origin: origin(), ...headers },
    body: JSON.stringify({ user, password }),
  });
const cookieOf = (reply: Reply): string => String(reply.headers["set-cookie"]?.[0]).split(";")[0]!;
const get = (cookie: string, path = "/api/v1/sites") => served.ask(path, { headers: { cookie } });

/** Asks for the sites by TLS. */
const httpsStatus = (port: number, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const where = { host: "127.0.0.1", port, path: "/api/v1/sites", ca: certificate.cert };
    httpsGet({ ...where, servername: "localhost", headers }, (reply) =>
      resolve(reply.resume().statusCode),
    ).on("error", reject);
  });

describe("a session", () => {
  it("begins with a password, opens what the role may, and ends when signed out", async () => {
    await open();
    expect((await served.ask(SESSION)).json()).toEqual({ required: true });
    const reply = await signIn("officer", "officer-password");
    expect(reply.status, reply.text).toBe(200);
    expect(reply.json()).toEqual({ required: true, user: "officer", role: "officer", by: "session" });
    expect(reply.headers["cache-control"]).toBe("no-store");
    const cookie = cookieOf(reply);
    expect((await get(cookie)).status).toBe(200);
    expect((await get(cookie, SESSION)).json()).toMatchObject({ user: "officer", by: "session" });
    expect((await get(cookie, "/api/v1/rejects")).status).toBe(200);
    const admin = { method: "POST", headers: { ...json, cookie, origin: origin() }, body: "{}" };
    expect((await served.ask("/api/v1/admin/reconcile", admin)).json()).toMatchObject({ code: "role" });
    const out = await served.ask(SESSION, { method: "DELETE", headers: { cookie, origin: origin() } });
    expect(out.status).toBe(204);
    expect(String(out.headers["set-cookie"])).toMatch(/energy-session=;.*Expires=Thu, 01 Jan 1970/);
    expect((await get(cookie)).status).toBe(401);
    expect((await get(cookie, SESSION)).json()).toEqual({ required: true });
  });

  it("has a cookie that scripts and other sites do not get, secure where there is TLS", async () => {
    await open();
    const plain = String((await signIn("viewer", "viewer-password")).headers["set-cookie"]);
    expect(plain).toMatch(/^energy-session=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    const host = `board.example:${served.port}`;
    const proxied = await signIn("viewer", "viewer-password", { host, origin: `https://${host}` });
    const secure = /^__Host-energy-session=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/;
    expect(String(proxied.headers["set-cookie"])).toMatch(secure);
    await served.close();
    await open({ tls: certificate });
    const reply = await served.app.inject({
      method: "POST",
      url: SESSION,
      headers: { ...json, host: "localhost" },
      payload: { user: "viewer", password: "viewer-password" },
    });
    expect(reply.headers["set-cookie"]).toMatch(secure);
    expect(reply.headers["strict-transport-security"]).toBe("max-age=31536000");
    const id = String(reply.headers["set-cookie"]).split(/[=;]/)[1];
    const ask = (name: string) => httpsStatus(served.port, { cookie: `${name}=${id}` });
    expect(await ask("__Host-energy-session")).toBe(200);
    // Without the prefix another host of the domain could have planted it.
    expect(await ask("energy-session")).toBe(401);
  });

  it("is another one after each sign-in, and the one before ends", async () => {
    await open();
    const first = cookieOf(await signIn("viewer", "viewer-password"));
    const second = cookieOf(await signIn("viewer", "viewer-password", { cookie: first }));
    expect(second).not.toBe(first);
    expect((await get(first)).status).toBe(401);
    expect((await get(second)).status).toBe(200);
    // An id that somebody planted in the browser never becomes a session.
    const planted = `energy-session=${"x".repeat(43)}`;
    const third = cookieOf(await signIn("viewer", "viewer-password", { cookie: planted }));
    expect((await get(planted)).status).toBe(401);
    expect((await get(third)).status).toBe(200);
  });

  it("changes nothing for other sites' pages, nor without a word of where it is from", async () => {
    await open();
    const cookie = cookieOf(await signIn("admin", "admin-password"));
    const change = (headers: Record<string, string>) =>
      served.ask("/api/v1/admin/reconcile", {
        method: "POST",
        headers: { ...json, cookie, ...headers },
        body: "{}",
      });
    expect((await change({ origin: origin() })).status).toBe(200);
    for (const headers of [{}, { origin: "https://evil.example" }, { origin: "null" }]) {
      expect((await change(headers as Record<string, string>)).json()).toMatchObject({
        code: "foreign-origin",
      });
    }
    const from = await signIn("admin", "admin-password", { origin: "https://evil.example" });
    expect(from.json()).toMatchObject({ code: "foreign-origin" });
    expect(from.headers).not.toHaveProperty("set-cookie");
    const form = await signIn("admin", "admin-password", { "content-type": "text/plain" });
    expect(form.status).toBe(415);
  });

  it("goes when nobody uses it, and its stream with it", async () => {
    await open({ limits: { idleMs: 2_000 } });
    const cookie = cookieOf(await signIn("viewer", "viewer-password"));
    let heard = "";
    let ended = false;
    const socket = connect(served.port, "127.0.0.1", () =>
      socket.write(`GET /api/v1/stream HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`),
    );
    socket.on("data", (chunk) => {
      heard += chunk.toString();
      if (heard.endsWith("0\r\n\r\n")) ended = true;
    });
    await expect.poll(() => heard).toContain("retry:");
    for (let n = 0; n < 5; n += 1) {
      await wait(500);
      expect((await get(cookie)).status, "in use").toBe(200);
    }
    expect(ended).toBe(false);
    await expect.poll(() => ended, { timeout: 15_000 }).toBe(true);
    expect((await get(cookie)).status).toBe(401);
    socket.destroy();
  });

  it("goes in the end however much it is used", () => {
    let now = 0;
    const sessions = createSessions({ idleMs: 1000, longestMs: 5000, mostPerUser: 3 }, () => now);
    const { id, session } = sessions.begin("li", "viewer");
    for (now = 500; now < 5000; now += 500) expect(sessions.find(id)).toBe(session);
    expect([sessions.find(id), session.ended.aborted]).toEqual([undefined, true]);
  });

  it("is one of a bounded number: the longest unused of the same user makes room", () => {
    const sessions = createSessions({ idleMs: 1000, longestMs: 5000, mostPerUser: 3 }, () => 0);
    const other = sessions.begin("wang", "admin").id;
    const ids = [1, 2, 3].map(() => sessions.begin("li", "viewer").id);
    sessions.find(ids[0]!);
    sessions.begin("li", "viewer");
    expect(ids.map((id) => sessions.find(id) !== undefined)).toEqual([true, false, true]);
    expect(sessions.find(other)).toBeDefined();
  });
});

describe("where nobody is asked for anything", () => {
  it("there is nothing to sign in to", async () => {
    served = await serve();
    expect((await served.ask(SESSION)).json()).toEqual({
      required: false,
      user: "local",
      role: "admin",
      by: "local",
    });
    expect((await signIn("viewer", "viewer-password")).json()).toMatchObject({ code: "no-operators" });
  });
});

describe("guessing", () => {
  const quiet = { error() {}, warn() {}, info() {}, debug() {} };

  it("gets the same answer for a wrong password and for nobody, and no say about names", async () => {
    await open();
    const wrong = await signIn("admin", "wrong");
    const nobody = await signIn("nobody", "wrong");
    expect(wrong.status).toBe(401);
    expect(nobody.json()).toEqual(wrong.json());
    expect(Object.keys(nobody.headers).sort()).toEqual(Object.keys(wrong.headers).sort());
  });

  it("takes as long for nobody as for somebody", async () => {
    const time = async (user: string): Promise<number> => {
      const times: number[] = [];
      for (let n = 0; n < 7; n += 1) {
        const began = performance.now();
        await made.credentials.password(user, "wrong");
        times.push(performance.now() - began);
      }
      return times.sort((a, b) => a - b)[0]!;
    };
    const [known, unknown] = [await time("admin"), await time("nobody")];
    // Without a hash of its own an unknown user would be told in microseconds.
    expect(unknown).toBeGreaterThan(known / 3);
  });

  it("ends after ten wrong passwords of a user, and says when to go on", async () => {
    await open();
    for (let n = 0; n < 10; n += 1) expect((await signIn("admin", `guess-${n}`)).status).toBe(401);
    const reply = await signIn("admin", "guess-10");
    expect(reply.json()).toMatchObject({ status: 429, code: "too-many" });
    expect(Number(reply.headers["retry-after"])).toBeGreaterThan(800);
    expect((await signIn("admin", "admin-password")).status).toBe(429);
    expect((await served.ask("/api/v1/sites", { headers: basic("admin", "guess") })).status).toBe(429);
    expect((await signIn("viewer", "viewer-password")).status).toBe(200);
  });

  it("ends after twenty wrong passwords from an address, whoever they were for", async () => {
    await open();
    for (let n = 0; n < 20; n += 1) expect((await signIn(`user-${n}`, "x")).status).toBe(401);
    expect((await signIn("viewer", "viewer-password")).status).toBe(429);
    expect((await served.ask("/api/v1/sites", { headers: basic("x", "y") })).status).toBe(429);
  });

  it("does not keep out who signed in from his own address before, and starts anew later", async () => {
    let now = 0;
    const check = createSignIn(made.credentials, quiet, () => now);
    const attempt = (address: string, password: string) =>
      check("admin", password, address).then(
        () => "in",
        (error: { status: number }) => error.status,
      );
    expect(await attempt("10.0.0.1", "admin-password")).toBe("in");
    for (let n = 0; n < 12; n += 1) await attempt(`10.9.9.${n}`, "guess");
    expect(await attempt("10.9.9.99", "guess")).toBe(429);
    now = 61_000;
    expect(await attempt("10.9.9.99", "admin-password")).toBe(429);
    expect(await attempt("10.0.0.1", "admin-password")).toBe("in");
    now += 15 * 60_000;
    expect(await attempt("10.9.9.99", "admin-password")).toBe("in");
  });
});

describe("a flood", () => {
  it("of requests is answered 429 until its minute is over, and not by servers that ask nobody", async () => {
    await open({ limits: { requestsPerMinute: 20 } });
    const headers = basic("viewer", "viewer-password");
    const replies = await Promise.all(
      Array.from({ length: 30 }, () => served.ask("/api/v1/openapi.json", { headers })),
    );
    expect(replies.filter((reply) => reply.status === 200)).toHaveLength(20);
    const refused = replies.find((reply) => reply.status === 429);
    expect(refused?.json()).toMatchObject({ code: "too-many" });
    expect(Number(refused?.headers["retry-after"])).toBeGreaterThan(30);
    await served.close();
    served = await serve({ limits: { requestsPerMinute: 20 } });
    const local = await Promise.all(Array.from({ length: 30 }, () => served.ask("/healthz")));
    expect(local.every((reply) => reply.status === 200)).toBe(true);
  });

  const hold = (text: string): Promise<{ ms: number; answer: string }> =>
    new Promise((resolve) => {
      const began = performance.now();
      let answer = "";
      const socket = connect(served.port, "127.0.0.1", () => text === "" || socket.write(text));
      const drip = setInterval(() => text !== "" && !text.endsWith("\r\n\r\n") && socket.write("x"), 50);
      socket.on("data", (chunk) => {
        answer += chunk.toString();
      });
      socket.on("error", () => {});
      socket.on("close", () => {
        clearInterval(drip);
        resolve({ ms: performance.now() - began, answer });
      });
    });

  it("of connections from one address is turned away", async () => {
    await open({ limits: { connectionsPerAddress: 3 } });
    const sockets = [1, 2, 3].map(() => connect(served.port, "127.0.0.1"));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
    await expect(served.ask("/healthz")).rejects.toThrow(/ECONNRESET|socket hang up/);
    sockets[0]?.destroy();
    await expect
      .poll(() =>
        served.ask("/healthz").then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
    for (const socket of sockets) socket.destroy();
  });

  it("of senders who do not come to an end is cut off", async () => {
    await open({ limits: { headersMs: 300, bodyMs: 300 } });
    const head = (path: string, type: string, more = "") =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: 100000\r\n${more}\r\n`;
    const held = await Promise.all([
      hold(""),
      hold("GET /api/v1/sites HTTP/1.1\r\nX-Slow: "),
      hold(head(SESSION, "application/json")),
      hold(head("/api/v1/admin/import?site=w&meter=a&profile=p", "text/csv")),
    ]);
    for (const { ms } of held) expect(ms).toBeLessThan(3000);
    await served.close();
    await open({ tls: certificate, limits: { headersMs: 300 } });
    expect((await hold("")).ms, "no TLS handshake").toBeLessThan(3000);
    expect(held[1]?.answer).toMatch(/^(HTTP\/1.1 408 |$)/);
  });

  it("is not what an admin's slow import is", async () => {
    await open({
      limits: { bodyMs: 300 },
      actions: {
        async *importCsv({ body }) {
          for await (const chunk of body) yield { bytes: chunk.length };
        },
        replay: async function* () {},
        reconcile: async function* () {},
      },
    });
    const socket = connect(served.port, "127.0.0.1");
    let heard = "";
    socket.on("data", (chunk) => {
      heard += chunk.toString();
    });
    socket.write(
      `POST /api/v1/admin/import?site=w&meter=a&profile=p HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nContent-Length: 10\r\nAuthorization: Bearer ${made.token("admin")}\r\n\r\n12345`,
    );
    await wait(900);
    socket.write("67890");
    await expect.poll(() => heard).toMatch(/{"bytes":5}\n[\s\S]*{"bytes":5}\n/);
    socket.destroy();
  });
});

describe("the server's log", () => {
  it("tells who did what, and never a password, token, cookie or header", async () => {
    await open();
    const cookie = cookieOf(await signIn("admin", "admin-password"));
    await signIn("admin", "wrong-Password-1");
    await signIn("Secret-typed-as-name", "x");
    const post = (headers: Record<string, string>) =>
      served.ask("/api/v1/admin/replay", {
        method: "POST",
        headers: { ...json, ...headers },
        body: JSON.stringify({ what: "rejects", site: "works" }),
      });
    await post({ authorization: `Bearer ${made.token("admin")}` });
    await post({ authorization: `Bearer ${made.token("viewer")}` });
    await post(basic("officer", "officer-password"));
    await post({ cookie });
    await served.ask(`/api/v1/sites?access_token=${made.token("viewer")}`, {
      headers: basic("viewer", "viewer-password"),
    });
    const csv = "/api/v1/consumption?site=works&window=day&from=2026-11-21&to=2026-11-22&format=csv";
    await get(cookie, csv);
    await served.ask(SESSION, { method: "DELETE", headers: { cookie, origin: origin() } });
    const text = served.log.join("\n");
    const events = served.log.map((line) => (JSON.parse(line) as { event: string }).event);
    for (const event of ["signed-in", "sign-in-refused", "action", "forbidden", "export", "signed-out"]) {
      expect(events).toContain(event);
    }
    expect(text).toContain('"operator":"admin-machine","asked":{"what":"rejects","site":"works"}');
    for (const secret of [
      "admin-password",
      "wrong-Password-1",
      "Secret-typed-as-name",
      "officer-password",
      made.token("admin"),
      made.token("viewer"),
      cookie.split("=")[1]!,
      basic("officer", "officer-password").authorization.slice(6),
      ...Object.values(made.secrets.operators).map(({ hash }) => hash),
    ]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe("a server for others", () => {
  it("needs operators, whatever else it is given", async () => {
    const { credentials: _, ...rest } = { credentials: undefined, host: "::", run: async () => ({}) };
    await expect(createBoardServer(rest as unknown as BoardServerOptions)).rejects.toThrow(/open to anyone/);
    served = await serve();
  });
});
