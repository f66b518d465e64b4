/** Channels over HTTP against receivers that take, refuse, delay, redirect, lie and break off. */
import { createHmac } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { createNotifier } from "../../../adapters/channels/create.ts";
import type { ChannelSecret, NotifierOptions } from "../../../adapters/channels/options.ts";
import type { Channel } from "../../../model/duty.ts";
import { ChannelFailed, ChannelRefused } from "../../../model/notice.ts";
import { failureOfSending, json, noticeOf, receiver } from "./receivers.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function hearing(...given: Parameters<typeof receiver>) {
  const one = await receiver(...given);
  open.push(one);
  return one;
}

const never = new AbortController().signal;
const NOW = Date.UTC(2026, 10, 23, 6, 5, 7);
const TOKEN = "f00dcafe0123456789abcdef";
const SECRET = "SEC4711-0815-secret-of-the-robot";

function channel(kind: Channel["kind"]): Channel {
  return { id: `${kind}-1`, kind, perMinute: 20 };
}
function notifier(kind: Channel["kind"], secret: ChannelSecret, options: Partial<NotifierOptions> = {}) {
  return createNotifier(channel(kind), secret, { now: () => NOW, timeoutMs: 2_000, ...options });
}
const dingtalkUrl = (base: string): string => `${base}/robot/send?access_token=${TOKEN}`;
const wecomUrl = (base: string): string => `${base}/cgi-bin/webhook/send?key=${TOKEN}`;

const ok = json({ errcode: 0, errmsg: "ok" });

describe("DingTalk's robot", () => {
  it("gets signed Markdown that calls the officers by their numbers", async () => {
    const there = await hearing(ok);
    const notice = noticeOf({
      recipients: [
        { officer: "li", name: "李明", address: "13800001111" },
        { officer: "wang", name: "王芳", address: "+8613900002222" },
      ],
    });
    await notifier("dingtalk", { url: dingtalkUrl(there.base), secret: SECRET }).send(notice, never);
    const [heard] = there.heard;
    expect(heard!.url.searchParams.get("access_token")).toBe(TOKEN);
    expect(heard!.url.searchParams.get("timestamp")).toBe(String(NOW));
    const sign = createHmac("sha256", SECRET).update(`${NOW}\n${SECRET}`).digest("base64");
    expect(heard!.url.searchParams.get("sign")).toBe(sign);
    expect(heard!.headers["content-type"]).toBe("application/json; charset=utf-8");
    const body = JSON.parse(heard!.body);
    expect(body.msgtype).toBe("markdown");
    expect(body.at).toEqual({ atMobiles: ["13800001111", "13900002222"], isAtAll: false });
    expect(body.markdown.title).toBe("【红色预警】示范船厂：用电超过年度预算");
    expect(body.markdown.text.split("\n")).toEqual([
      "#### 【红色预警】示范船厂：用电超过年度预算",
      "",
      "- 对象：示范船厂（高亭镇）",
      "- 已用：4,210 tce",
      "",
      "[确认或说明](https://energy.example/a/abc.def)",
      "",
      "@13800001111 @13900002222",
    ]);
  });

  it("is told of a repeat", async () => {
    const there = await hearing(ok);
    await notifier("dingtalk", { url: dingtalkUrl(there.base) }).send(noticeOf({ isRepeat: true }), never);
    expect(JSON.parse(there.heard[0]!.body).markdown.text).toContain("可能重复");
    expect(there.heard[0]!.url.searchParams.has("sign")).toBe(false);
  });

  it("signs as their documentation's rule says: a fixed vector", async () => {
    const { dingtalkSign } = await import("../../../adapters/channels/dingtalk.ts");
    // Worked out with OpenSSL: printf '1577808000000\nthis is secret' | openssl dgst -sha256 -hmac 'this is secret' -binary | base64
    expect(dingtalkSign(1_577_808_000_000, "this is secret")).toBe(
      "ijHEivi6YiCNPZOq4hZstmvZ3sPfbioAiMhP30ae7W0=",
    );
  });

  it.each([
    [310_000, "refused"],
    [300_001, "refused"],
    [400_101, "refused"],
    [430_104, "refused"],
    [-1, "failed"],
    [88_888, "failed"],
    [130_101, "later"],
    [410_100, "later"],
    [660_026, "later"],
  ])("errcode %i in an answer of 200 is %s", async (errcode, outcome) => {
    const there = await hearing(json({ errcode, errmsg: "not this time" }));
    const sending = notifier("dingtalk", { url: dingtalkUrl(there.base) }).send(noticeOf(), never);
    const error = await failureOfSending(sending);
    expect(error).toBeInstanceOf(outcome === "refused" ? ChannelRefused : ChannelFailed);
    expect(error.message).toContain(`${errcode}: not this time`);
    if (outcome === "later") expect(error).toMatchObject({ retryAfterMs: 600_000, mayHaveArrived: false });
  });

  it("refuses an address that is no number, and asks nobody", async () => {
    const there = await hearing(ok);
    const notice = noticeOf({ recipients: [{ officer: "li", name: "李明", address: "li@example.org" }] });
    const error = await failureOfSending(
      notifier("dingtalk", { url: dingtalkUrl(there.base) }).send(notice, never),
    );
    expect(error).toBeInstanceOf(ChannelRefused);
    expect(error.message).toContain('officer "li"');
    expect(error.message).not.toContain("li@example.org");
    expect(there.heard).toEqual([]);
  });
});

