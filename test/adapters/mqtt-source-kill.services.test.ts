/** kill -9 of the collector and of Mosquitto under load: what is lost, what comes twice, and what tells of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { connectAsync, type MqttClient } from "mqtt";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createMqttSource } from "../../adapters/mqtt-source.ts";
import { haveServices } from "../services/available.ts";
import { type MosquittoService, startMosquitto } from "../services/mosquitto.ts";
import type { CollectorOrder } from "./mqtt-collector.ts";

const limits = ["max_inflight_messages 2000", "max_queued_messages 1000000", "queue_qos0_messages true"];
const ending: (() => Promise<unknown>)[] = [];
let folder = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "energy-collector-"));
  await build({
    entryPoints: [fileURLToPath(new URL("mqtt-collector.ts", import.meta.url))],
    outfile: join(folder, "collector.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function startBroker(lines: readonly string[] = []): Promise<MosquittoService> {
  const service = await startMosquitto({ lines: [...limits, ...lines] });
  ending.push(() => service.stop());
  return service;
}

/** Publishes `<meter> <seq>` for each meter in turn with QoS 1, and knows what was acknowledged. */
async function publisher(url: string, meters: number) {
  const client: MqttClient = await connectAsync(url, {
    clientId: "gateway",
    clean: false,
    reconnectPeriod: 100,
  });
  client.on("error", () => undefined);
  ending.push(() => client.endAsync(true));
  const acknowledged = new Set<string>();
  let unacknowledged = 0;
  return {
    acknowledged,
    async send(first: number, count: number): Promise<void> {
      for (let seq = first; seq < first + count; seq++) {
        for (let m = 0; m < meters; m++) {
          while (unacknowledged >= 500) await wait(1);
          unacknowledged += 1;
          client.publish(`v1/m-${m}`, String(seq), { qos: 1 }, (error) => {
            unacknowledged -= 1;
            if (!error) acknowledged.add(`v1/m-${m} ${seq}`);
          });
        }
      }
    },
    async settled(): Promise<void> {
      while (unacknowledged > 0) await wait(5);
    },
  };
}

async function startCollector(order: CollectorOrder): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(folder, "collector.mjs"), JSON.stringify(order)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  ending.push(() => kill(child));
  await once(child.stdout!, "data");
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}

/** Whole lines of the collector's file; a kill may leave half a line behind, which counts for nothing. */
const linesOf = (file: string): string[] => readFileSync(file, "utf8").match(/^v1\/m-\d+ \d+$/gm) ?? [];

const have = await haveServices(["mosquitto"], { own: true });

describe.skipIf(!have)("kill -9 under load", () => {
  test("of the collector, three times: nothing is lost, and few messages come twice", async () => {
    const service = await startBroker();
    const file = join(folder, "log");
    const order = { url: service.url, file, filters: ["v1/#"], appendMs: 10 };
    let collector = await startCollector(order);
    const gateway = await publisher(service.url, 20);
    const sending = gateway.send(0, 3000).then(gateway.settled);
    for (let kills = 0; kills < 3; kills++) {
      const before = linesOf(file).length;
      while (linesOf(file).length < before + 8000) await wait(50);
      await kill(collector);
      collector = await startCollector(order);
    }
    await sending;
    expect(gateway.acknowledged.size).toBe(60_000);
    const end = Date.now() + 60_000;
    while (new Set(linesOf(file)).size < 60_000 && Date.now() < end) await wait(250);
    const lines = linesOf(file);
    const stored = new Set(lines);
    const lost = [...gateway.acknowledged].filter((line) => !stored.has(line)).length;
    const repeats = lines.length - stored.size;
    console.log(`killed collector three times: ${lost} lost, ${repeats} of 60,000 came twice`);
    expect(lost).toBe(0);
    // At most the bound of unlogged messages and what acknowledgements were on their way, for each kill.
    expect(repeats).toBeLessThan(9000);
  });

  test("of Mosquitto: what it alone had acknowledged is lost, and the gaps in seq tell which", async () => {
    const service = await startBroker(["autosave_interval 3600"]);
    const stored = new Set<string>();
    let isLogDown = false;
    let release: () => void = () => undefined;
    let logUp = Promise.resolve();
    const source = createMqttSource({
      url: service.url,
      clientId: "collector",
      filters: ["v1/#"],
      unloggedLimit: 200,
      reconnectMs: { first: 20, most: 50 },
    });
    ending.push(() => source.stop());
    await source.start(async ({ topic, payload }) => {
      const line = `${topic} ${Buffer.from(payload).toString()}`;
      if (isLogDown) await logUp;
      stored.add(line);
    });
    while (!source.health().ok) await wait(5);
    const meters = 20;
    const gateway = await publisher(service.url, meters);
    await gateway.send(0, 100);
    await gateway.settled();
    while (stored.size < 100 * meters) await wait(5);

    // While the log is away the broker keeps what it acknowledges in its memory, and is killed with it.
    isLogDown = true;
    logUp = new Promise((resolve) => {
      release = resolve;
    });
    await gateway.send(100, 200);
    await gateway.settled();
    const sending = gateway.send(300, 100);
    await service.kill9();
    await wait(200);
    isLogDown = false;
    release();
    await service.restart();
    await sending;
    await gateway.settled();
    while (!source.health().ok) await wait(5);
    await gateway.send(400, 100);
    await gateway.settled();
    const last = Array.from({ length: meters }, (_, m) => `v1/m-${m} 499`);
    while (!last.every((line) => stored.has(line))) await wait(5);

    const lost = [...gateway.acknowledged].filter((line) => !stored.has(line));
    const gaps: string[] = [];
    for (let m = 0; m < meters; m++) {
      const seqs = [...stored].flatMap((line) =>
        line.startsWith(`v1/m-${m} `) ? [Number(line.split(" ")[1])] : [],
      );
      seqs.sort((a, b) => a - b);
      seqs.forEach((seq, i) => {
        for (let missing = (seqs[i - 1] ?? seq - 1) + 1; missing < seq; missing++)
          gaps.push(`v1/m-${m} ${missing}`);
      });
    }
    console.log(
      `killed Mosquitto: ${lost.length} of ${gateway.acknowledged.size} it had acknowledged are lost`,
    );
    expect(gateway.acknowledged.size).toBe(500 * meters);
    expect(lost.length).toBeGreaterThan(0);
    expect(gaps.sort()).toEqual(lost.sort());
    expect(source.stats().unlogged).toBe(0);
  });
});
