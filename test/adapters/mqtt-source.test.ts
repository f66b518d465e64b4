/** The source against a broker written by hand, which does what real ones do seldom. */
import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { generate, type IPublishPacket, type Packet, parser } from "mqtt-packet";
import { afterEach, describe, expect, test } from "vitest";
import { createMqttSource, type MqttSource, type MqttSourceOptions } from "../../adapters/mqtt-source.ts";
import { TransientError, UsageError } from "../../model/errors.ts";
import type { SourceMessage } from "../../model/ports.ts";
import { until } from "./aedes-broker.ts";

const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

interface Seen {
  /** Connections are numbered from 0. */
  readonly connection: number;
  readonly packet: Packet;
}

/** Answers as a broker does, unless `answer` sends something else; `send` goes to the newest connection. */
async function handmadeBroker(
  answer: (packet: Packet, socket: Socket) => Packet | "nothing" | undefined = () => undefined,
) {
  const seen: Seen[] = [];
  const sockets: Socket[] = [];
  const usual = (packet: Packet): Packet | undefined => {
    if (packet.cmd === "connect") return { cmd: "connack", returnCode: 0, sessionPresent: false };
    if (packet.cmd === "subscribe")
      return { cmd: "suback", messageId: packet.messageId!, granted: packet.subscriptions.map(() => 1) };
    return packet.cmd === "pingreq" ? { cmd: "pingresp" } : undefined;
  };
  const server: Server = createServer((socket) => {
    const connection = sockets.push(socket) - 1;
    const parse = parser({ protocolVersion: 4 });
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => parse.parse(bytes));
    parse.on("packet", (packet) => {
      seen.push({ connection, packet });
      const reply = answer(packet, socket) ?? usual(packet);
      if (reply !== undefined && reply !== "nothing" && socket.writable) socket.write(generate(reply));
      if (packet.cmd === "disconnect") socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  ending.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `mqtt://127.0.0.1:${port}`,
    sockets,
    seen,
    commands: (connection: number): string[] =>
      seen.filter((one) => one.connection === connection).map(({ packet }) => packet.cmd),
    pubacks: (connection: number): number[] =>
      seen.flatMap(({ connection: at, packet }) =>
        at === connection && packet.cmd === "puback" ? [packet.messageId!] : [],
      ),
    send(...messages: Partial<IPublishPacket>[]) {
      const whole = {
        cmd: "publish",
        topic: "v1/m",
        payload: "1",
        qos: 1,
        dup: false,
        retain: false,
      } as const;
      sockets.at(-1)!.write(Buffer.concat(messages.map((one) => generate({ ...whole, ...one }))));
    },
  };
}

function start(
  url: string,
  accept: (message: SourceMessage) => Promise<void>,
  options: Partial<MqttSourceOptions> = {},
): MqttSource {
  const source = createMqttSource({
    url,
    clientId: "collector",
    filters: ["v1/#", "device/+"],
    reconnectMs: { first: 30, most: 100 },
    ...options,
  });
  ending.push(() => source.stop());
  void source.start(accept);
  return source;
}

/** A promise from outside. */
function later() {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

describe("PUBACK", () => {
  test("comes after the log has the message, in the order of receipt, and mqtt.js sends none", async () => {
    const broker = await handmadeBroker();
    const logs = [later(), later(), later()];
    let taken = 0;
    const source = start(broker.url, () => logs[taken++]!.promise);
    await until(() => source.health().ok);
    broker.send({ messageId: 11 }, { messageId: 12 }, { qos: 0 });
    await until(() => taken === 3);
    logs[1]!.resolve();
    logs[2]!.resolve();
    await wait(50);
    expect(broker.pubacks(0)).toEqual([]);
    expect(source.stats()).toMatchObject({ messages: 3, acknowledged: 0, unlogged: 1 });
    logs[0]!.resolve();
    await until(() => broker.pubacks(0).length === 2);
    expect(broker.pubacks(0)).toEqual([11, 12]);
    expect(source.stats()).toMatchObject({ acknowledged: 3, unlogged: 0 });
  });

  test("never goes to a later connection, which may use the same packet id for another message", async () => {
    const broker = await handmadeBroker();
    const logs = [later(), later()];
    let taken = 0;
    const source = start(broker.url, () => logs[taken++]!.promise);
    await until(() => source.health().ok);
    broker.send({ messageId: 7 });
    await until(() => taken === 1);
    broker.sockets[0]!.destroy();
    await until(() => source.health().ok && broker.sockets.length === 2);
    broker.send({ messageId: 7 });
    await until(() => taken === 2);
    logs[0]!.resolve();
    await wait(100);
    expect(broker.pubacks(1)).toEqual([]);
    logs[1]!.resolve();
    await until(() => broker.pubacks(1).length === 1);
  });

  test("is not sent for a message the log did not take, nor for later ones; a throw is the same", async () => {
    for (const fail of [
      () => Promise.reject(new TransientError("log-down", "the log is down")),
      () => {
        throw new Error("the log is down");
      },
    ]) {
      const broker = await handmadeBroker();
      let taken = 0;
      const source = start(broker.url, () => (++taken === 2 ? fail() : Promise.resolve()));
      await until(() => source.health().ok);
      broker.send({ messageId: 1 }, { messageId: 2 }, { messageId: 3 });
      await until(() => broker.sockets.length === 2);
      expect(broker.pubacks(0)).toEqual([1]);
      expect(source.stats()).toMatchObject({ failed: 1, unlogged: 0 });
      expect(broker.commands(0).at(-1)).toBe("disconnect");
    }
  });
});

describe("the source", () => {
  test("marks retained messages, and takes QoS 0", async () => {
    const broker = await handmadeBroker();
    const taken: SourceMessage[] = [];
    const source = start(broker.url, async (message) => void taken.push(message));
    await until(() => source.health().ok);
    broker.send({ messageId: 1, retain: true, topic: "v1/站" }, { qos: 0, topic: "device/x" });
    await until(() => taken.length === 2);
    expect(taken.map(({ topic, retained, username }) => ({ topic, retained, username }))).toEqual([
      { topic: "v1/站", retained: true, username: undefined },
      { topic: "device/x", retained: false, username: undefined },
    ]);
    await until(() => broker.pubacks(0).length > 0);
    expect(broker.pubacks(0)).toEqual([1]);
  });

  test("asks for a persistent session under its name, and for QoS 1", async () => {
    const broker = await handmadeBroker();
    const source = start(broker.url, async () => undefined, { username: "reader", password: "secret" });
    await until(() => source.health().ok);
    expect(broker.seen[0]!.packet).toMatchObject({
      cmd: "connect",
      clean: false,
      clientId: "collector",
      username: "reader",
    });
    const filters = broker.seen.flatMap(({ packet }) =>
      packet.cmd === "subscribe" ? packet.subscriptions : [],
    );
    expect(filters).toContainEqual(expect.objectContaining({ topic: "v1/#", qos: 1 }));
    expect(filters).toContainEqual(expect.objectContaining({ topic: "device/+", qos: 1 }));
  });

  test.each([128, 0])("is not well when a filter is answered with %i, and names it", async (code) => {
    const broker = await handmadeBroker((packet) =>
      packet.cmd === "subscribe"
        ? {
            cmd: "suback",
            messageId: packet.messageId!,
            granted: packet.subscriptions.map(({ topic }) => (topic === "device/+" ? code : 1)),
          }
        : undefined,
    );
    const told: string[] = [];
    const options = { username: "reader", log: (line: string) => void told.push(line) };
    const source = start(broker.url, async () => undefined, options);
    await until(() => /does not grant/.test(source.health().problem ?? ""));
    expect(source.health()).toMatchObject({ ok: false });
    expect(source.health().problem).toMatch(/1 topic filters with QoS 1: device\/\+; let reader read them/);
    expect(told.at(-1)).toBe(source.health().problem);
  });

  test("gives up a broker that is silent, and connects again", async () => {
    let isSilent = false;
    const broker = await handmadeBroker(() => (isSilent ? "nothing" : undefined));
    const source = start(broker.url, async () => undefined, { keepAliveSeconds: 1, connectTimeoutMs: 500 });
    await until(() => source.health().ok);
    isSilent = true;
    await until(() => broker.sockets.length === 2);
    isSilent = false;
    await until(() => source.health().ok);
    expect(source.stats().connectionErrors).toBeGreaterThanOrEqual(1);
  });

  test("waits longer and longer for a broker that closes at once, and says what may be the matter", async () => {
    const broker = await handmadeBroker((packet, socket) => {
      if (packet.cmd === "subscribe") socket.destroy();
      return undefined;
    });
    const source = start(broker.url, async () => undefined, { reconnectMs: { first: 20, most: 10_000 } });
    await until(() => broker.sockets.length === 4);
    await until(() => /look for another collector/.test(source.health().problem ?? ""));
    const before = broker.sockets.length;
    await wait(150);
    expect(broker.sockets.length - before).toBeLessThanOrEqual(1);
    expect(source.health().problem).toMatch(/look for another collector with the client id collector/);
  });

  test("starts without a broker, tries on, and says so", async () => {
    const { url } = await handmadeBroker();
    await ending.pop()!();
    const source = start(url, async () => undefined);
    await until(() => source.stats().connectionErrors > 1);
    expect(source.health()).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/nothing listens there/),
    });
    expect(source.health().since).toBeUndefined();
  });

  test("goes with all it took acknowledged, and says goodbye", async () => {
    const broker = await handmadeBroker();
    const log = later();
    let taken = 0;
    const source = start(broker.url, () => {
      taken += 1;
      return log.promise;
    });
    await until(() => source.health().ok);
    broker.send({ messageId: 1 }, { messageId: 2 });
    await until(() => taken === 2);
    const stopped = source.stop();
    broker.send({ messageId: 3 });
    await wait(50);
    log.resolve();
    await stopped;
    expect(taken).toBe(2);
    expect(broker.pubacks(0)).toEqual([1, 2]);
    expect(broker.commands(0).at(-1)).toBe("disconnect");
    expect(source.health()).toEqual({ ok: false, problem: "stopped" });
  });

  test("stops at once while it connects, and while the broker does not answer", async () => {
    const broker = await handmadeBroker(() => "nothing");
    const source = start(broker.url, async () => undefined);
    await until(() => broker.seen.length === 1);
    const before = performance.now();
    await source.stop();
    expect(performance.now() - before).toBeLessThan(1000);
  });

  test("closes on what is no MQTT", async () => {
    const broker = await handmadeBroker();
    const source = start(broker.url, async () => undefined);
    await until(() => source.health().ok);
    broker.sockets[0]!.write(Buffer.from([0x30, 255, 255, 255, 255, 255]));
    await until(() => broker.sockets.length === 2);
    expect(source.stats().connectionErrors).toBe(1);
  });
});