describe("WeCom's robot", () => {
  it("gets Markdown that calls user ids", async () => {
    const there = await hearing(ok);
    const notice = noticeOf({ recipients: [{ officer: "li", name: "李明", address: "LiMing" }] });
    await notifier("wecom", { url: wecomUrl(there.base) }).send(notice, never);
    expect(there.heard[0]!.url.searchParams.get("key")).toBe(TOKEN);
    expect(JSON.parse(there.heard[0]!.body)).toEqual({
      msgtype: "markdown",
      markdown: {
        content: [
          '**<font color="warning">【红色预警】示范船厂：用电超过年度预算</font>**',
          "> 对象：示范船厂（高亭镇）",
          "> 已用：4,210 tce",
          "[确认或说明](https://energy.example/a/abc.def)",
          "<@LiMing>",
        ].join("\n"),
      },
    });
  });

  it("gets text where somebody is known by number alone, since its Markdown cannot call numbers", async () => {
    const there = await hearing(ok);
    const recipients = [
      { officer: "li", name: "李明", address: "13800001111" },
      { officer: "wang", name: "王芳", address: "WangFang" },
    ];
    await notifier("wecom", { url: wecomUrl(there.base) }).send(noticeOf({ recipients }), never);
    const { msgtype, text } = JSON.parse(there.heard[0]!.body);
    expect(msgtype).toBe("text");
    expect(text.mentioned_list).toEqual(["WangFang"]);
    expect(text.mentioned_mobile_list).toEqual(["13800001111"]);
    expect(text.content).toContain("确认或说明：https://energy.example/a/abc.def");
  });

  it("never calls the whole group, whatever an address says", async () => {
    const there = await hearing(ok);
    const notice = noticeOf({ recipients: [{ officer: "li", name: "李明", address: "@all" }] });
    const error = await failureOfSending(
      notifier("wecom", { url: wecomUrl(there.base) }).send(notice, never),
    );
    expect(error).toBeInstanceOf(ChannelRefused);
    expect(there.heard).toEqual([]);
  });

  it.each([
    ["LiMing", 4_096, "markdown"],
    ["13800001111", 2_048, "text"],
  ] as const)("to %s is %i bytes at most, with links and mentions whole", async (address, most, type) => {
    const there = await hearing(ok);
    const lines = Array.from({ length: 500 }, (_, index) => `${"能耗超限".repeat(20)} ${index}`);
    const notice = noticeOf({ recipients: [{ officer: "li", name: "李明", address }] }, { lines });
    await notifier("wecom", { url: wecomUrl(there.base) }).send(notice, never);
    const { content } = JSON.parse(there.heard[0]!.body)[type];
    expect(Buffer.byteLength(content)).toBeLessThanOrEqual(most);
    expect(Buffer.byteLength(content)).toBeGreaterThan(most - 300);
    expect(content).toContain("https://energy.example/a/abc.def");
    expect(content).toContain("其余见监测平台");
    if (type === "markdown") expect(content.endsWith("<@LiMing>")).toBe(true);
  });

  it.each([
    [93_000, ChannelRefused],
    [40_058, ChannelRefused],
    [45_009, ChannelFailed],
    [-1, ChannelFailed],
  ])("errcode %i", async (errcode, kind) => {
    const there = await hearing(json({ errcode, errmsg: `hint [1], from ip, key ${TOKEN}` }));
    const error = await failureOfSending(
      notifier("wecom", { url: wecomUrl(there.base) }).send(noticeOf(), never),
    );
    expect(error).toBeInstanceOf(kind);
    expect(error.message).not.toContain(TOKEN);
    if (errcode === 45_009) expect(error).toMatchObject({ retryAfterMs: 60_000 });
  });
});

