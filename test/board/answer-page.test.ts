/** The page behind a notice's link, on the board's own server with its guards. */
import { randomBytes } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { createLog } from "../../adapters/pino.ts";
import { signLink, verifyLink } from "../../alerts/link.ts";
import type { AnswerDoor, AnswerGiven, AnswerOutcome } from "../../board/server/answer-page.ts";
import type { AnswerMatter } from "../../board/server/answer-view.ts";
import type { BoardDesk } from "../../board/server/desk.ts";
import { county } from "./county.ts";
import { type Served, serve } from "./http.ts";

const open: Served[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const key = randomBytes(32);
const NOW = Date.UTC(2026, 10, 23, 6);
const ID = "20261123-0007";

function matterOf(part: Partial<AnswerMatter> = {}): AnswerMatter {
  return {
    id: ID,
    colour: "red",
    title: "【红色预警】示范船厂：用能预算 105 %",
    facts: [{ label: "已用", value: "4,410 tce" }],
    answers: [],
    may: ["acknowledge", "explain"],
    officers: [{ id: "li", name: "李明" }],
    boardUrl: "https://energy.example/#/matter/20261123-0007",
    ...part,
  };
}

/** The page asks by its own door. */
const notAsked = async (): Promise<never> => {
  throw new Error("the page asked the desk past its door");
};
const noDesk: BoardDesk = {
  receive: notAsked,
  matters: notAsked,
  matter: notAsked,
  act: notAsked,
  summary: notAsked,
  counts: notAsked,
};

/** A page on one matter. */
async function pageOn(part: Partial<AnswerMatter> = {}, outcome: AnswerOutcome = "done") {
  const given: AnswerGiven[] = [];
  const lines: string[] = [];
  const answers: AnswerDoor = {
    check: (token, matter) => verifyLink(token, key, NOW, matter),
    read: async (matter, officers, language) => {
      if (matter !== ID) return undefined;
      const names: Record<string, string> = { li: "李明", wang: "王<b>芳" };
      const shown = officers.map((id) => ({ id, name: names[id] ?? id }));
      return { language: language ?? "zh", matter: matterOf({ officers: shown, ...part }) };
    },
    act: async (one) => {
      given.push(one);
      return outcome;
    },
    log: createLog({ form: "json", level: "debug", write: (line) => lines.push(line) }),
  };
  const served = await serve({ matters: { desk: noDesk, registry: county, answers } });
  open.push(served);
  return { ...served, given, lines };
}

const linkTo = (officers = ["li"], expiresAt = NOW + 1_000, matter = ID): string =>
  `/a/${signLink({ matter, officers, expiresAt }, key)}`;
const form = (
  fields: Record<string, string>,
): { method: string; headers: Record<string, string>; body: string } => ({
  method: "POST",
  headers: { "content-type": "application/x-www-form-urlencoded" },
  body: new URLSearchParams(fields).toString(),
});
const press = { matter: ID, action: "acknowledge", officer: "li" };
const explain = { matter: ID, action: "explain", officer: "li", text: "设备检修\r\n已恢复" };

describe("looking", () => {
  it("shows the matter and both answers, keeps nothing, tells nobody, and runs nothing", async () => {
    const { ask, given } = await pageOn();
    const { status, text, headers } = await ask(linkTo());
    expect(status).toBe(200);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["referrer-policy"]).toBe("same-origin");
    expect(headers["x-frame-options"]).toBe("DENY");
    expect(headers["content-security-policy"]).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'/,
    );
    expect(text).toContain("【红色预警】示范船厂：用能预算 105 %");
    expect(text).toContain("<dt>已用</dt><dd>4,410 tce</dd>");
    expect(text).toContain("<button>确认收到</button>");
    expect(text).toContain('maxlength="2000"');
    expect(text).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
    expect(text).not.toMatch(/<script|javascript:|\son\w+=|\sstyle=/i);
    expect(given).toEqual([]);
  });

  it("acknowledges nothing, however often and by whatever method machines look", async () => {
    const { ask, given } = await pageOn();
    for (const method of ["GET", "HEAD", "GET", "OPTIONS", "PUT", "DELETE", "PATCH"]) {
      for (const query of ["", "?action=acknowledge&officer=li&matter=20261123-0007", "?done=acknowledge"])
        await ask(linkTo() + query, { method });
    }
    expect(given).toEqual([]);
  });

  it("speaks the officer's language, or the one asked for", async () => {
    const { ask } = await pageOn();
    expect((await ask(linkTo())).text).toContain('<html lang="zh-CN">');
    expect((await ask(`${linkTo()}?lang=en`)).text).toContain("<button>Acknowledge</button>");
    expect((await ask(`${linkTo()}?lang=%22%3E%3Cscript%3E`)).text).toContain('<html lang="zh-CN">');
  });

  it("escapes whatever the desk says", async () => {
    const evil = `"'><script>alert(1)</script><b>&amp;`;
    const { ask } = await pageOn({
      title: evil,
      facts: [{ label: evil, value: evil }],
      answers: [evil],
      officers: [
        { id: evil, name: evil },
        { id: "b", name: "b" },
      ],
      boardUrl: "javascript:alert(1)",
      panelUrl: `https://grafana.example/d/x?a=${evil}`,
    });
    const { text } = await ask(linkTo());
    expect(text).not.toContain("<script");
    expect(text).not.toContain("<b>");
    expect(text).not.toContain("javascript:");
    expect(text).toContain("&amp;amp;");
  });
});

