/**
 * An officer's walk: a meter crosses its limit over MQTT, the officer sees the alert, acknowledges, explains and
 * closes it in a real browser, against the real program. Skipped where no Chromium is installed.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt from "mqtt";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MatterAnswer } from "../../../board/api/matters.ts";
import { hashPassword } from "../../../config/password.ts";
import { type RunningProgram, startProgram } from "../../program.ts";

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const password = "值守-2026-岱山";
/** What an officer types must come back as text wherever it is shown. */
const hostile = '试车 <img src=x onerror="document.title=1"> 两日内回落';

const county = `
county:
  id: isle
  name: { zh: 岛县, en: Isle }
  zone: Asia/Shanghai
  region: zhejiang
  towns: [{ id: north, name: { zh: 北镇, en: North } }]
`;
const works = `
id: works
name: { zh: 北岸船厂, en: North Shore Yard }
category: key-energy-user
town: north
gateways: [{ id: gw-1, username: works-gw1, topics: ["v1/sites/works/#"] }]
meters:
  - id: main
    name: { zh: 总进线, en: Main incomer }
    carrier: electricity
    role: grid-import
    contributes: add
    from: 2025-01-01
    maxPerHour: 100000
    registers: [{ id: active-import, unit: kWh, digits: 8, decimals: 2 }]
    multipliers: [{ from: 2025-01-01, value: 1 }]
`;
const limits = `
limits:
  - id: year
    name: { zh: 年度用电预算, en: Annual electricity budget }
    site: works
    purpose: budget
    quantity: energy
    carrier: electricity
    period: year
    value: 1000
    levels: [{ colour: orange, ratio: 0.9 }, { colour: red, ratio: 1 }]
    minCoverage: 0
`;
const rules = `
rules:
  - id: budget
    name: { zh: 用能预算, en: Energy budget }
    watch: limit_usage
    where: { purpose: budget }
    domain: budget
    for: 0s
    keepFiring: 0s
    stale: 10d
    levels:
      - { colour: orange, when: orange >= 1, clear: 0.98 }
      - { colour: red, when: red >= 1, clear: 0.98 }
    summary:
      zh: "{{site}} 用能预算 {{limit}}：已用 {{used|number}}"
      en: "{{site}} energy budget {{limit}}: {{used|number}} used"
`;
const duties = `
agencies:
  - { id: bureau, name: { zh: 县发改局, en: Development Bureau }, officers: [wang] }
officers:
  - { id: wang, name: { zh: 王丽, en: Wang Li }, operator: wang.li, channels: [{ channel: console, address: wang }] }
  - { id: zhao, name: { zh: 赵强, en: Zhao Qiang }, channels: [{ channel: console, address: zhao }] }
duties: [{ county: true, lead: bureau, officers: [wang] }]
channels: [{ id: console, kind: console, perMinute: 60 }]
`;

