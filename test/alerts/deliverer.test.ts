/** The whole way: outbox, lanes, channels, receivers. Real HTTP and SMTP on this machine. */
import { afterEach, describe, expect, it } from "vitest";
import { createNotifier } from "../../adapters/channels/create.ts";
import { createLog } from "../../adapters/pino.ts";
import { createComposer } from "../../alerts/compose/notice.ts";
import { createDeliverer, type Deliverer } from "../../alerts/deliver/deliverer.ts";
import type { Delivery } from "../../alerts/deliver/outbox.ts";
import { type DeliveryPolicy, deliveryPolicy, started } from "../../alerts/deliver/policy.ts";
import { deliveriesOf, type Told } from "../../alerts/deliver/rows.ts";
import type { Channel } from "../../model/duty.ts";
import { ChannelFailed, ChannelRefused, type Notice, type Notifier } from "../../model/notice.ts";
import type { Registry } from "../../model/registry.ts";
import { calendarOf } from "../../model/time.ts";
import { json, mailbox, receiver } from "../adapters/channels/receivers.ts";
import { certificate } from "../board/certificate.ts";
import { channelsOf, content } from "./deliveries.ts";
import { type MemoryOutbox, memoryOutbox } from "./memory-outbox.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

const { merge } = createComposer({ registry: {} as Registry, calendar: calendarOf("Asia/Shanghai") }, {});
const fast: DeliveryPolicy = { ...deliveryPolicy, firstWaitMs: 20, mostWaitMs: 100 };

function rowsFor(id: string, channels: ReadonlyMap<string, Channel>, ...all: Told[]): Delivery[] {
  const plan = { id, at: Date.now(), matters: [`matter-${id}`] };
  return deliveriesOf(plan, all, channels, (language) => content({ language, title: `【红色预警】${id}` }));
}
const told = (officer: string, ...ways: [channel: string, address: string][]): Told => ({
  officer,
  name: officer,
  language: "zh",
  ways: ways.map(([channel, address]) => ({ channel, address })),
});

async function delivering(
  outbox: MemoryOutbox,
  channels: ReadonlyMap<string, Channel>,
  notifiers: readonly Notifier[],
  policy: DeliveryPolicy = fast,
) {
  const lines: string[] = [];
  const deliverer: Deliverer = createDeliverer({
    outbox,
    channels: [...channels.values()],
    notifiers: new Map(notifiers.map((one) => [one.id, one])),
    composeDigest: merge,
    now: Date.now,
    log: createLog({ form: "json", level: "debug", write: (line) => lines.push(line) }),
    policy,
  });
  open.push({ close: () => deliverer.stop(500) });
  await deliverer.start();
  return { deliverer, lines };
}

const stateOf = (outbox: MemoryOutbox): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { state } of outbox.rows.values()) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
};

/** A channel of the test's making: what it does with each notice, and what it was given. */
function channelThat(
  id: string,
  send: (notice: Notice, count: number, signal: AbortSignal) => Promise<void>,
) {
  const given: Notice[] = [];
  const notifier: Notifier = {
    id,
    send: (notice, signal) => {
      given.push(notice);
      return send(notice, given.length, signal);
    },
    close: async () => undefined,
  };
  return { notifier, given };
}

