import { connect, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import Fastify from "fastify";
import { afterEach, describe, expect, it } from "vitest";
import { createLog } from "../../adapters/pino.ts";
import type { Answer } from "../../board/answer.ts";
import type { StreamEvent } from "../../board/api/session.ts";
import { createFeed, type FeedOptions } from "../../board/server/feed.ts";
import { problemOf, sendProblem } from "../../board/server/problem.ts";
import { figure } from "./county.ts";
import { serve } from "./http.ts";

const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** What a listener hears, as it came. */
async function listen(port: number) {
  const heard = { text: "", ended: false, socket: undefined as Socket | undefined };
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write("GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n");
    });
    heard.socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      heard.text += chunk;
      resolve();
    });
    socket.on("error", reject);
    socket.on("close", () => {
      heard.ended = true;
    });
  });
  closing.push(() => heard.socket?.destroy());
  return {
    heard,
    events: () => [...heard.text.matchAll(/event: figures\ndata: (.*)\n\n/g)].map(([, data = ""]) => data),
    leave: () => heard.socket?.destroy(),
  };
}

/** A feed alone, with a query whose answer is in the test's hand. */
async function feedAlone(part: Partial<FeedOptions> = {}) {
  const state = { asked: [] as unknown[], text: '{"n":0}', etag: "0", log: [] as string[] };
  const run = async (_name: string, params: unknown): Promise<Answer> => {
    state.asked.push(params);
    const since = (params as { since?: string }).since;
    const unchanged = since === state.etag;
    return {
      status: unchanged ? 304 : 200,
      contentType: "application/json",
      body: unchanged ? "" : state.text,
      etag: state.etag,
    };
  };
  const log = createLog({ form: "json", write: (line) => state.log.push(line) });
  const feed = createFeed({ run, log, tickMs: 20, ...part });
  const app = Fastify();
  app.setErrorHandler((error, _request, reply) => sendProblem(reply, problemOf(error)));
  app.get("/api/v1/stream", (_request, reply) => feed.listen(reply));
  app.addHook("preClose", async () => feed.close());
  await app.listen({ host: "127.0.0.1", port: 0 });
  closing.push(() => app.close());
  return { state, port: (app.server.address() as { port: number }).port, app };
}

