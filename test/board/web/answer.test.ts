/** The page of a notice's link in a real browser, without script. Skipped where no Chromium is installed. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLog } from "../../../adapters/pino.ts";
import { signLink, verifyLink } from "../../../alerts/link.ts";
import type { AnswerDoor, AnswerGiven } from "../../../board/server/answer-page.ts";
import type { AnswerAction } from "../../../board/server/answer-view.ts";
import type { BoardDesk } from "../../../board/server/desk.ts";
import { county } from "../county.ts";
import { type Served, serve } from "../http.ts";

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const key = randomBytes(32);
const ID = "20261123-0007";
const long = "示范船厂：用能预算 112.2 %，longwordwithoutanybreakthatisfartoolongforaphonesscreenandgoeson";

describe.skipIf(!existsSync(executablePath))("an officer with a notice on his phone", () => {
  const given: AnswerGiven[] = [];
  let served: Served;
  let browser: Browser;

  beforeAll(async () => {
    const may = (): AnswerAction[] => [
      ...(given.some(({ action }) => action === "acknowledge") ? [] : ["acknowledge" as const]),
      "explain",
    ];
    const answers: AnswerDoor = {
      check: (token, matter) => verifyLink(token, key, Date.now(), matter),
      read: async (matter, officers, language = "zh") => ({
        language,
        matter: {
          id: matter,
          colour: "red",
          title: `【红色预警】${long}`,
          facts: [
            { label: "对象", value: "示范船厂（高亭镇）" },
            { label: "限额", value: "2026 年用能预算 · 4,200 tce（等价值） · 每年" },
          ],
          answers: given.map(({ officer, action, text }) => `${officer} ${action} ${text}`),
          may: may(),
          officers: officers.map((id) => ({ id, name: id === "li" ? "李明" : "王芳" })),
          boardUrl: "https://board.example/",
        },
      }),
      act: async (one) => {
        given.push(one);
        return "done";
      },
      log: createLog({ form: "json", write: () => undefined }),
    };
    served = await serve({ matters: { desk: {} as BoardDesk, registry: county, answers } });
    const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"];
    browser = await chromium.launch({ executablePath, args });
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  it("sees the matter, acknowledges by a press, and explains in words", async () => {
    const context = await browser.newContext({
      viewport: { width: 360, height: 740 },
      javaScriptEnabled: false,
    });
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on("console", (message) => wrong.push(message.text()));
    page.on("requestfailed", (request) => wrong.push(request.url()));
    const token = signLink({ matter: ID, officers: ["li", "wang"], expiresAt: Date.now() + 60_000 }, key);
    await page.goto(`http://127.0.0.1:${served.port}/a/${token}`);
    const shoot = async (name: string): Promise<void> => {
      const folder = process.env.SCREENSHOTS;
      if (folder) await page.screenshot({ path: `${folder}/answer-${name}.png`, fullPage: true });
    };
    await shoot("open");
    const box = await page.locator("main").boundingBox();
    expect(box!.x + box!.width).toBeLessThanOrEqual(360);
    expect(await page.locator("body").evaluate((body) => body.scrollWidth)).toBeLessThanOrEqual(360);
    expect(given).toEqual([]);
    // Without a choice the browser itself holds the form back.
    await page.getByRole("button", { name: "确认收到" }).click();
    expect(given).toEqual([]);
    await page.getByLabel("王芳").first().check();
    await page.getByRole("button", { name: "确认收到" }).click();
    await page.getByText("已确认收到").waitFor();
    expect(given).toEqual([{ matter: ID, action: "acknowledge", officer: "wang", text: "" }]);
    expect(await page.getByRole("button", { name: "确认收到" }).count()).toBe(0);
    await page.reload();
    expect(given).toHaveLength(1);
    await page.getByRole("link", { name: "English" }).click();
    await page.getByLabel("王芳").check();
    await page.getByRole("textbox").fill("检修后\n恢复 <b>正常</b>");
    await page.getByRole("button", { name: "Send explanation" }).click();
    await page.getByText("Your explanation has been sent").waitFor();
    await shoot("done");
    expect(given[1]).toEqual({
      matter: ID,
      action: "explain",
      officer: "wang",
      text: "检修后\n恢复 <b>正常</b>",
    });
    expect(await page.locator("li").last().textContent()).toContain("<b>正常</b>");
    expect(wrong).toEqual([]);
    await context.close();
  });

  it("is told when the link is not one of ours", async () => {
    const page = await browser.newPage({ locale: "en-GB" });
    const reply = await page.goto(`http://127.0.0.1:${served.port}/a/made-up`);
    expect(reply?.status()).toBe(403);
    expect(await page.getByRole("alert").textContent()).toContain("not valid");
    await page.close();
  });
});
