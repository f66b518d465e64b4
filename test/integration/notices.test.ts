/** From Grafana's webhook to an officer's phone and mailbox, and back by the link, against the real program. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MatterAnswer, MattersAnswer } from "../../board/api/matters.ts";
import { json, mailbox, receiver } from "../adapters/channels/receivers.ts";
import { certificate } from "../board/certificate.ts";
import { type RunningProgram, startProgram } from "../program.ts";

const TOKEN = "f00dcafe0123456789abcdef";
const SECRET = "SECd1ngt4lk0robot0secret";
const ALERTS = 60;

const county = `county: { id: isle, name: { zh: 岛县, en: Isle }, zone: Asia/Shanghai, region: zhejiang }`;
const works = `
id: works
name: { zh: "北岸 [船厂](https://evil.example) <@all>", en: North Shore Yard }
category: key-energy-user
meters: []
`;
const duties = (mailPort: number): string => `
agencies:
  - { id: bureau, name: { zh: 县发改局, en: Development Bureau }, officers: [wang] }
officers:
  - id: wang
    name: { zh: 王丽, en: Wang Li }
    channels: [{ channel: robot, address: "13800001111" }, { channel: mail, address: wang@bureau.example }]
  - id: ann
    name: { zh: 安娜, en: Ann }
    language: en
    channels: [{ channel: mail, address: ann@works.example }]
duties: [{ county: true, lead: bureau, officers: [ann] }]
channels:
  - { id: robot, kind: dingtalk, perMinute: 10000 }
  - { id: mail, kind: smtp, host: 127.0.0.1, port: ${mailPort}, from: energy@bureau.example, perMinute: 10000 }
digest: { afterNotices: 1000, windowMinutes: 5 }
`;

/** A document as Grafana posts it. */
function documentOf(index: number, status: "firing" | "resolved", startsAt: string): string {
  const labels = {
    alertname: "budget-red",
    rule: "budget-red",
    colour: "red",
    domain: "budget",
    site: "works",
    limit: `budget-${index}`,
  };
  const alert = {
    status,
    labels,
    annotations: { summary: `预算 ${index}`, summary_en: `budget ${index}` },
    startsAt,
    endsAt: status === "firing" ? "0001-01-01T00:00:00Z" : new Date().toISOString(),
    values: { used: 1_250.5, allowed: 1_000, ratio: 1.2505 },
    fingerprint: `f${index}`,
  };
  return JSON.stringify({ version: "1", receiver: "desk", status, alerts: [alert] });
}

const matterIn = (text: string): string => /事项编号：(\d{8}-\d+)/.exec(text)?.[1] ?? "";