describe("the stream", () => {
  it("tells a listener the county at once, and again when it changed", async () => {
    const served = await serve();
    closing.push(served.close);
    const first = await listen(served.port);
    await expect.poll(first.events).toHaveLength(1);
    expect(first.heard.text).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(first.heard.text).toMatch(/content-type: text\/event-stream; charset=utf-8\r\n/);
    expect(first.heard.text).toMatch(/content-security-policy: default-src 'self'/);
    expect(first.heard.text).toContain("retry: 2000\n\n");
    const event = JSON.parse(first.events()[0] ?? "") as StreamEvent;
    expect(event.overview.today.rows).toEqual([]);
    expect(event.sites.map((site) => site.site)).toContain("works");
    await served.board.put(figure("group", "county", "day", "2026-11-22", 77));
    await expect.poll(first.events, { timeout: 3000 }).toHaveLength(2);
    expect((JSON.parse(first.events()[1] ?? "") as StreamEvent).overview.today.rows[0]?.amount).toBe(77);
  });

  it("is refused to strangers' pages", async () => {
    const served = await serve();
    closing.push(served.close);
    const reply = await served.ask("/api/v1/stream", { headers: { origin: "http://evil.example" } });
    expect(reply.status).toBe(403);
  });

  it("is silent while nothing changes, but for a heartbeat", async () => {
    const { state, port } = await feedAlone({ heartbeatMs: 50 });
    const listener = await listen(port);
    await expect.poll(() => state.asked.length).toBeGreaterThan(5);
    expect(listener.events()).toEqual(['{"n":0}']);
    expect(state.asked.slice(0, 3)).toEqual([{}, { since: "0" }, { since: "0" }]);
    await expect.poll(() => listener.heard.text.includes(": alive\n\n")).toBe(true);
  });

  it("asks once for all, at most once in a tick, and not at all when nobody listens", async () => {
    const tickMs = 100;
    const { state, port } = await feedAlone({ tickMs });
    const began = performance.now();
    const listeners = await Promise.all(Array.from({ length: 20 }, () => listen(port)));
    for (let n = 1; n <= 40; n += 1) {
      Object.assign(state, { text: `{"n":${n}}`, etag: String(n) });
      await wait(10);
    }
    await expect.poll(() => listeners[19]?.events().at(-1)).toBe('{"n":40}');
    const events = listeners.map((one) => one.events());
    for (const own of events) expect(own.at(-1)).toBe('{"n":40}');
    expect(state.asked.length).toBeLessThanOrEqual((performance.now() - began) / tickMs + 2);
    for (const one of listeners) one.leave();
    await wait(150);
    const before = state.asked.length;
    await wait(250);
    expect(state.asked.length).toBe(before);
    // A listener that comes back is told at once, changed or not.
    const again = await listen(port);
    await expect.poll(again.events).toEqual(['{"n":40}']);
  });

  it("tells a newcomer what the others have heard already", async () => {
    const { port } = await feedAlone();
    const first = await listen(port);
    await expect.poll(first.events).toHaveLength(1);
    const second = await listen(port);
    await expect.poll(second.events).toEqual(['{"n":0}']);
  });

  it("lets no more in than it can serve, and others when some have left", async () => {
    const { port } = await feedAlone({ mostListeners: 3 });
    const listeners = await Promise.all([1, 2, 3].map(() => listen(port)));
    const fourth = await listen(port);
    expect(fourth.heard.text).toMatch(/^HTTP\/1.1 503 /);
    expect(fourth.heard.text).toMatch(/retry-after: \d+\r\n/);
    expect(fourth.heard.text).toContain('"code":"too-many-listeners"');
    listeners[0]?.leave();
    await expect.poll(async () => (await listen(port)).heard.text.slice(0, 12)).toBe("HTTP/1.1 200");
  });

  it("goes on after a query that failed, and says so", async () => {
    let fail = true;
    const answer: Answer = { status: 200, contentType: "application/json", body: "{}", etag: "1" };
    let asked = 0;
    const run = () => {
      asked += 1;
      return fail ? Promise.reject(new Error("reader gone")) : Promise.resolve(answer);
    };
    const { state, port } = await feedAlone({ run });
    const listener = await listen(port);
    await expect.poll(() => asked).toBeGreaterThan(2);
    expect(state.log[0]).toContain("reader gone");
    fail = false;
    await expect.poll(listener.events).toContain("{}");
    expect(state.log).toHaveLength(1);
  });

  it("asks no more when the last listener left during a query", async () => {
    let asked = 0;
    let release = () => {};
    const run = async (): Promise<Answer> => {
      asked += 1;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return { status: 200, contentType: "application/json", body: "{}", etag: "1" };
    };
    const { port } = await feedAlone({ run });
    const listener = await listen(port);
    await expect.poll(() => asked).toBe(1);
    listener.leave();
    await wait(20);
    release();
    await wait(600);
    expect(asked).toBe(1);
  });

  it("skips a listener that does not read, without holding the others up or piling up memory", async () => {
    const { state, port, app } = await feedAlone({ tickMs: 5 });
    const stuck = await listen(port);
    stuck.heard.socket?.pause();
    const reader = await listen(port);
    const big = "x".repeat(1024 * 1024);
    for (let n = 1; n <= 60; n += 1) {
      Object.assign(state, { text: `{"n":${n},"big":"${big}"}`, etag: String(n) });
      await expect.poll(() => reader.heard.text.includes(`{"n":${n},`), { interval: 2 }).toBe(true);
      reader.heard.text = "";
    }
    const sockets = await new Promise<number>((resolve, reject) =>
      app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
    expect(sockets).toBe(2);
    stuck.heard.socket?.resume();
    Object.assign(state, { text: '{"n":"last"}', etag: "last" });
    await expect
      .poll(() => {
        Object.assign(state, { etag: String(performance.now()) });
        return stuck.heard.text.includes('{"n":"last"}');
      })
      .toBe(true);
    const received = [...stuck.heard.text.matchAll(/data: \{"n":(\d+),/g)].length;
    // The kernel's buffers and one event of the server's own: not sixty.
    expect(received).toBeLessThan(30);
  });

  it("tells the matters again to who missed them while it did not read, also where figures change all the time", async () => {
    let told = 1;
    const matters = async () => ({ n: told }) as never;
    const { state, port } = await feedAlone({ tickMs: 5, freshMs: 400, matters });
    const stuck = await listen(port);
    await expect.poll(() => stuck.heard.text).toContain('{"n":1}');
    stuck.heard.socket?.pause();
    const reader = await listen(port);
    const big = "x".repeat(1024 * 1024);
    for (let n = 1; n <= 30; n += 1) {
      Object.assign(state, { text: `{"f":${n},"big":"${big}"}`, etag: String(n) });
      await expect.poll(() => reader.heard.text.includes(`{"f":${n},`), { interval: 2 }).toBe(true);
      reader.heard.text = "";
    }
    told = 2;
    await expect.poll(() => reader.heard.text).toContain('event: matters\ndata: {"n":2}');
    Object.assign(state, { text: '{"f":"small"}' });
    stuck.heard.socket?.resume();
    await expect
      .poll(() => {
        Object.assign(state, { etag: String(performance.now()) });
        return stuck.heard.text.includes('event: matters\ndata: {"n":2}');
      })
      .toBe(true);
  });

  it("tells the matters once while neither they nor the listeners change", async () => {
    const { state, port } = await feedAlone({ tickMs: 5, matters: async () => ({ n: 1 }) as never });
    const listener = await listen(port);
    await expect.poll(() => state.asked.length).toBeGreaterThan(10);
    expect(listener.heard.text.split("event: matters").length - 1).toBe(1);
  });

  it("ends when the server closes", async () => {
    const served = await serve();
    const listener = await listen(served.port);
    const began = performance.now();
    await served.close();
    expect(performance.now() - began).toBeLessThan(2000);
    await expect.poll(() => listener.heard.ended).toBe(true);
  });
});
