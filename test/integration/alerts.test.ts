/** Alerts into the real program and notices out of it, over HTTP and MQTT. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectMqttPublisher } from "../../adapters/mqtt-publisher.ts";
import type {
  DutiesAnswer,
  MatterAnswer,
  MattersAnswer,
  MattersSummaryAnswer,
} from "../../board/api/matters.ts";
import {
  type CountyProgram,
  eventually,
  postedAlert,
  postedDocument,
  postHook,
  promptRule,
  type Receiver,
  startReceiver,
  writeCounty,
} from "../alerts/county-program.ts";
import { type RunningProgram, startProgram } from "../program.ts";
import { temporaryDirectory } from "../world.ts";

/** A day's limit that a single reading crosses. */
const limits = `limits:
  - { id: day-limit, name: { zh: 日限额, en: Day limit }, site: works-1, purpose: other, quantity: energy, carrier: electricity,
      period: day, value: 10, minCoverage: 0, levels: [{ colour: red, ratio: 1 }] }
`;
const directory = temporaryDirectory();
let receiver: Receiver;
let county: CountyProgram;
let program: RunningProgram;

beforeAll(async () => {
  receiver = await startReceiver();
  county = await writeCounty(directory.path, {
    receiver: receiver.url,
    files: { "limits.yaml": limits, "rules.yaml": promptRule },
  });
  program = await startProgram([...county.args, "--data", join(directory.path, "data")]);
});
afterAll(async () => {
  await program?.stop();
  await receiver?.close();
  directory.remove();
});

const hook = (body: unknown, token: string | undefined = county.token) =>
  postHook(program.httpUrl, token, body);
async function get<T>(path: string, who: keyof CountyProgram["people"] = "viewer"): Promise<T> {
  const answer = await fetch(`${program.httpUrl}/api/v1/${path}`, { headers: county.people[who] });
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
}
const act = (id: string, action: string, who: keyof CountyProgram["people"], body: object = {}) =>
  fetch(`${program.httpUrl}/api/v1/matters/${id}/${action}`, {
    method: "POST",
    headers: { ...county.people[who], "content-type": "application/json" },
    body: JSON.stringify(body),
  });
const matterOf = async (limit: string) =>
  (await get<MattersAnswer>("matters?state=all&limit=500")).rows.find(
    (row) => row.limit === `limit-${limit}`,
  );

describe("the hook", () => {
  test("takes a document of a machine with the role, and tells the officers soon", async () => {
    const posted = Date.now();
    const answer = await hook(postedDocument([postedAlert("a")]));
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ received: 1, new: 1, repeated: 0 });
    const notices = await eventually(() => {
      const all = receiver.got.filter(({ kind }) => kind === "raised");
      return all.length >= 2 ? all : undefined;
    });
    expect(notices.flatMap(({ recipients }) => recipients.map(({ officer }) => officer)).sort()).toEqual([
      "dev-1",
      "plant-1",
    ]);
    expect(Math.max(...notices.map(({ gotAt }) => gotAt)) - posted).toBeLessThan(15_000);
  });

  test.each([
    ["nobody", undefined, 401],
    ["a forged token", "x".repeat(43), 401],
    ["a viewer's token", "viewer", 403],
  ])("refuses %s", async (_who, token, status) => {
    const shown = token === "viewer" ? county.viewerToken : token;
    const answer = await postHook(program.httpUrl, shown, postedDocument([postedAlert("forged")]));
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect(await matterOf("forged")).toBeUndefined();
  });

  test("refuses a person's password: alerts come from machines", async () => {
    const answer = await fetch(`${program.httpUrl}/api/v1/hooks/grafana`, {
      method: "POST",
      headers: { ...county.people.admin, "content-type": "application/json" },
      body: JSON.stringify(postedDocument([postedAlert("person")])),
    });
    expect(answer.status).toBe(403);
  });

  test.each([
    ["no JSON", "{", 400],
    ["an array", [], 400],
    ["another version", { ...postedDocument([postedAlert("m")]), version: "9" }, 422],
    ["no alerts", postedDocument([]), 422],
    ["an alert without a rule", postedDocument([postedAlert("m"), postedAlert("n", { labels: {} })]), 422],
    [
      "a colour that is none",
      postedDocument([postedAlert("m", { labels: { ...postedAlert("m").labels, colour: "pink" } })]),
      422,
    ],
    ["a start that is no time", postedDocument([postedAlert("m", { startsAt: "yesterday" })]), 422],
  ])("refuses %s and takes nothing of it", async (_what, body, status) => {
    const answer = await hook(body);
    expect(answer.status).toBe(status);
    const { detail } = (await answer.json()) as { detail: string };
    expect(detail.length).toBeGreaterThan(10);
    expect(await matterOf("m")).toBeUndefined();
  });

  test("refuses more than 256 KiB, and another type than JSON", async () => {
    const large = { ...postedDocument([postedAlert("large")]), message: "x".repeat(257 * 1024) };
    expect((await hook(large)).status).toBe(413);
    const answer = await fetch(`${program.httpUrl}/api/v1/hooks/grafana`, {
      method: "POST",
      headers: { authorization: `Bearer ${county.token}`, "content-type": "text/plain" },
      body: JSON.stringify(postedDocument([postedAlert("large")])),
    });
    expect(answer.status).toBe(415);
    expect(await matterOf("large")).toBeUndefined();
  });

  test("a document that is sent again changes nothing and tells nobody", async () => {
    await hook(postedDocument([postedAlert("again")]));
    const { id } = (await matterOf("again"))!;
    const sent = () => receiver.got.filter(({ matters }) => matters.includes(id)).length;
    await eventually(() => (sent() === 2 ? true : undefined));
    for (let i = 0; i < 5; i += 1)
      expect(await (await hook(postedDocument([postedAlert("again")]))).json()).toEqual({
        received: 1,
        new: 0,
        repeated: 1,
      });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(sent()).toBe(2);
    const end = postedAlert("again", { status: "resolved", endsAt: "2026-11-23T03:00:00Z" });
    await hook(postedDocument([end]));
    await hook(postedDocument([end]));
    await eventually(() => (sent() === 4 ? true : undefined));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(
      receiver.got.filter(({ matters, kind }) => matters.includes(id) && kind === "resolved"),
    ).toHaveLength(2);
    expect(await matterOf("again")).toMatchObject({ firing: false, resolvedAt: "2026-11-23T11:00:00+08:00" });
  });
});

