import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import type { BoardActions } from "../../board/server.ts";
import { TransientError, UsageError } from "../../model/errors.ts";
import { type Served, serve } from "./http.ts";

let served: Served | undefined;
afterEach(async () => served?.close());

const nothing = async function* (): AsyncGenerator<object> {};
const withActions = async (part: Partial<BoardActions>): Promise<Served> => {
  served = await serve({ actions: { importCsv: nothing, replay: nothing, reconcile: nothing, ...part } });
  return served;
};
const linesOf = (text: string): unknown[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

const csv = { "content-type": "text/csv" };
const json = { "content-type": "application/json" };
const post = (path: string, headers: Record<string, string>, body: string | Buffer) =>
  (served as Served).ask(`/api/v1/admin/${path}`, { method: "POST", headers, body });

describe("import", () => {
  it("hands the file on as it comes, and progress back line by line", async () => {
    const asked: object[] = [];
    await withActions({
      async *importCsv({ body, signal, ...given }) {
        asked.push(given);
        let bytes = 0;
        for await (const chunk of body) {
          bytes += chunk.length;
          yield { bytes };
        }
        yield { done: bytes, aborted: signal.aborted };
      },
    });
    const file = Buffer.alloc(3_000_000, "2026-11-01,1.5\n");
    const reply = await post("import?site=works&meter=a&profile=uci-steel&file=y.csv", csv, file);
    expect(reply.status).toBe(200);
    expect(reply.headers["content-type"]).toBe("application/x-ndjson; charset=utf-8");
    const lines = linesOf(reply.text);
    expect(lines.at(-1)).toEqual({ done: 3_000_000, aborted: false });
    expect(lines.length).toBeGreaterThan(3);
    expect(asked).toEqual([{ site: "works", meter: "a", profile: "uci-steel", file: "y.csv" }]);
  });

  it("shows the first progress before the last byte was sent", async () => {
    await withActions({
      async *importCsv({ body }) {
        for await (const chunk of body) yield { heard: Buffer.from(chunk).toString() };
      },
    });
    const socket = connect((served as Served).port, "127.0.0.1");
    let heard = "";
    socket.on("data", (chunk) => {
      heard += chunk.toString();
    });
    const query = "site=works&meter=a&profile=p";
    socket.write(
      `POST /api/v1/admin/import?${query} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n`,
    );
    await expect.poll(() => heard).toContain('{"heard":"first"}');
    socket.write("6\r\nsecond\r\n0\r\n\r\n");
    await expect.poll(() => heard).toContain('{"heard":"second"}');
    socket.destroy();
  });

  it("stops when the caller goes away", async () => {
    let ended = false;
    let aborted = false;
    await withActions({
      async *importCsv({ signal }) {
        signal.addEventListener("abort", () => {
          aborted = true;
        });
        try {
          for (let n = 0; ; n += 1) {
            yield { n };
            await wait(5);
          }
        } finally {
          ended = true;
        }
      },
    });
    const socket = connect((served as Served).port, "127.0.0.1");
    socket.write(
      "POST /api/v1/admin/import?site=w&meter=a&profile=p HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: 1\r\n\r\nx",
    );
    await new Promise((resolve) => socket.once("data", resolve));
    socket.destroy();
    await expect.poll(() => aborted && ended).toBe(true);
  });

  it("does not keep the server from closing when its sender stalls", async () => {
    let aborted = false;
    await withActions({
      async *importCsv({ body, signal }) {
        signal.addEventListener("abort", () => {
          aborted = true;
        });
        yield {};
        for await (const _ of body) yield {};
      },
    });
    const socket = connect((served as Served).port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(
      "POST /api/v1/admin/import?site=w&meter=a&profile=p HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: 9\r\n\r\nx",
    );
    await new Promise((resolve) => socket.once("data", resolve));
    const began = performance.now();
    await served?.close();
    served = undefined;
    expect(performance.now() - began).toBeLessThan(2000);
    expect(aborted).toBe(true);
    socket.destroy();
  });

  it("needs its parameters and a CSV body", async () => {
    await withActions({});
    expect((await post("import?site=works&meter=a", csv, "x")).json()).toMatchObject({
      status: 400,
      parameter: "profile",
    });
    expect((await post("import?site=w&meter=a&profile=p&x=1", csv, "x")).json()).toMatchObject({
      parameter: "x",
    });
    const typed = await post("import?site=w&meter=a&profile=p", json, "{}");
    expect(typed.json()).toMatchObject({ status: 415, code: "content-type", allowed: ["text/csv"] });
  });
});

describe("replay and reconcile", () => {
  it("take checked JSON", async () => {
    const asked: object[] = [];
    await withActions({
      async *replay({ signal: _, ...given }) {
        asked.push(given);
        yield { replayed: 3 };
      },
      async *reconcile({ signal: _, ...given }) {
        asked.push(given);
        yield { progress: 0.5 };
        yield { difference: { site: "works" } };
      },
    });
    const span = { from: "2026-11-01", to: "2026-11-02", site: "works" };
    const replay = await post("replay", json, JSON.stringify({ what: "rejects", ...span }));
    expect(linesOf(replay.text)).toEqual([{ replayed: 3 }]);
    const type = { "content-type": "Application/JSON; charset=utf-8" };
    const reconcile = await post("reconcile", type, JSON.stringify({ repair: true }));
    expect(linesOf(reconcile.text)).toEqual([{ progress: 0.5 }, { difference: { site: "works" } }]);
    expect(asked).toEqual([{ what: "rejects", ...span }, { repair: true }]);
  });

  it.each([
    ["replay", json, "{}", 400, "missing-parameter"],
    ["replay", json, '{"what":"all"}', 400, "bad-parameter"],
    ["reconcile", json, '{"repair":"yes"}', 400, "bad-parameter"],
    ["reconcile", json, '{"sites":["a"]}', 400, "unknown-parameter"],
    ["reconcile", json, "[]", 400, "bad-body"],
    ["reconcile", json, "null", 400, "bad-body"],
    ["reconcile", json, "{", 400, undefined],
    ["reconcile", json, '{"__proto__":{"repair":true}}', 400, undefined],
    ["reconcile", json, `{"site":"${"x".repeat(70_000)}"}`, 413, undefined],
    ["reconcile", { "content-type": "text/plain" }, "{}", 415, "content-type"],
    ["reconcile", { "content-type": "application/x-www-form-urlencoded" }, "{}", 415, "content-type"],
    ["reconcile", {}, "{}", 415, "content-type"],
    ["nothing", json, "{}", 404, "unknown-path"],
  ])("%s refuses %j %s", async (path, headers, body, status, code) => {
    let started = false;
    const start = async function* (): AsyncGenerator<object> {
      started = true;
      yield {};
    };
    await withActions({ replay: start, reconcile: start });
    const reply = await post(path, headers as Record<string, string>, body);
    expect(reply.headers["content-type"]).toBe("application/problem+json; charset=utf-8");
    expect(reply.json()).toMatchObject({ status, ...(code === undefined ? {} : { code }) });
    expect(started).toBe(false);
  });

  it("answer with a status when they cannot begin, and with a last line when they cannot go on", async () => {
    const failing = (error: Error, after: number) =>
      async function* (): AsyncGenerator<object> {
        for (let n = 0; n < after; n += 1) yield { n };
        throw error;
      };
    await withActions({ reconcile: failing(new UsageError("site 'x' is not in the registry"), 0) });
    const refused = await post("reconcile", json, "{}");
    expect(refused.json()).toMatchObject({
      status: 400,
      code: "usage",
      detail: "site 'x' is not in the registry",
    });
    await served?.close();
    await withActions({
      reconcile: failing(new TransientError("LOG_UNAVAILABLE", "the log is away"), 2),
      replay: failing(new Error("/secret"), 1),
    });
    const broken = linesOf((await post("reconcile", json, "{}")).text);
    expect(broken).toEqual([
      { n: 0 },
      { n: 1 },
      { error: expect.objectContaining({ status: 503, code: "LOG_UNAVAILABLE" }) },
    ]);
    const bug = await post("replay", json, '{"what":"readings"}');
    expect(bug.text).not.toContain("secret");
    expect(linesOf(bug.text).at(-1)).toMatchObject({ error: { status: 500 } });
    expect(served?.log.join()).toContain("/secret");
  });

  it("are not for other sites' pages", async () => {
    await withActions({});
    const reply = await post("reconcile", { ...json, origin: "http://evil.example" }, "{}");
    expect(reply.json()).toMatchObject({ status: 403, code: "foreign-origin" });
  });
});