describe("notices", () => {
  const folder = mkdtempSync(join(tmpdir(), "notices-"));
  const startsAt = new Date(Date.now() - 60_000).toISOString();
  const heardAt = new Map<string, number>();
  let robot: Awaited<ReturnType<typeof receiver>>;
  let mail: Awaited<ReturnType<typeof mailbox>>;
  let program: RunningProgram;

  const post = async (body: string): Promise<number> =>
    (
      await fetch(`${program.httpUrl}/api/v1/hooks/grafana`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      })
    ).status;
  const texts = (): string[] => robot.heard.map(({ body }) => JSON.parse(body).markdown.text as string);
  const linkIn = (text: string): string => /\]\((http[^)]*\/a\/[^)]+)\)/.exec(text)?.[1] ?? "";

  beforeAll(async () => {
    robot = await receiver((response, heard, count) => {
      heardAt.set(matterIn(heard.body), Date.now());
      json({ errcode: 0, errmsg: "ok" })(response, heard, count);
    });
    mail = await mailbox();
    mkdirSync(join(folder, "sites"));
    const files = {
      "county.yaml": county,
      "sites/works.yaml": works,
      "duties.yaml": duties(mail.port),
      "secrets.yaml": `channels: { robot: { url: "${robot.base}/robot/send?access_token=${TOKEN}", secret: ${SECRET} } }\n`,
      "ca.pem": certificate.cert,
    };
    for (const [name, text] of Object.entries(files))
      writeFileSync(join(folder, name), text, { mode: 0o600 });
    process.env.NODE_EXTRA_CA_CERTS = join(folder, "ca.pem");
    const secrets = ["--secrets", join(folder, "secrets.yaml")];
    program = await startProgram([
      "--no-demo",
      "--config",
      folder,
      "--data",
      join(folder, "data"),
      ...secrets,
    ]);
  });
  afterAll(async () => {
    await program?.stop();
    await robot?.close();
    await mail?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("reach robot and mailbox within three seconds of the hook", async () => {
    const posted: number[] = [];
    for (let index = 0; index < ALERTS; index += 1) {
      posted.push(Date.now());
      expect(await post(documentOf(index, "firing", startsAt))).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await expect.poll(() => robot.heard.length, { timeout: 60_000 }).toBe(ALERTS);
    await expect.poll(() => mail.mails.length, { timeout: 60_000 }).toBe(ALERTS);
    // Matters are numbered in the order they came in.
    const took = [...heardAt.entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, at], index) => at - posted[index]!);
    expect(took).toHaveLength(ALERTS);
    // Each in the end; half of them within three seconds, whatever else this machine had to do.
    expect(Math.max(...took)).toBeLessThan(15_000);
    expect(took.filter((ms) => ms < 3_000).length).toBeGreaterThan(ALERTS / 2);
    const url = robot.heard[0]!.url;
    expect(url.searchParams.get("access_token")).toBe(TOKEN);
    expect(url.searchParams.has("sign")).toBe(true);
    expect(mail.mails.every(({ secure, to }) => secure && to[0] === "ann@works.example")).toBe(true);
  });

  it("come once for each matter, however often Grafana says it again", async () => {
    for (let index = 0; index < 5; index += 1) await post(documentOf(index, "firing", startsAt));
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(robot.heard).toHaveLength(ALERTS);
    expect(mail.mails).toHaveLength(ALERTS);
  });

  it("carry a name as a name, and the link of their own matter", () => {
    const [text = ""] = texts();
    expect(text).not.toContain("(https://evil.example)");
    expect(text).not.toContain("<@all>");
    expect(text).toContain("［船厂］");
    expect(text).toContain("@13800001111");
    expect(new Set(texts().map(linkIn)).size).toBe(ALERTS);
  });

  it("lead to a page that shows, and acknowledges at a press alone", async () => {
    const link = linkIn(texts()[0]!);
    const id = matterIn(texts()[0]!);
    const state = async (): Promise<MatterAnswer> =>
      (await (await fetch(`${program.httpUrl}/api/v1/matters/${id}`)).json()) as MatterAnswer;
    for (const method of ["GET", "HEAD", "GET"]) expect((await fetch(link, { method })).status).toBe(200);
    expect((await state()).matter.state).toBe("notified");
    const body = new URLSearchParams({ matter: id, action: "acknowledge", officer: "wang" });
    const pressed = await fetch(link, { method: "POST", body });
    expect(pressed.status).toBe(200);
    expect(await pressed.text()).toContain("已确认收到");
    const { matter, events, notices } = await state();
    expect(matter.state).toBe("acknowledged");
    expect(events.find(({ action }) => action === "acknowledge")).toMatchObject({ actor: "wang" });
    expect(notices.map(({ officer, channel, status }) => [officer, channel, status]).sort()).toEqual([
      ["ann", "mail", "delivered"],
      ["wang", "robot", "delivered"],
    ]);
    const again = await fetch(link, { method: "POST", body });
    expect(again.status).toBe(409);
    expect(await again.text()).toContain("此前已经处置");
  });

  it("tell once that it is over", async () => {
    const before = robot.heard.length;
    for (let count = 0; count < 3; count += 1)
      expect(await post(documentOf(1, "resolved", startsAt))).toBe(200);
    await expect.poll(() => robot.heard.length).toBe(before + 1);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(robot.heard).toHaveLength(before + 1);
    expect(texts().at(-1)).toContain("【已恢复·原红色】");
  });

  it("leave nothing in the log that opens a channel or a matter", () => {
    const output = program.output();
    expect(output).toContain("notice-delivered");
    for (const secret of [TOKEN, SECRET, ...texts().map((text) => linkIn(text).split("/a/")[1]!)])
      expect(output).not.toContain(secret);
  });

  it("are all there for the board", async () => {
    const answer = (await (
      await fetch(`${program.httpUrl}/api/v1/matters?state=all&limit=500`)
    ).json()) as MattersAnswer;
    expect(answer.rows).toHaveLength(ALERTS);
  });
});
