/** The built page in a real browser, against the real program. Skipped where no Chromium is installed. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mqtt from "mqtt";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OverviewAnswer } from "../../../board/api/figures.ts";
import { awayFromMidnight } from "../../midnight.ts";
import { type RunningProgram, startProgram, untilSettled } from "../../program.ts";

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const site = "yuanting-marine";
const hostile = '{"at": <img src=x onerror="document.title=1">';

async function publish(url: string): Promise<void> {
  const client = await mqtt.connectAsync(url, { clientId: "page-test", protocolVersion: 4 });
  const topic = `v1/sites/${site}/meters/main/readings`;
  const now = Date.now();
  const readings = [45, 30, 15, 0].map((minutes, step) => ({
    at: now - minutes * 60_000,
    registers: { "active-import": 100 + step * 0.25 },
    powerKw: 1234.5,
  }));
  await client.publishAsync(topic, JSON.stringify(readings), { qos: 1 });
  await client.publishAsync(topic, hostile, { qos: 1 });
  await client.endAsync();
}

describe.skipIf(!existsSync(executablePath))("the page", () => {
  const data = mkdtempSync(join(tmpdir(), "page-"));
  let program: RunningProgram;
  let browser: Browser;

  beforeAll(async () => {
    await awayFromMidnight("Asia/Shanghai", 3);
    program = await startProgram(["--no-demo", "--data", data]);
    await publish(program.mqttUrl);
    await untilSettled(program.httpUrl);
    const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"];
    browser = await chromium.launch({ executablePath, args });
  }, 400_000);
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    rmSync(data, { recursive: true, force: true });
  });

  /** Opens an address; what goes wrong in the page is gathered. */
  async function open(hash: string, width: number, lang: "zh" | "en" = "zh") {
    const context = await browser.newContext({
      viewport: { width, height: 800 },
      timezoneId: "America/New_York",
    });
    await context.addInitScript({ content: `localStorage.setItem("lang", "${lang}")` });
    const page: Page = await context.newPage();
    const wrong: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") wrong.push(message.text());
    });
    page.on("pageerror", (error) => wrong.push(error.message));
    await page.goto(`${program.httpUrl}/${hash}`);
    await page.waitForSelector("main h1, main .page");
    await page.waitForSelector(".live-live");
    await page.waitForLoadState("networkidle").catch(() => undefined);
    return { page, wrong };
  }

  it.each([
    ["#/", 1366, "zh"],
    ["#/", 360, "en"],
    ["#/sites", 360, "zh"],
    [`#/site/${site}`, 1366, "en"],
    [`#/site/${site}`, 360, "zh"],
    ["#/quality", 360, "en"],
    ["#/limits", 360, "zh"],
    ["#/limits", 1366, "en"],
    ["#/alerts", 360, "en"],
    ["#/alerts?state=all", 1000, "zh"],
    ["#/summary", 360, "en"],
  ] as const)("%s, %d px wide, in %s, is whole and without errors", async (hash, width, lang) => {
    const { page, wrong } = await open(hash, width, lang);
    expect(wrong).toEqual([]);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(await page.getAttribute("html", "lang")).toBe(lang === "zh" ? "zh-CN" : "en");
    await page.context().close();
  });

  it("says that a matter is not there", async () => {
    const { page, wrong } = await open("#/matter/20260101-0001", 360, "en");
    await page.waitForSelector('main .quiet:has-text("There is no matter “20260101-0001”.")');
    expect(wrong.filter((text) => !text.includes("404"))).toEqual([]);
    await page.context().close();
  });

  it("says of the county what the API says, and a dash where nothing is known", async () => {
    const { page } = await open("#/", 1366);
    const overview = (await (await fetch(`${program.httpUrl}/api/v1/overview`)).json()) as OverviewAnswer;
    const amount = overview.today.rows[0]?.amount ?? Number.NaN;
    expect(amount).toBeGreaterThan(0);
    const tip = await page.getAttribute(".headline .big .amount", "data-tip");
    expect(Number(tip?.replace(" kWh", "").replaceAll(",", ""))).toBeCloseTo(amount, 6);
    expect(await page.textContent(".headline .second .unknown")).toBe("—");
    await page.context().close();
  });

  it("explains a figure at its own address", async () => {
    const at = new Date(Math.floor(Date.now() / 900_000 - 1) * 900_000).toISOString();
    const { page, wrong } = await open(`#/site/${site}?at=${encodeURIComponent(at)}`, 1366);
    await page.waitForSelector("dialog .arithmetic");
    expect(await page.textContent("dialog .arithmetic")).toContain("× 2000");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "detached" });
    expect(page.url()).not.toContain("at=");
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  it("shows a refused payload as text", async () => {
    const { page, wrong } = await open("#/quality?rejects=malformed-json", 1366, "en");
    await page.click("dialog summary");
    expect(await page.textContent("dialog .payload")).toBe(hostile);
    expect(await page.$$eval("dialog img", (all) => all.length)).toBe(0);
    expect(wrong).toEqual([]);
    await page.context().close();
  });
});
