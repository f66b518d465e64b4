/** Signing in and out in a real browser, against the real program. Skipped where no Chromium is installed. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashPassword } from "../../../config/password.ts";
import { type RunningProgram, startProgram } from "../../program.ts";

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const password = "值守-2026-岱山";

describe.skipIf(!existsSync(executablePath))("signing in", () => {
  const data = mkdtempSync(join(tmpdir(), "sign-in-"));
  let program: RunningProgram;
  let browser: Browser;

  beforeAll(async () => {
    const secrets = join(data, "secrets.yaml");
    const hash = await hashPassword(password);
    writeFileSync(secrets, `operators: { wang.li: { hash: "${hash}", role: viewer } }\n`, { mode: 0o600 });
    program = await startProgram(["--no-demo", "--data", join(data, "data"), "--secrets", secrets]);
    const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"];
    browser = await chromium.launch({ executablePath, args });
  });
  afterAll(async () => {
    await browser?.close();
    await program?.stop();
    rmSync(data, { recursive: true, force: true });
  });

  async function open(hash: string, width = 1366, lang: "zh" | "en" = "zh") {
    const context = await browser.newContext({ viewport: { width, height: 800 } });
    await context.addInitScript({ content: `localStorage.setItem("lang", "${lang}")` });
    const page: Page = await context.newPage();
    const wrong: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") wrong.push(message.text());
    });
    page.on("pageerror", (error) => wrong.push(error.message));
    await page.goto(`${program.httpUrl}/${hash}`);
    await page.waitForSelector("form.sign-in");
    return { page, wrong };
  }
  const fill = async (page: Page, user: string, secret: string) => {
    await page.fill("input[name=username]", user);
    await page.fill("input[name=password]", secret);
    await page.click("button[type=submit]");
  };

  it.each([
    [1366, "zh"],
    [360, "en"],
  ] as const)("asks first, %i px wide, in %s, and shows nothing else", async (width, lang) => {
    const { page, wrong } = await open("#/quality", width, lang);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(await page.$$eval("nav, footer, .live", (all) => all.length)).toBe(0);
    expect(await page.textContent("form.sign-in h1")).toBe(lang === "zh" ? "登录" : "Sign in");
    expect(wrong).toEqual([]);
    await page.context().close();
  });

  it("says that it was wrong, lets in with the right password, and out again", async () => {
    const { page, wrong } = await open("#/sites");
    await fill(page, "wang.li", "wrong");
    expect(await page.textContent("form.sign-in [role=alert]")).toBe("用户名或口令不对。");
    expect(wrong.splice(0)).toEqual([expect.stringContaining("401")]);
    await fill(page, "wang.li", password);
    await page.waitForSelector(".live-live");
    // The place asked for is where one comes out.
    expect(new URL(page.url()).hash).toBe("#/sites");
    expect(await page.textContent(".who b")).toBe("wang.li");
    expect(await page.textContent(".who span")).toBe("查看");
    // No script can read the cookie.
    expect(await page.evaluate("document.cookie")).toBe("");
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ name: "energy-session", httpOnly: true, sameSite: "Strict", expires: -1 });
    await page.goto(`${program.httpUrl}/#/`);
    await page.waitForSelector(".headline");
    expect(wrong).toEqual([]);
    await page.click(".who button");
    await page.waitForSelector("form.sign-in");
    expect(await page.context().cookies()).toEqual([]);
    const status = await page.evaluate("fetch('/api/v1/sites').then((reply) => reply.status)");
    expect(status).toBe(401);
    await page.context().close();
  });

  it("leaves room on a telephone's screen", async () => {
    const { page } = await open("#/", 360);
    await fill(page, "wang.li", password);
    await page.waitForSelector(".live-live");
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
    const nav = await page.locator(".header nav").boundingBox();
    expect((nav?.x ?? 0) + (nav?.width ?? 999)).toBeLessThanOrEqual(360);
    expect(await page.locator(".who button").isVisible()).toBe(true);
    await page.context().close();
  });

  it("is asked for again when the session is gone, in its place", async () => {
    const { page } = await open("#/sites");
    await fill(page, "wang.li", password);
    await page.waitForSelector(".live-live");
    await page.context().clearCookies();
    await page.goto(`${program.httpUrl}/#/quality`);
    await page.waitForSelector("form.sign-in");
    expect(await page.$$eval(".quality, nav", (all) => all.length)).toBe(0);
    await fill(page, "wang.li", password);
    await page.waitForSelector(".quality");
    await page.context().close();
  });

  it("tells a viewer what is not for him", async () => {
    const { page } = await open("#/quality?rejects=all", 1366, "en");
    await fill(page, "wang.li", password);
    const note = page.locator("dialog .failure");
    await note.waitFor();
    expect(await note.textContent()).toContain("needs the role officer; wang.li has viewer");
    await page.context().close();
  });

  it("leaves the password nowhere", () => {
    expect(program.output()).toContain("signed-in operator=wang.li");
    expect(program.output()).not.toContain(password);
  });
});
