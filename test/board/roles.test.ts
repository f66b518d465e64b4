/** Who may do what, over every route there is. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parameters } from "../../board/parameters.ts";
import { mayAct, type Role, roles } from "../../model/roles.ts";
import { type Served, serve } from "./http.ts";
import { basic, bearer, operators } from "./operators.ts";

/** The least role each route asks for; "open" is nobody's business. As docs/operation.md has it. */
const needs: readonly (readonly [method: string, path: string, needed: Role | "open"])[] = [
  ...Object.keys(parameters)
    .filter((name) => name !== "stream" && name !== "rejects")
    .map((name) => ["GET", `/api/v1/${name}`, "viewer"] as const),
  ["GET", "/api/v1/rejects", "officer"],
  ["GET", "/api/v1/consumption?site=works&window=day&from=2026-11-21&to=2026-11-22&format=csv", "officer"],
  ["POST", "/api/v1/admin/import?site=works&meter=a&profile=p", "admin"],
  ["POST", "/api/v1/admin/replay", "admin"],
  ["POST", "/api/v1/admin/reconcile", "admin"],
  ["GET", "/metrics", "viewer"],
  ["GET", "/api/v1/openapi.json", "viewer"],
  ["GET", "/api/v1/nothing", "viewer"],
  ["DELETE", "/api/v1/consumption", "admin"],
  ["GET", "/api/v1/session", "open"],
  ["GET", "/healthz", "open"],
  ["GET", "/readyz", "open"],
];

describe("roles", () => {
  let served: Served;
  let token: (role: Role) => string;
  beforeAll(async () => {
    const made = await operators();
    token = made.token;
    served = await serve({ host: "0.0.0.0", credentials: made.credentials });
  });
  afterAll(() => served.close());
  const ask = (method: string, path: string, headers: Record<string, string>) => {
    const type = path.includes("import") ? "text/csv" : "application/json";
    const isPost = method === "POST";
    return served.ask(path, {
      method,
      headers: { ...headers, ...(isPost ? { "content-type": type } : {}) },
      ...(isPost ? { body: "{}" } : {}),
    });
  };

  it.each(needs)("%s %s is for %s", async (method, path, needed) => {
    const stranger = await ask(method, path, {});
    if (needed === "open") return expect(stranger.status).toBe(200);
    expect(stranger.status).toBe(401);
    for (const role of roles) {
      const reply = await ask(method, path, bearer(token(role)));
      const may = mayAct(role, needed);
      expect(reply.status === 403, `${role}: ${reply.text}`).toBe(!may);
      expect(reply.status).not.toBe(401);
      if (!may) expect(reply.json()).toMatchObject({ code: "role", value: role, allowed: [needed] });
    }
  });

  it("every route of the document is in this list", async () => {
    const { paths } = (await ask("GET", "/api/v1/openapi.json", bearer(token("viewer")))).json<{
      paths: Record<string, Record<string, object>>;
    }>();
    const listed = new Set(needs.map(([method, path]) => `${method} ${path.split("?")[0]}`));
    const apart = ["GET /api/v1/stream", "POST /api/v1/session", "DELETE /api/v1/session"];
    const all = Object.entries(paths).flatMap(([path, of]) =>
      Object.keys(of).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(all.filter((one) => !listed.has(one) && !apart.includes(one))).toEqual([]);
    expect((await served.ask("/api/v1/stream")).status).toBe(401);
  });

  it("count for HEAD as for GET", async () => {
    const head = (role: Role) =>
      served.ask("/api/v1/rejects", { method: "HEAD", headers: bearer(token(role)) });
    expect([(await head("viewer")).status, (await head("officer")).status]).toEqual([403, 200]);
  });

  it("take a password as well as a token, and no token that is short, changed or in another place", async () => {
    const good = token("viewer");
    const status = async (headers: Record<string, string>, path = "/api/v1/sites") =>
      (await served.ask(path, { headers })).status;
    expect(await status(basic("viewer", "viewer-password"))).toBe(200);
    expect(await status(bearer(good))).toBe(200);
    const last = good.at(-1) === "A" ? "B" : "A";
    for (const bad of [good.slice(1), `${good}A`, good.slice(0, -1) + last, good.toLowerCase(), "x", ""]) {
      expect(await status(bearer(bad)), bad).toBe(401);
    }
    expect(await status({}, `/api/v1/sites?access_token=${good}`)).toBe(401);
    expect(await status({ cookie: `energy-session=${good}` })).toBe(401);
    expect(await status(basic("viewer-machine", good))).toBe(401);
    expect(await status(basic("__proto__", "x"))).toBe(401);
  });

  it("what is wrong with a dependency is told to who was let in", async () => {
    const dependencies = [{ name: "kafka", ok: false, detail: "no broker at 10.1.2.3:9092" }];
    const lag = { recordsBehind: 0, pendingSpans: 0, dirtyDays: 0 };
    const { credentials, token } = await operators();
    const closed = await serve({
      credentials,
      readiness: async () => ({ ready: false, ...lag, dependencies }),
    });
    const stranger = await closed.ask("/readyz");
    expect([stranger.status, stranger.json()]).toEqual([
      503,
      { ready: false, ...lag, dependencies: [{ name: "kafka", ok: false }] },
    ]);
    const known = await closed.ask("/readyz", { headers: bearer(token("viewer")) });
    expect(known.json()).toMatchObject({ dependencies });
    await closed.close();
  });

  it("who cannot say in time whether he is ready is not", async () => {
    const stuck = await serve({ readiness: () => new Promise(() => {}) });
    const reply = await stuck.ask("/readyz");
    expect(reply.json()).toMatchObject({ status: 503, code: "not-ready" });
    expect(stuck.log.join()).toContain("no answer within 5000 ms");
    await stuck.close();
  });
});
