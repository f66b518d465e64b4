import { createServer } from "node:net";
import { Aedes } from "aedes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectMqttPublisher, type MqttPublisher } from "../../adapters/mqtt-publisher.ts";
import { systemClock } from "../../demo/clock.ts";
import { faultPlan } from "../../demo/faults.ts";
import { createFleet } from "../../demo/fleet.ts";
import type { Publisher } from "../../demo/outbox.ts";
import { simulate, simulateReport } from "../../demo/simulate.ts";
import { exampleRegistry } from "./example-registry.ts";
import { readingsOf } from "./recorder.ts";

const fleet = createFleet(exampleRegistry, 1);
const senders = { fleet, plan: faultPlan(fleet) };
const running = {
  clock: systemClock,
  elapsed: () => performance.now(),
  signal: new AbortController().signal,
};

let broker: Aedes;
let publisher: MqttPublisher;
const server = createServer((socket) => broker.handle(socket));
const heard: { topic: string; payload: string; sentAt: number }[] = [];

beforeAll(async () => {
  broker = await Aedes.createBroker();
  broker.authorizePublish = (_client, packet, done) => {
    heard.push({ topic: packet.topic, payload: packet.payload.toString(), sentAt: Date.now() });
    done(null);
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  publisher = await connectMqttPublisher({ url: `mqtt://127.0.0.1:${address.port}`, clientId: "simulate" });
});

afterAll(async () => {
  await publisher.close();
  await new Promise<void>((resolve) => broker.close(() => resolve()));
  await new Promise((resolve) => server.close(resolve));
});

describe("simulate", () => {
  test("keeps the rate over a real broker and counts every PUBACK", async () => {
    const result = await simulate(senders, publisher, { meters: 5, rate: 200, seconds: 1, ...running });
    expect(result).toMatchObject({ meters: 5, sent: 200, acked: 200, failed: 0, notSent: 0 });
    expect(result.seconds).toBeGreaterThan(0.9);
    expect(result.ackedPerSecond).toBeGreaterThan(100);
    expect(result.p50Ms).toBeGreaterThan(0);
    expect(result.p99Ms).toBeGreaterThanOrEqual(result.p50Ms!);
    expect(heard).toHaveLength(200);
    expect(new Set(heard.map((row) => row.topic)).size).toBe(5);
  });

  test("sends readings that the meters could have sent: later each time, registers never back", () => {
    const byMeter = new Map<string, { at: number; value: number }>();
    const healthy = heard.filter((row) => !row.topic.includes("/coal/"));
    for (const { meter, at, values, seq } of healthy.flatMap((row) => readingsOf(row) ?? [])) {
      const last = byMeter.get(meter);
      const value = Object.values(values)[0]!;
      expect(seq).toBeGreaterThan(0);
      if (last) expect(at).toBeGreaterThan(last.at);
      byMeter.set(meter, { at, value });
    }
    expect(byMeter.size).toBeGreaterThan(3);
  });

  test("uses all meters, and says so, when more are asked for than there are", async () => {
    const speaking = fleet.meters.filter((meter) =>
      meter.registers.every((row) => row.kind === "cumulative"),
    );
    const result = await simulate(senders, publisher, { meters: 5000, rate: 100, seconds: 0.5, ...running });
    expect(result.meters).toBe(speaking.length);
    expect(simulateReport(result)).toContain(
      `5000 meters asked for; ${speaking.length} can speak now: all used.`,
    );
    expect(simulateReport(result)).toMatch(/acked {7}50 in/);
  });

  test("counts what fails and names the first error", async () => {
    let calls = 0;
    const failing: Publisher = {
      publish: async () => {
        calls += 1;
        if (calls % 2 === 0) throw new Error("refused by test");
      },
    };
    const result = await simulate(senders, failing, { meters: 3, rate: 100, seconds: 0.2, ...running });
    expect(result).toMatchObject({ sent: 20, acked: 10, failed: 10, firstError: "refused by test" });
    expect(simulateReport(result)).toContain("refused by test");
  });
});