describe("a matter over HTTP", () => {
  test("goes through the loop, by those who may", async () => {
    await hook(postedDocument([postedAlert("loop")]));
    const { id, lead, may } = await eventually(() => matterOf("loop"));
    expect(lead).toBe("development");
    expect(may).toEqual([]);
    expect((await act(id, "acknowledge", "viewer")).status).toBe(403);
    expect((await act("20260101-9999", "acknowledge", "dev")).status).toBe(404);
    expect((await act(id, "close", "dev")).status).toBe(409);
    expect((await act(id, "acknowledge", "other")).status).toBe(200);
    expect((await act(id, "acknowledge", "other")).status).toBe(409);
    expect((await act(id, "explain", "other")).status).toBe(400);
    expect((await act(id, "explain", "other", { text: "试生产", officer: "x".repeat(65) })).status).toBe(400);
    expect((await act(id, "explain", "other", { text: "<b>试生产</b>" })).status).toBe(200);
    expect((await act(id, "assign", "dev", { officer: "nobody" })).status).toBe(400);
    expect((await act(id, "assign", "dev", { officer: "plant-1" })).status).toBe(200);
    expect((await act(id, "rectify", "other", { text: "已停二号炉" })).status).toBe(200);
    expect((await act(id, "review", "other")).status).toBe(403);
    expect((await act(id, "review", "dev")).status).toBe(200);
    const closed = await act(id, "close", "admin");
    const { matter, events, notices } = (await closed.json()) as MatterAnswer;
    expect(matter).toMatchObject({ state: "closed", assignedTo: "plant-1", may: ["reopen"] });
    expect(events.map(({ action }) => action).filter((one) => !["notify", "deliver"].includes(one))).toEqual([
      "raise",
      "acknowledge",
      "explain",
      "assign",
      "rectify",
      "review",
      "close",
    ]);
    expect(events.find(({ action }) => action === "explain")).toMatchObject({
      actor: "other",
      text: "<b>试生产</b>",
    });
    expect(notices.some(({ kind, officer }) => kind === "reminder" && officer === "plant-1")).toBe(true);
    expect((await get<MattersAnswer>("matters?state=closed")).rows.map((row) => row.id)).toContain(id);
  });

  test("is listed, paged and filtered; parameters that are none are refused", async () => {
    await hook(postedDocument(["p1", "p2", "p3"].map((one) => postedAlert(one))));
    const first = await get<MattersAnswer>("matters?state=all&limit=2");
    expect(first.rows).toHaveLength(2);
    const second = await get<MattersAnswer>(`matters?state=all&limit=2&before=${first.next}`);
    expect(second.rows[0]!.id < first.rows[1]!.id).toBe(true);
    expect(
      (await get<MattersAnswer>("matters?agency=development&colour=red&site=works-1")).rows.length,
    ).toBeGreaterThan(0);
    expect((await get<MattersAnswer>("matters?agency=develop")).rows).toEqual([]);
    const bad = await fetch(`${program.httpUrl}/api/v1/matters?colour=pink`, {
      headers: county.people.viewer,
    });
    expect(bad.status).toBe(400);
  });

  test("is in the API's document, with every action", async () => {
    const answer = await fetch(`${program.httpUrl}/api/v1/openapi.json`, { headers: county.people.viewer });
    const { paths } = (await answer.json()) as {
      paths: Record<string, Record<string, { operationId?: string }>>;
    };
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        "/api/v1/hooks/grafana",
        "/api/v1/matters",
        "/api/v1/matters/{id}",
        "/api/v1/duties",
      ]),
    );
    const actions = Object.keys(paths).filter((path) => path.startsWith("/api/v1/matters/{id}/"));
    expect(actions).toHaveLength(8);
    const ids = Object.values(paths)
      .flatMap((methods) => Object.values(methods).map((one) => one.operationId))
      .filter((id) => id !== undefined);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("is counted by month and agency; who there is has no addresses", async () => {
    const { rows } = await get<MattersSummaryAnswer>("matters/summary");
    expect(rows).toMatchObject([{ agency: "development", name: { en: "Development" } }]);
    expect(rows[0]!.raised).toBeGreaterThan(2);
    const duties = await get<DutiesAnswer>("duties");
    expect(duties.officers.map(({ id }) => id)).toEqual(["dev-1", "plant-1"]);
    expect(JSON.stringify(duties)).not.toContain("address");
  });

  test("is told on the stream when something changes", async () => {
    const stop = new AbortController();
    const stream = await fetch(`${program.httpUrl}/api/v1/stream`, {
      headers: county.people.viewer,
      signal: stop.signal,
    });
    const reader = stream.body!.getReader();
    let text = "";
    const told = async (): Promise<{ open: { red: number }; newest?: string }> => {
      for (;;) {
        const found = /event: matters\ndata: (.*)\n\n/.exec(text);
        if (found) {
          text = text.slice(found.index + found[0].length);
          return JSON.parse(found[1]!);
        }
        text += new TextDecoder().decode((await reader.read()).value);
      }
    };
    const before = await told();
    await hook(postedDocument([postedAlert("streamed")]));
    const after = await told();
    expect(after.open.red).toBe(before.open.red + 1);
    expect(after.newest).toBe((await matterOf("streamed"))!.id);
    stop.abort();
  });

  test("is answered by the link of its notice: looking changes nothing, a press does", async () => {
    await hook(postedDocument([postedAlert("link")]));
    const { id } = (await matterOf("link"))!;
    const notice = await eventually(() =>
      receiver.got.find(
        ({ matters, recipients }) =>
          matters.includes(id) && recipients.some(({ officer }) => officer === "plant-1"),
      ),
    );
    const link = notice.links.map(({ url }) => url).find((url) => url.includes("/a/"))!;
    const page = await fetch(link);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain(id);
    await eventually(async () => ((await matterOf("link"))!.state === "notified" ? true : undefined));
    const pressed = await fetch(link, {
      method: "POST",
      redirect: "manual",
      headers: { "content-type": "application/x-www-form-urlencoded", origin: new URL(link).origin },
      body: new URLSearchParams({ matter: id, action: "acknowledge", officer: "plant-1" }),
    });
    expect(pressed.status).toBe(303);
    const { matter, events } = await get<MatterAnswer>(`matters/${id}`);
    expect(matter.state).toBe("acknowledged");
    expect(events.at(-1)).toMatchObject({
      action: "acknowledge",
      actor: "plant-1",
      details: { via: "link" },
    });
  });
});

test("a meter that crosses its limit over MQTT is told of within seconds", { timeout: 90_000 }, async () => {
  const publisher = await connectMqttPublisher({
    url: program.mqttUrl,
    clientId: "works-1-gw-test",
    username: "works-1-gw",
    password: county.password,
  });
  const send = (at: number, value: number) =>
    publisher.publish(
      "v1/sites/works-1/meters/m-1/readings",
      JSON.stringify({ at, registers: { "active-import": value } }),
    );
  const zone = 8 * 3_600_000;
  const midnight = Math.floor((Date.now() + zone) / 86_400_000) * 86_400_000 - zone;
  await send(midnight - 60_000, 1_000);
  const sentAt = Date.now();
  await send(sentAt - 1_000, 2_000);
  const notice = await eventually(
    () => receiver.got.find(({ kind, gotAt }) => kind === "raised" && gotAt >= sentAt),
    30_000,
  );
  const { matter } = await get<MatterAnswer>(`matters/${notice.matters[0]}`);
  expect(matter).toMatchObject({ limit: "day-limit", colour: "red", site: "works-1" });
  // Measured by the bench; here the machine may be busy with other tests.
  expect(notice.gotAt - sentAt).toBeLessThan(15_000);
  await publisher.close();
});