describe("a webhook", () => {
  const secret = "shared-secret-of-the-gateway";

  it("gets the notice, its id as the idempotency key, and a signature over time and body", async () => {
    const there = await hearing((response) => response.writeHead(204).end());
    const { send } = notifier("webhook", { url: `${there.base}/sms`, secret });
    await send(noticeOf({ isRepeat: true }), never);
    const { headers, body } = there.heard[0]!;
    const timestamp = String(Math.floor(NOW / 1000));
    expect(headers["idempotency-key"]).toBe("20261123-0007-2.1");
    expect(headers["x-energy-timestamp"]).toBe(timestamp);
    const mac = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
    expect(headers["x-energy-signature"]).toBe(`v1=${mac}`);
    expect(JSON.parse(body)).toMatchObject({
      version: 1,
      id: "20261123-0007-2.1",
      isRepeat: true,
      at: "2026-11-23T06:05:00.000Z",
      matters: ["20261123-0007"],
      recipients: [{ officer: "li", name: "李明", address: "13800001111" }],
      colour: "red",
      text: expect.stringContaining("可能重复"),
    });
  });

  it("is not sent unsigned", async () => {
    const there = await hearing(ok);
    const error = await failureOfSending(notifier("webhook", { url: there.base }).send(noticeOf(), never));
    expect(error).toBeInstanceOf(ChannelRefused);
    expect(there.heard).toEqual([]);
  });

  it.each([
    [400, ChannelRefused, undefined, false],
    [401, ChannelRefused, undefined, false],
    [404, ChannelRefused, undefined, false],
    [408, ChannelFailed, undefined, false],
    [429, ChannelFailed, 7_000, false],
    [500, ChannelFailed, undefined, true],
    [502, ChannelFailed, undefined, true],
    [503, ChannelFailed, 7_000, false],
  ])("status %i", async (status, kind, retryAfterMs, mayHaveArrived) => {
    const there = await hearing(json({ why: "because" }, status, { "retry-after": "7" }));
    const error = await failureOfSending(
      notifier("webhook", { url: there.base, secret }).send(noticeOf(), never),
    );
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toContain(String(status));
    if (kind === ChannelFailed) expect(error).toMatchObject({ retryAfterMs, mayHaveArrived });
  });

  it("follows no redirection: the key and the words go nowhere else", async () => {
    const elsewhere = await hearing(ok);
    for (const status of [301, 302, 303, 307, 308]) {
      const there = await hearing((response) =>
        response.writeHead(status, { location: `${elsewhere.base}/stolen` }).end(),
      );
      const error = await failureOfSending(
        notifier("webhook", { url: there.base, secret }).send(noticeOf(), never),
      );
      expect(error).toBeInstanceOf(ChannelRefused);
      expect(error.message).toContain("redirection");
    }
    expect(elsewhere.heard).toEqual([]);
  });

  it("waits no longer than told, for the head as for the rest of an answer", async () => {
    const silent = await hearing(() => undefined);
    const halfway = await hearing((response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write("{");
    });
    for (const there of [silent, halfway]) {
      const start = Date.now();
      const error = await failureOfSending(
        notifier("webhook", { url: there.base, secret }, { timeoutMs: 300 }).send(noticeOf(), never),
      );
      expect(error).toBeInstanceOf(ChannelFailed);
      expect(error).toMatchObject({ mayHaveArrived: true, message: "no answer within 0.3 s" });
      expect(Date.now() - start).toBeLessThan(2_000);
    }
  });

  it("is cut off when the program stops", async () => {
    const silent = await hearing(() => undefined);
    const stop = new AbortController();
    const sending = notifier("webhook", { url: silent.base, secret }).send(noticeOf(), stop.signal);
    setTimeout(() => stop.abort(), 50);
    expect(await failureOfSending(sending)).toBeInstanceOf(ChannelFailed);
  });

  it("reads no more of an answer than it needs", async () => {
    let sent = 0;
    let stopped = false;
    const endless = await hearing((response) => {
      response.writeHead(200, { "content-type": "text/plain" });
      response.on("close", () => {
        stopped = true;
      });
      const more = (): void => {
        while (!stopped && response.write("x".repeat(65_536))) sent += 65_536;
        if (!stopped) response.once("drain", more);
      };
      more();
    });
    await notifier("webhook", { url: endless.base, secret }).send(noticeOf(), never);
    await expect.poll(() => stopped).toBe(true);
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it("tells a connection that was never made from one that broke off", async () => {
    const gone = await receiver(ok);
    await gone.close();
    const unmade = await failureOfSending(
      notifier("webhook", { url: gone.base, secret }).send(noticeOf(), never),
    );
    expect(unmade).toMatchObject({ name: "ChannelFailed", mayHaveArrived: false });
    expect(unmade.message).toContain("ECONNREFUSED");
    const breaking = await hearing((response) => response.destroy());
    const broken = await failureOfSending(
      notifier("webhook", { url: breaking.base, secret }).send(noticeOf(), never),
    );
    expect(broken).toMatchObject({ name: "ChannelFailed", mayHaveArrived: true });
  });

  it("trusts no certificate that nobody vouches for", async () => {
    const there = await hearing(ok, true);
    const error = await failureOfSending(
      notifier("webhook", { url: there.base, secret }).send(noticeOf(), never),
    );
    expect(error).toMatchObject({ name: "ChannelFailed", mayHaveArrived: false });
    expect(error.message).toContain("certificate");
    expect(there.heard).toEqual([]);
  });
});

describe("a robot that lies", () => {
  it.each([
    ["an empty answer", ""],
    ["HTML", "<html>ok</html>"],
    ["no errcode", '{"errmsg":"ok"}'],
    ["an errcode of another kind", '{"errcode":null,"errmsg":"ok"}'],
    ["an array", "[0]"],
    ["null", "null"],
  ])("is not believed: %s", async (_, text) => {
    const there = await hearing((response) => response.writeHead(200).end(text));
    const error = await failureOfSending(
      notifier("dingtalk", { url: dingtalkUrl(there.base) }).send(noticeOf(), never),
    );
    expect(error).toMatchObject({ name: "ChannelFailed", mayHaveArrived: true });
  });
});

describe("addresses", () => {
  it.each([
    [undefined, "no url"],
    ["not an address", "no address"],
    [`http://robot.example/send?access_token=${TOKEN}`, "https"],
    [`ftp://127.0.0.1/${TOKEN}`, "https"],
    [`file:///etc/${TOKEN}`, "https"],
    [`https://user:${TOKEN}@robot.example/`, "user or password"],
  ])("%s is refused", async (url, why) => {
    for (const kind of ["dingtalk", "wecom", "webhook"] as const) {
      const secret = {
        ...(url === undefined ? {} : { url }),
        ...(kind === "webhook" ? { secret: SECRET } : {}),
      };
      const error = await failureOfSending(notifier(kind, secret).send(noticeOf(), never));
      expect(error).toBeInstanceOf(ChannelRefused);
      expect(error.message).toContain(why);
      expect(error.message).not.toContain(TOKEN);
    }
  });
});

describe("no error tells what opens the channel", () => {
  const pathKey = "services-T000-B000-verysecretpath";

  it.each(["dingtalk", "wecom", "webhook"] as const)("%s", async (kind) => {
    const echo = (status: number) =>
      hearing((response, heard) =>
        response.writeHead(status, { "content-type": "application/json" }).end(
          JSON.stringify({
            errcode: 310_000,
            errmsg: `${heard.url.href} ${heard.body.length} ${heard.url.search} ${SECRET} ${encodeURIComponent(SECRET)}`,
          }),
        ),
      );
    const doors = [await echo(200), await echo(403), await echo(500)];
    const gone = await receiver(ok);
    await gone.close();
    const silent = await hearing(() => undefined);
    const bases = [...doors.map(({ base }) => base), gone.base, silent.base];
    for (const base of bases) {
      const url = `${base}/${pathKey}?access_token=${TOKEN}&key=${TOKEN}`;
      const sending = notifier(kind, { url, secret: SECRET }, { timeoutMs: 300 }).send(noticeOf(), never);
      // The webhook has nothing but the status to go by: 200 is taken.
      const error = await sending.then(
        () => new Error("taken"),
        (cause: unknown) => cause as Error,
      );
      const told = `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
      for (const secret of [TOKEN, SECRET, encodeURIComponent(SECRET), pathKey])
        expect(told).not.toContain(secret);
    }
  });

  it("nor does a fault of ours", async () => {
    const url = `https://robot.example/send?access_token=${TOKEN}`;
    const now = (): number => {
      throw new TypeError(`cannot work with ${url} and ${SECRET}`);
    };
    const error = await failureOfSending(
      notifier("dingtalk", { url, secret: SECRET }, { now }).send(noticeOf(), never),
    );
    expect(error).toBeInstanceOf(ChannelFailed);
    expect(error.message).toContain("broke: TypeError: cannot work with");
    expect(`${error.stack} ${String(error.cause)}`).not.toMatch(new RegExp(`${TOKEN}|${SECRET}`));
  });
});