describe("options that cannot work", () => {
  const good: MqttSourceOptions = { url: "mqtts://broker:8883", clientId: "c", filters: ["v1/#"] };
  test.each<[string, Partial<MqttSourceOptions>, RegExp]>([
    ["another scheme", { url: "http://broker" }, /write mqtts:\/\/host:port/],
    ["no address", { url: "broker:1883" }, /write mqtts/],
    ["a password in the address", { url: "mqtts://u:p@broker" }, /give them apart/],
    ["a password in the clear", { url: "mqtt://broker", username: "u", password: "p" }, /in the clear/],
    ["certificates without TLS", { url: "mqtt://broker", tls: { ca: "x" } }, /of no use without TLS/],
    ["a certificate without key", { tls: { cert: "x" } }, /come together/],
    ["a password without user", { password: "p" }, /without a user name/],
    ["no filters", { filters: [] }, /no topic to read/],
  ])("%s", (_what, options, message) => {
    const make = () => createMqttSource({ ...good, ...options });
    expect(make).toThrow(UsageError);
    expect(make).toThrow(message);
  });

  test("a password in the clear on this machine, or where it is allowed", () => {
    const password = { username: "u", password: "p" };
    createMqttSource({ ...good, ...password, url: "mqtt://127.0.0.1" });
    createMqttSource({ ...good, ...password, url: "mqtt://broker", allowPlaintext: true });
  });
});
