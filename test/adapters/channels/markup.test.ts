/** Whatever a name says, it stays a name: no link, no mention, no tag, no line of its own. */
import "../../property-seed.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dingtalkText } from "../../../adapters/channels/dingtalk.ts";
import {
  fitLines,
  markdownText,
  markdownUrl,
  oneLine,
  shortened,
  webUrl,
} from "../../../adapters/channels/markup.ts";
import { mailOf } from "../../../adapters/channels/smtp.ts";
import { webhookBody } from "../../../adapters/channels/webhook.ts";
import { wecomMarkdown, wecomText } from "../../../adapters/channels/wecom.ts";
import type { Notice } from "../../../model/notice.ts";
import { noticeOf } from "./receivers.ts";

/** Text of all kinds, with what channels take for markup far more often than by chance. */
const nasty = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 12 }),
      fc.constantFrom(
        "[点这里](https://evil.example)",
        "<@all>",
        "<@LiMing>",
        "@13800001111 ",
        "<font color='warning'>",
        "</font>",
        "**",
        "\n\n# ",
        "\r\n> ",
        "![x](http://evil.example/x.png)",
        "<script>alert(1)</script>",
        "</td></table><img src=x onerror=alert(1)>",
        "https://evil.example",
        "www.evil.example",
        "&lt;@all&gt;",
        "&#60;",
        "\\[",
        "\u202e",
        "\u2028",
        "\ud800",
        "|",
        "- ",
        "1. ",
        "示范船厂",
      ),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => parts.join(""));

/** The notice with the same words wherever names can stand. */
function named(name: string): Notice {
  return noticeOf(
    { recipients: [{ officer: "li", name, address: "LiMing" }], isRepeat: true },
    {
      title: `【红色预警】${name}`,
      facts: [{ label: "对象", value: name }],
      lines: [name, `第二 ${name}`],
      links: [{ label: `确认 ${name}`, url: "https://energy.example/a/abc.def" }],
    },
  );
}

const count = (text: string, one: RegExp): number => text.match(one)?.length ?? 0;

/** How often each character with a meaning stands in a message. */
const shapeOf = (text: string): Record<string, number> => ({
  ...Object.fromEntries([..."\\`*_~#[]<>|!&@"].map((one) => [one, text.split(one).length - 1])),
  lines: text.split("\n").length,
  addresses: count(text, /:\/\//g),
  www: count(text, /www\./gi),
  controls: count(text, /(?!\n)[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu),
  items: count(text, /^- /gm),
  lists: count(text, /^- ([-+]|\d+\.)\s/gm),
});

describe("robots' Markdown", () => {
  it.each([
    ["DingTalk", (notice: Notice) => dingtalkText(notice, ["13800001111"])],
    ["WeCom, Markdown", (notice: Notice) => wecomMarkdown(notice, ["LiMing"])],
    ["WeCom, text", (notice: Notice) => wecomText(notice)],
  ])("%s: a message has the same markup whatever its names are", (_, render) => {
    const plain = shapeOf(render(named("名")));
    fc.assert(
      fc.property(nasty, (name) => {
        // Longer than a title may be is cut, which the shape does not show.
        expect(shapeOf(render(named(name)))).toEqual(plain);
      }),
      { numRuns: 500 },
    );
  });

  it("keeps what is read: only characters with a meaning change", () => {
    expect(markdownText("示范船厂 3# 车间（A-1）1.5 MW")).toBe("示范船厂 3＃ 车间（A-1）1.5 MW");
    expect(markdownText("见 https://evil.example/x_y")).toBe("见 https：//evil.example/x＿y");
    expect(markdownText("- 1. x")).toBe("－ 1. x");
  });

  it("lets no address end its link early, and none that is no web address be one", () => {
    fc.assert(
      fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), nasty, (url, more) => {
        const address = markdownUrl(`${url}?x=${more}`);
        if (address === undefined) return;
        expect(address).toMatch(/^https?:\/\/[^\s()<>[\]"'`*_~|!@\\]+$/);
      }),
    );
    for (const url of ["javascript:alert(1)", "data:text/html,x", "x", "", "file:///etc/passwd"])
      expect([markdownUrl(url), webUrl(url)]).toEqual([undefined, undefined]);
  });
});

describe("mail's HTML", () => {
  const tagsOf = (html: string): string[] => html.match(/<[^>]*>/g) ?? [];

  it("has the same tags whatever the names are", () => {
    const plain = tagsOf(String(mailOf(mailed("名"), "e@b.example").html)).map((tag) => tag.split(" ")[0]);
    fc.assert(
      fc.property(nasty, (name) => {
        const { html, subject } = mailOf(mailed(name), "e@b.example");
        expect(tagsOf(String(html)).map((tag) => tag.split(" ")[0])).toEqual(plain);
        expect(String(html)).not.toMatch(/&(?!amp;|lt;|gt;|quot;|#39;)/);
        expect(subject).not.toMatch(/[\r\n]/);
      }),
      { numRuns: 500 },
    );
  });

  function mailed(name: string): Notice {
    return { ...named(name), recipients: [{ officer: "li", name, address: "li@bureau.example" }] };
  }
});

describe("webhooks", () => {
  it("carry whole lines of text, as valid JSON", () => {
    fc.assert(
      fc.property(nasty, (name) => {
        const body = JSON.parse(JSON.stringify(webhookBody(named(name)))) as { text: string; title: string };
        expect(body.title).not.toMatch(/[\p{Cc}\u2028\u2029\u202e]/u);
        expect(body.text.split("\n")).toHaveLength(5);
      }),
    );
  });
});

describe("lengths", () => {
  it("lines fit into bytes, whole or not at all", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme" })),
        fc.integer({ min: 20, max: 300 }),
        (lines, bytes) => {
          const plain = lines.map(oneLine);
          const text = fitLines(plain, "more", bytes);
          expect(Buffer.byteLength(text)).toBeLessThanOrEqual(bytes);
          const shown = text === "" ? [] : text.split("\n");
          const kept = shown.at(-1) === "more" && text !== plain.join("\n") ? shown.slice(0, -1) : shown;
          expect(plain.join("\n").startsWith(kept.join("\n"))).toBe(true);
        },
      ),
    );
  });

  it("characters are not cut in two", () => {
    expect(shortened("😀😀😀", 2)).toBe("😀…");
    expect(shortened("abc", 3)).toBe("abc");
  });
});
