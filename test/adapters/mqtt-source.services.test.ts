/** The source on a real Mosquitto: PUBACK after the log, a bound on what waits, and what comes again. */
import { setTimeout as wait } from "node:timers/promises";
import { connectAsync } from "mqtt";
import { afterEach, describe, expect, test } from "vitest";
import { createMqttSource, type MqttSource, type MqttSourceOptions } from "../../adapters/mqtt-source.ts";
import { TransientError } from "../../model/errors.ts";
import type { SourceMessage } from "../../model/ports.ts";
import { haveServices } from "../services/available.ts";
import { type MosquittoService, startMosquitto } from "../services/mosquitto.ts";
import { until } from "./aedes-broker.ts";

const limits = ["max_inflight_messages 2000", "max_queued_messages 100000"];
const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function broker(lines: readonly string[] = limits): Promise<MosquittoService> {
  const service = await startMosquitto({ lines });
  ending.push(() => service.stop());
  return service;
}

function source(service: MosquittoService, options: Partial<MqttSourceOptions> = {}): MqttSource {
  const made = createMqttSource({
    url: service.url,
    clientId: "collector",
    filters: ["v1/#"],
    reconnectMs: { first: 50, most: 200 },
    ...options,
  });
  ending.push(() => made.stop());
  return made;
}

async function publish(service: MosquittoService, count: number, first = 0, qos: 0 | 1 = 1): Promise<void> {
  const client = await connectAsync(service.url);
  const sent = Array.from({ length: count }, (_, i) =>
    client.publishAsync("v1/m", String(first + i), { qos }),
  );
  await Promise.all(sent);
  await client.endAsync();
}

/** A log that takes nothing before it is let. */
function gate() {
  const taken: SourceMessage[] = [];
  const open: (() => void)[] = [];
  let isOpen = false;
  return {
    taken,
    numbers: () => taken.map(({ payload }) => Number(Buffer.from(payload).toString())),
    accept: (message: SourceMessage): Promise<void> => {
      taken.push({ ...message, payload: Uint8Array.from(message.payload) });
      return isOpen ? Promise.resolve() : new Promise((resolve) => open.push(resolve));
    },
    open() {
      isOpen = true;
      for (const one of open.splice(0)) one();
    },
  };
}

const have = await haveServices(["mosquitto"], { own: true });

describe.skipIf(!have)("an outside broker", () => {
  test.each([4, 5] as const)(
    "delivers, is acknowledged and forgets, MQTT version %i",
    async (protocolVersion) => {
      const service = await broker();
      const log = gate();
      log.open();
      const one = source(service, { protocolVersion });
      await one.start(log.accept);
      await until(() => one.health().ok);
      await publish(service, 500);
      await publish(service, 1, 500, 0);
      await until(() => one.stats().acknowledged === 501);
      expect(log.numbers()).toEqual(Array.from({ length: 501 }, (_, i) => i));
      expect(log.taken[0]).toMatchObject({ topic: "v1/m", retained: false });
      await one.stop();
      await publish(service, 3, 1000);
      const again = source(service, { protocolVersion });
      await again.start(log.accept);
      await until(() => again.stats().acknowledged === 3);
      expect(log.numbers().slice(501)).toEqual([1000, 1001, 1002]);
    },
  );

  test("what the log did not take comes again, and nothing else", async () => {
    const service = await broker();
    const first = gate();
    const one = source(service, { stopTimeoutMs: 100 });
    await one.start(first.accept);
    await until(() => one.health().ok);
    await publish(service, 100);
    await until(() => first.taken.length === 100);
    expect(one.stats()).toMatchObject({ acknowledged: 0, unlogged: 100 });
    await one.stop();

    const second = gate();
    second.open();
    const two = source(service);
    await two.start(second.accept);
    await until(() => two.stats().acknowledged === 100);
    await two.stop();

    const third = gate();
    const three = source(service);
    await three.start(third.accept);
    await until(() => three.health().ok);
    await publish(service, 1, 100);
    await until(() => third.taken.length === 1);
    expect(third.numbers()).toEqual([100]);
    third.open();
  });

  test("a failed append: no PUBACK for it or what is behind it, and all of it again after a reconnect", async () => {
    const service = await broker();
    const taken: number[] = [];
    let failures = 3;
    const one = source(service);
    await one.start(async ({ payload }) => {
      const number = Number(Buffer.from(payload).toString());
      await wait(number === 5 ? 20 : 1);
      if (number === 5 && failures-- > 0) throw new TransientError("log-down", "the log is down");
      taken.push(number);
    });
    await until(() => one.health().ok);
    await publish(service, 10);
    await until(() => taken.includes(5) && one.stats().unlogged === 0);
    expect(one.stats()).toMatchObject({ failed: 3, connectionsTotal: 4 });
    expect(taken.filter((number) => number < 5)).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(taken).size).toBe(10);
  });

  test("reads no further than the bound, lives through a pause longer than the keep-alive, and goes on", async () => {
    const service = await broker();
    const log = gate();
    const one = source(service, { unloggedLimit: 50, keepAliveSeconds: 1 });
    await one.start(log.accept);
    await until(() => one.health().ok);
    await publish(service, 3000);
    await wait(5000);
    expect(log.taken).toHaveLength(50);
    expect(one.stats()).toMatchObject({
      isPaused: true,
      unlogged: 50,
      connectionsTotal: 1,
      isConnected: true,
    });
    log.open();
    await until(() => one.stats().acknowledged === 3000);
    expect(log.numbers()).toEqual(Array.from({ length: 3000 }, (_, i) => i));
    expect(one.stats()).toMatchObject({ isPaused: false, connectionsTotal: 1 });
  });

  test("says what the broker dropped because its queue was full", async () => {
    const service = await broker(["max_inflight_messages 20", "max_queued_messages 100", "sys_interval 1"]);
    const log = gate();
    const told: string[] = [];
    const one = source(service, { unloggedLimit: 10, log: (line) => told.push(line) });
    await one.start(log.accept);
    await until(() => one.health().ok);
    await publish(service, 3000);
    log.open();
    await until(() => one.stats().droppedByBroker > 0);
    expect(told.at(-1)).toMatch(/has dropped \d+ messages .* raise max_queued_messages/);
    await until(() => one.stats().droppedByBroker === 3000 - log.taken.length);
  });
});