describe("delivery", () => {
  it("goes over to mail when the robot refuses, and to the robot's second try when it is down for a moment", async () => {
    const channels = channelsOf({ robot: "dingtalk", mail: "smtp" });
    const robot = await receiver((response, heard, count) => {
      const { text } = JSON.parse(heard.body).markdown as { text: string };
      if (text.includes("first"))
        json({ errcode: 310_000, errmsg: "sign not match" })(response, heard, count);
      else if (count === 2) response.writeHead(502).end();
      else json({ errcode: 0, errmsg: "ok" })(response, heard, count);
    });
    const mail = await mailbox();
    open.push(robot, mail);
    const outbox = memoryOutbox();
    const mailChannel: Channel = {
      ...channels.get("mail")!,
      host: "127.0.0.1",
      port: mail.port,
      from: "e@b.example",
    };
    const { deliverer } = await delivering(outbox, channels, [
      createNotifier(channels.get("robot")!, { url: `${robot.base}/?access_token=abc`, secret: "SECx" }),
      createNotifier(mailChannel, {}, { ca: certificate.cert }),
    ]);
    const li = told("li", ["robot", "13800001111"], ["mail", "li@b.example"]);
    outbox.add(...rowsFor("first", channels, li));
    deliverer.wake();
    await expect.poll(() => mail.mails.length).toBe(1);
    outbox.add(...rowsFor("second", channels, li));
    deliverer.wake();
    await expect.poll(() => stateOf(outbox)).toEqual({ delivered: 2 });
    expect(robot.heard).toHaveLength(3);
    expect(
      outbox.attempts.map(({ notice, channel, status, isRepeat }) => [notice, channel, status, isRepeat]),
    ).toEqual([
      ["first.1", "robot", "refused", false],
      ["first.1", "mail", "delivered", false],
      ["second.1", "robot", "failed", false],
      ["second.1", "robot", "delivered", true],
    ]);
  });

  it("of one channel is not held up by another that hangs", async () => {
    const channels = channelsOf({ slow: "webhook", quick: "webhook" }, 600);
    const slow = channelThat(
      "slow",
      (_, __, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("cut")))),
    );
    const quick = channelThat("quick", async () => undefined);
    const outbox = memoryOutbox();
    for (let index = 0; index < 50; index += 1)
      outbox.add(...rowsFor(`n${index}`, channels, told("a", ["slow", "x"]), told("b", ["quick", "x"])));
    await delivering(outbox, channels, [slow.notifier, quick.notifier]);
    await expect.poll(() => quick.given.length).toBe(50);
    expect(slow.given).toHaveLength(4);
  });

  it("that stops in the middle leaves what nobody saw the end of, and the next start sends it marked", async () => {
    const channels = channelsOf({ hook: "webhook" });
    const hanging = channelThat(
      "hook",
      (_, __, signal) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("cut")))),
    );
    const outbox = memoryOutbox(rowsFor("n", channels, told("a", ["hook", "x"])));
    const { deliverer } = await delivering(outbox, channels, [hanging.notifier]);
    await expect.poll(() => hanging.given.length).toBe(1);
    await deliverer.stop(50);
    expect(stateOf(outbox)).toEqual({ sending: 1 });
    const good = channelThat("hook", async () => undefined);
    await delivering(outbox, channels, [good.notifier]);
    await expect.poll(() => stateOf(outbox)).toEqual({ delivered: 1 });
    expect(good.given).toMatchObject([{ id: "n.1", isRepeat: true }]);
    expect(outbox.attempts.map(({ status }) => status)).toEqual(["unknown", "delivered"]);
  });

  it("notes before it sends, so that a process that dies at any moment loses nothing", async () => {
    const channels = channelsOf({ hook: "webhook" }, 10_000);
    const delivered = new Map<string, boolean[]>();
    const outbox = memoryOutbox();
    for (let index = 0; index < 40; index += 1)
      outbox.add(...rowsFor(`n${index}`, channels, told("a", ["hook", "x"])));
    for (let life = 0; life < 20; life += 1) {
      // This life's writes fail from some moment on, as those of a killed process never happen.
      let left = life * 7;
      const image = memoryOutbox([...outbox.rows.values()], () => {
        if (left-- <= 0) throw new Error("dead");
      });
      const hook = channelThat("hook", async ({ id, isRepeat }) => {
        if (image.rows.get(id)?.state !== "sending") throw new Error(`${id} was sent before it was noted`);
        delivered.set(id, [...(delivered.get(id) ?? []), isRepeat]);
      });
      const { deliverer } = await delivering(image, channels, [hook.notifier]).catch(() => ({
        deliverer: undefined,
      }));
      await new Promise((resolve) => setTimeout(resolve, 40));
      await deliverer?.stop(10);
      for (const row of image.rows.values()) outbox.add(row);
    }
    await delivering(outbox, channels, [
      channelThat(
        "hook",
        async ({ id, isRepeat }) => void delivered.set(id, [...(delivered.get(id) ?? []), isRepeat]),
      ).notifier,
    ]);
    await expect.poll(() => stateOf(outbox)).toEqual({ delivered: 40 });
    expect(delivered.size).toBe(40);
    for (const [id, repeats] of delivered)
      expect(repeats.slice(1).every(Boolean), `${id}: ${repeats}`).toBe(true);
  });

  it("to a channel that the configuration has lost goes over to the next", async () => {
    const before = channelsOf({ gone: "webhook", mail: "smtp" });
    const mail = channelThat("mail", async () => undefined);
    const outbox = memoryOutbox(rowsFor("n", before, told("a", ["gone", "x"], ["mail", "a@b.example"])));
    await delivering(outbox, channelsOf({ mail: "smtp" }), [mail.notifier]);
    await expect.poll(() => stateOf(outbox)).toEqual({ delivered: 1 });
    expect(outbox.attempts[0]).toMatchObject({ channel: "gone", status: "refused" });
  });

  it("does not tell what a channel's own fault says, which nobody checked for secrets", async () => {
    const channels = channelsOf({ hook: "webhook" });
    const hook = channelThat("hook", async (_, count) => {
      if (count === 1) throw new TypeError("cannot read https://h/?x=topsecretvalue");
    });
    const outbox = memoryOutbox(rowsFor("n", channels, told("a", ["hook", "x"])));
    await delivering(outbox, channels, [hook.notifier]);
    await expect.poll(() => stateOf(outbox)).toEqual({ delivered: 1 });
    expect(JSON.stringify(outbox.attempts)).not.toContain("topsecretvalue");
  });

  it("gives a channel the rest that it asks for, and others have their turn meanwhile", async () => {
    const channels = channelsOf({ robot: "dingtalk", mail: "smtp" });
    const robot = channelThat("robot", async () => {
      throw new ChannelFailed("too many", { retryAfterMs: 600_000 });
    });
    const mail = channelThat("mail", async () => undefined);
    const outbox = memoryOutbox();
    const { deliverer } = await delivering(outbox, channels, [robot.notifier, mail.notifier]);
    for (let index = 0; index < 5; index += 1) {
      outbox.add(
        ...rowsFor(
          `n${index}`,
          channels,
          told(`o${index}`, ["robot", "13800001111"], ["mail", "a@b.example"]),
        ),
      );
      deliverer.wake();
      await expect.poll(() => mail.given.length).toBe(index + 1);
    }
    expect(robot.given).toHaveLength(1);
  });

  it("of 1,000 matters to a robot's group and a mailbox are digests, and nothing is left out", {
    timeout: 120_000,
  }, async () => {
    const channels = channelsOf({ robot: "dingtalk", mail: "smtp" });
    const robot = await receiver(json({ errcode: 0, errmsg: "ok" }));
    const mail = await mailbox();
    open.push(robot, mail);
    const outbox = memoryOutbox();
    const mailChannel: Channel = {
      ...channels.get("mail")!,
      host: "127.0.0.1",
      port: mail.port,
      from: "e@b.example",
    };
    for (let index = 0; index < 1_000; index += 1) {
      const officer = `o${index % 7}`;
      outbox.add(
        ...rowsFor(
          `m${index}`,
          channels,
          told(officer, ["robot", `1380000111${index % 7}`]),
          told("chief", ["mail", "chief@b.example"]),
        ),
      );
    }
    const start = Date.now();
    await delivering(outbox, channels, [
      createNotifier(channels.get("robot")!, { url: `${robot.base}/?access_token=abc` }),
      createNotifier(mailChannel, {}, { ca: certificate.cert }),
    ]);
    const done = (): boolean =>
      [...outbox.rows.values()].every(({ state }) => state === "delivered" || state === "replaced");
    await expect.poll(done, { timeout: 20_000 }).toBe(true);
    expect(Date.now() - start).toBeLessThan(15_000);
    expect(robot.heard.length).toBeLessThanOrEqual(20);
    expect(mail.mails.length).toBeLessThanOrEqual(20);
    const reached = (channel: string): Set<string> =>
      new Set(
        outbox.attempts
          .filter((one) => one.channel === channel && one.status === "delivered")
          .flatMap(({ matters }) => matters),
      );
    expect(reached("robot").size).toBe(1_000);
    expect(reached("mail").size).toBe(1_000);
    const [first] = robot.heard;
    expect(JSON.parse(first!.body).markdown.title).toBe("【预警汇总】共 1000 项：红色 1000 项");
    expect(new Set(JSON.parse(first!.body).at.atMobiles).size).toBe(7);
  });

  it("keeps a channel under its rate, one by one where nothing can be put together", async () => {
    const channels = channelsOf({ mail: "smtp" }, 5);
    const mail = channelThat("mail", async () => undefined);
    const outbox = memoryOutbox();
    for (let index = 0; index < 9; index += 1)
      outbox.add(...rowsFor(`n${index}`, channels, told(`o${index}`, ["mail", "x"])));
    await delivering(outbox, channels, [mail.notifier]);
    await expect.poll(() => mail.given.length).toBe(5);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(mail.given).toHaveLength(5);
    expect(stateOf(outbox)).toEqual({ delivered: 5, waiting: 4 });
  });

  it("does not run hot, and is not stopped by an outbox that cannot write", async () => {
    const channels = channelsOf({ hook: "webhook" });
    const hook = channelThat("hook", async () => undefined);
    let writes = 0;
    const outbox = memoryOutbox(rowsFor("n", channels, told("a", ["hook", "x"])), () => {
      writes += 1;
      if (writes === 1) throw new Error("disk full");
    });
    const { lines } = await delivering(outbox, channels, [hook.notifier]);
    await expect.poll(() => stateOf(outbox), { timeout: 5_000 }).toEqual({ delivered: 1 });
    expect(writes).toBe(3);
    expect(lines.some((line) => line.includes("delivery-halted"))).toBe(true);
  });

  it("whose end could not be noted is noted later, and not left as on its way", async () => {
    const channels = channelsOf({ hook: "webhook" });
    let tries = 0;
    const hook = channelThat("hook", async () => {
      tries += 1;
      if (tries === 1) throw new ChannelFailed("down", { retryAfterMs: 1 });
    });
    let writes = 0;
    const outbox = memoryOutbox(rowsFor("n", channels, told("a", ["hook", "x"])), () => {
      writes += 1;
      if (writes === 2) throw new Error("disk full");
    });
    await delivering(outbox, channels, [hook.notifier]);
    await expect.poll(() => stateOf(outbox), { timeout: 10_000 }).toEqual({ delivered: 1 });
    expect(outbox.attempts.map(({ status }) => status)).toEqual(["failed", "delivered"]);
  });

  it("that everybody refuses is given up, which is an error in the log", async () => {
    const channels = channelsOf({ hook: "webhook" });
    const hook = channelThat("hook", async () => {
      throw new ChannelRefused("no such address");
    });
    const outbox = memoryOutbox(rowsFor("n", channels, told("a", ["hook", "x"])));
    const { lines } = await delivering(outbox, channels, [hook.notifier]);
    await expect.poll(() => stateOf(outbox)).toEqual({ failed: 1 });
    expect(lines.map((line) => JSON.parse(line)).filter(({ level }) => level === "error")).toMatchObject([
      { event: "notice-given-up", officers: ["a"] },
    ]);
  });

  it("takes up what the process before it was sending, before anything else", async () => {
    const channels = channelsOf({ hook: "webhook" });
    const [row] = rowsFor("n", channels, told("a", ["hook", "x"])) as [Delivery];
    const outbox = memoryOutbox([started(row, Date.now() - 5_000)]);
    const hook = channelThat("hook", async () => undefined);
    const { lines } = await delivering(outbox, channels, [hook.notifier]);
    await expect.poll(() => hook.given).toMatchObject([{ isRepeat: true }]);
    expect(lines.some((line) => line.includes("notices-sent-again"))).toBe(true);
  });
});