describe("a press", () => {
  it("acknowledges, and leads to a page that can be loaded again", async () => {
    const { ask, given, log, lines } = await pageOn();
    const link = linkTo();
    const reply = await ask(link, form(press));
    expect(reply.status).toBe(303);
    expect(given).toEqual([{ matter: ID, action: "acknowledge", officer: "li", text: "" }]);
    const { status, text } = await ask(String(reply.headers.location));
    expect(status).toBe(200);
    expect(text).toContain("已确认收到");
    expect(given).toHaveLength(1);
    expect(lines.join("\n")).toContain("answered-by-link");
    expect([...log, ...lines].join("\n")).not.toContain(link.slice(3));
  });

  it("explains, with line ends as they are counted", async () => {
    const { ask, given } = await pageOn();
    expect((await ask(linkTo(), form(explain))).status).toBe(303);
    expect(given).toMatchObject([{ action: "explain", text: "设备检修\n已恢复" }]);
    const long = "能".repeat(2_000);
    expect((await ask(linkTo(), form({ ...explain, text: long }))).status).toBe(303);
    expect((await ask(linkTo(), form({ ...explain, text: "😀".repeat(2_000) }))).status).toBe(303);
    expect(given).toHaveLength(3);
  });

  it.each([
    ["nothing is written", { ...explain, text: " \r\n " }, 422, "请填写说明内容"],
    ["too much is written", { ...explain, text: "能".repeat(2_001) }, 422, "超过 2000 字"],
    ["nobody says who answers", { ...press, officer: "" }, 422, "请先选择答复人"],
    ["somebody answers who was not asked", { ...press, officer: "wang" }, 422, "请先选择答复人"],
    ["it is for another matter", { ...press, matter: "20261123-0008" }, 409, "属于另一事项"],
    ["it asks for something else", { ...press, action: "close" }, 409, "目前不能这样处置"],
  ])("does nothing where %s, and says so", async (_, fields, status, words) => {
    const { ask, given } = await pageOn();
    const reply = await ask(linkTo(), form(fields));
    expect(reply.status).toBe(status);
    expect(reply.text).toContain(words);
    expect(given).toEqual([]);
  });

  it("keeps what was written when it was not taken", async () => {
    const { ask } = await pageOn({}, "refused");
    expect((await ask(linkTo(), form(explain))).text).toContain("设备检修\n已恢复</textarea>");
  });

  it.each([
    ["already", 409, "此前已经处置"],
    ["closed", 409, "已销号"],
    ["refused", 409, "目前不能这样处置"],
  ] as const)("says when it is %s", async (outcome, status, words) => {
    const { ask } = await pageOn({}, outcome);
    const reply = await ask(linkTo(), form(press));
    expect(reply.status).toBe(status);
    expect(reply.text).toContain(words);
  });

  it("by one of several asks which, and takes his word for it", async () => {
    const { ask, given } = await pageOn();
    const link = linkTo(["li", "wang"]);
    const { text } = await ask(link);
    expect(text).toContain('type="radio" name="officer" value="wang" required> 王&lt;b&gt;芳');
    expect((await ask(link, form({ ...press, officer: "wang" }))).status).toBe(303);
    expect(given).toMatchObject([{ officer: "wang" }]);
  });

  it("from another site's page is refused", async () => {
    const { ask, given } = await pageOn();
    const sent = form(press);
    for (const origin of ["https://evil.example", "null"]) {
      const reply = await ask(linkTo(), { ...sent, headers: { ...sent.headers, origin } });
      expect(reply.status).toBe(403);
    }
    expect(given).toEqual([]);
  });

  it("takes a form and nothing else, of a bounded size", async () => {
    const { ask, given } = await pageOn();
    const asJson = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(press),
    };
    expect((await ask(linkTo(), asJson)).status).toBe(415);
    expect((await ask(linkTo(), form({ ...explain, text: "x".repeat(100_000) }))).status).toBe(413);
    expect(given).toEqual([]);
  });
});

describe("a link that does not open", () => {
  it.each([
    ["forged", "/a/bm90aGluZw.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 403, "链接无效"],
    ["no link at all", "/a/hello", 403, "链接无效"],
    ["hostile", "/a/%3Cscript%3Ealert(1)%3C%2Fscript%3E", 403, "链接无效"],
    ["very long", `/a/${"a".repeat(5_000)}.${"b".repeat(43)}`, 403, "链接无效"],
    ["expired", linkTo(["li"], NOW), 410, "链接已过期"],
    ["for a matter that is not there", linkTo(["li"], NOW + 1, "20200101-0001"), 404, "没有该事项"],
  ])(
    "because it is %s says so, shows nothing of the matter, and does nothing",
    async (_, path, status, words) => {
      const { ask, given } = await pageOn();
      for (const options of [{}, form(press)]) {
        const reply = await ask(path, options);
        expect(reply.text).not.toContain("示范船厂");
        expect(reply.text).not.toContain("<script");
        if (!("method" in options)) {
          expect(reply.status).toBe(status);
          expect(reply.text).toContain(words);
        } else expect(reply.status).toBeGreaterThanOrEqual(400);
      }
      expect(given).toEqual([]);
    },
  );
});