async function writeConfig(folder: string): Promise<void> {
  mkdirSync(join(folder, "sites"), { recursive: true });
  const files = {
    "county.yaml": county,
    "sites/works.yaml": works,
    "limits.yaml": limits,
    "rules.yaml": rules,
    "duties.yaml": duties,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const [hash, gateway] = [await hashPassword(password), await hashPassword("gateway")];
  const secrets = `gateways: { works-gw1: "${gateway}" }
operators:
  wang.li: { hash: "${hash}", role: officer }
  li.na: { hash: "${hash}", role: viewer }
`;
  writeFileSync(join(folder, "secrets.yaml"), secrets, { mode: 0o600 });
}

/** Readings of the last hour; the year's budget of 1,000 kWh is crossed by the last of them. */
async function cross(url: string): Promise<void> {
  const client = await mqtt.connectAsync(url, {
    clientId: "works-gw1",
    protocolVersion: 4,
    username: "works-gw1",
    password: "gateway",
  });
  const now = Date.now();
  for (const [minutes, value] of [
    [45, 100],
    [30, 400],
    [15, 800],
    [0, 1250],
  ] as const) {
    const reading = { at: now - minutes * 60_000, registers: { "active-import": value } };
    await client.publishAsync("v1/sites/works/meters/main/readings", JSON.stringify(reading), { qos: 1 });
  }
  await client.endAsync();
}

describe.skipIf(!existsSync(executablePath))("an officer", () => {
  const folder = mkdtempSync(join(tmpdir(), "officer-"));
  let program: RunningProgram;
  let browser: Browser;

  beforeAll(async () => {
    await writeConfig(folder);
    const where = ["--config", folder, "--data", join(folder, "data")];
    program = await startProgram(["--no-demo", ...where, "--secrets", join(folder, "secrets.yaml")]);
    const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"];
    browser = await chromium.launch({ executablePath, args });
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A signed-in page; what goes wrong in it is gathered. */
  async function signIn(user: string, width = 1366, lang: "zh" | "en" = "zh") {
    const context = await browser.newContext({ viewport: { width, height: 800 } });
    await context.addInitScript({ content: `localStorage.setItem("lang", "${lang}")` });
    const page: Page = await context.newPage();
    await page.goto(`${program.httpUrl}/#/alerts`);
    await page.fill("input[name=username]", user);
    await page.fill("input[name=password]", password);
    await page.click("button[type=submit]");
    await page.waitForSelector(".live-live");
    const wrong: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") wrong.push(message.text());
    });
    page.on("pageerror", (error) => wrong.push(error.message));
    return { page, context, wrong };
  }
  const shoot = async (page: Page, name: string): Promise<void> => {
    if (process.env.SHOTS) await page.screenshot({ path: join(process.env.SHOTS, `${name}.png`) });
  };
  const matterOf = async (context: BrowserContext, id: string): Promise<MatterAnswer> =>
    (await (await context.request.get(`${program.httpUrl}/api/v1/matters/${id}`)).json()) as MatterAnswer;
  /** Chooses an action, writes the text, presses, and waits until it is said to be taken. */
  const press = async (page: Page, action: string, text?: string): Promise<void> => {
    const choice = page.locator(".act-panel .segmented button", { hasText: action });
    if ((await choice.count()) > 0) await choice.click();
    if (text !== undefined) await page.fill(".act textarea", text);
    await page.click(".act button[type=submit]");
  };

  it("sees the alert without asking for it, and answers until it is closed", async () => {
    const { page, context, wrong } = await signIn("wang.li");
    await page.waitForSelector(".alerts .quiet");
    expect(await page.$$eval(".badge", (all) => all.length)).toBe(0);
    await cross(program.mqttUrl);

    // The badge and the list follow by themselves.
    await page.waitForSelector(".badge.level-red", { timeout: 15_000 });
    await page.waitForSelector(".matter.level-red", { timeout: 15_000 });
    expect(await page.textContent(".matter .title")).toBe("北岸船厂：年度用电预算，达到红色等级");
    expect(await page.textContent(".matter .extent")).toContain("115.0%");
    expect(await page.title()).toMatch(/^\(1\) /);
    await shoot(page, "1-alerts");

    await page.click(".matter .title");
    await page.waitForSelector(".matter-page .act");
    const id = new URL(page.url()).hash.replace("#/matter/", "");
    await shoot(page, "2-matter");
    await press(page, "确认收到");
    await page.waitForSelector('.steps li.now:has-text("已确认")');
    expect(await page.textContent(".act-panel .taken")).toBe("“确认收到”已记录。");

    // Without words nothing is sent, and it says so.
    await press(page, "说明原因");
    expect(await page.textContent(".act-panel [role=alert]")).toBe("请填写文字说明。");
    expect((await matterOf(context, id)).matter.state).toBe("acknowledged");
    await press(page, "说明原因", hostile);
    await page.waitForSelector('.steps li.now:has-text("已说明")');
    expect(await page.textContent(".history .said")).toBe(hostile);
    expect(await page.$$eval("main img", (all) => all.length)).toBe(0);

    await press(page, "整改完成", "试车结束，负荷恢复。");
    await page.waitForSelector('.steps li.now:has-text("已整改")');
    await press(page, "复核通过");
    await page.waitForSelector('.steps li.now:has-text("已复核")');

    // Closing is asked once more, and going back changes nothing.
    await press(page, "销号");
    await page.waitForSelector("[role=alertdialog]");
    await shoot(page, "3-confirm");
    await page.keyboard.press("Escape");
    await page.waitForSelector("[role=alertdialog]", { state: "detached" });
    expect((await matterOf(context, id)).matter.state).toBe("reviewed");
    await press(page, "销号", "已核对");
    await page.click("[role=alertdialog] button.main");
    await page.waitForSelector('.steps li.now:has-text("已销号")');
    await shoot(page, "4-closed");

    const { events } = await matterOf(context, id);
    const done = ["acknowledge", "explain", "rectify", "review", "close"];
    expect(events.map((one) => one.action).filter((one) => done.includes(one))).toEqual(done);
    expect(events.filter((one) => done.includes(one.action)).every((one) => one.actor === "wang.li")).toBe(
      true,
    );
    // Who did it is called by name.
    expect(await page.textContent(".steps li.now")).toContain("王丽");

    await page.waitForSelector(".badge", { state: "detached", timeout: 15_000 });
    await page.goto(`${program.httpUrl}/#/alerts`);
    await page.waitForSelector(".alerts .quiet");
    await page.click('.segmented button:has-text("已销号")');
    await page.waitForSelector(".matter.closed");
    expect(wrong).toEqual([]);
    await context.close();
  });

  it("finds the limit and the month's count, on a telephone as well", async () => {
    const { page, context, wrong } = await signIn("wang.li", 360, "en");
    for (const [hash, ready] of [
      ["#/limits", ".limit.level-red"],
      ["#/summary", ".summary tbody tr"],
      ["#/alerts?state=all", ".matter.closed"],
      ["#/site/works", ".site-limits .limit"],
    ] as const) {
      await page.goto(`${program.httpUrl}/${hash}`);
      await page.waitForSelector(ready);
      await shoot(page, `phone-${hash.replace(/\W+/g, "-")}`);
      const width = await page.evaluate("document.documentElement.scrollWidth");
      expect(width, hash).toBeLessThanOrEqual(360);
    }
    await page.goto(`${program.httpUrl}/#/summary`);
    const row = page.locator(".summary tbody tr").first();
    await row.waitFor();
    expect(await row.locator("td").allTextContents()).toEqual(["1", "1", "0", "1", "100%", "100%"]);
    // On paper there is nothing to press.
    await page.emulateMedia({ media: "print" });
    expect(await page.locator(".header, .footer, button").filter({ visible: true }).count()).toBe(0);
    expect(await page.isVisible(".summary tfoot")).toBe(true);
    expect(wrong).toEqual([]);
    await context.close();
  });

  it("with the role viewer sees all and is offered nothing", async () => {
    const { page, context, wrong } = await signIn("li.na");
    await page.goto(`${program.httpUrl}/#/alerts?state=all`);
    await page.click(".matter .title");
    await page.waitForSelector(".act-panel");
    expect(await page.$$eval(".act", (all) => all.length)).toBe(0);
    expect(await page.textContent(".act-panel .note")).toBe("你的角色只能查看。");
    expect(wrong).toEqual([]);
    await context.close();
  });
});
