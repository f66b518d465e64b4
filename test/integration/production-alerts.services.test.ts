/** The desk in the production stack: alerts by the hook, notices out, matters in the log and in InfluxDB. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createInfluxStore } from "../../adapters/influx/store.ts";
import { createKafkaLog } from "../../adapters/kafka/log.ts";
import type { MatterAnswer, MattersAnswer } from "../../board/api/matters.ts";
import type { Readiness } from "../../board/server.ts";
import type { AlertRecord } from "../../model/records.ts";
import { calendarOf } from "../../model/time.ts";
import {
  type CountyProgram,
  eventually,
  postedAlert,
  postedDocument,
  postHook,
  type Receiver,
  startReceiver,
  writeCounty,
} from "../alerts/county-program.ts";
import { haveServices } from "../services/available.ts";
import { type InfluxService, startInflux } from "../services/influx.ts";
import { type KafkaService, startKafka } from "../services/kafka.ts";
import { type RoleProcess, startRole } from "../services/stack.ts";
import { temporaryDirectory } from "../world.ts";

describe.skipIf(!(await haveServices(["kafka", "influx"])))("the desk of the production stack", () => {
  const directory = temporaryDirectory();
  let kafka: KafkaService;
  let influx: InfluxService;
  let receiver: Receiver;
  let county: CountyProgram;
  let board: RoleProcess | undefined;

  const start = () =>
    startRole({
      role: "notify",
      config: join(directory.path, "config"),
      kafka,
      influx,
      env: {
        ENERGY_SECRETS: join(directory.path, "secrets.yaml"),
        ENERGY_DATA: join(directory.path, "data"),
      },
    });
  const matters = async () => {
    const answer = await fetch(`${board!.httpUrl}/api/v1/matters?state=all`, { headers: county.people.dev });
    return ((await answer.json()) as MattersAnswer).rows;
  };

  beforeAll(async () => {
    [kafka, influx, receiver] = await Promise.all([startKafka(), startInflux(), startReceiver()]);
    county = await writeCounty(directory.path, { receiver: receiver.url });
    board = await start();
  });
  afterAll(async () => {
    await board?.stop();
    await receiver?.close();
    await influx?.stop();
    await kafka?.stop();
    directory.remove();
  });

  test("tells the officers soon after the hook, and log and store of what becomes of it", async () => {
    const posted = Date.now();
    expect((await postHook(board!.httpUrl, county.token, postedDocument([postedAlert("a")]))).status).toBe(
      200,
    );
    const notice = await eventually(() => receiver.got[0]);
    expect(notice.gotAt - posted).toBeLessThan(15_000);
    const id = notice.matters[0]!;
    // What is noted of the sending comes before the answer, also where two messages are under way.
    await eventually(async () => {
      const answer = await fetch(`${board!.httpUrl}/api/v1/matters/${id}`, { headers: county.people.dev });
      const { notices } = (await answer.json()) as MatterAnswer;
      return notices.length > 1 && notices.every(({ status }) => status === "delivered") ? true : undefined;
    });
    const acted = await fetch(`${board!.httpUrl}/api/v1/matters/${id}/acknowledge`, {
      method: "POST",
      headers: { ...county.people.dev, "content-type": "application/json" },
      body: "{}",
    });
    expect(((await acted.json()) as MatterAnswer).matter.state).toBe("acknowledged");

    const store = createInfluxStore({ ...influx, calendar: calendarOf("Asia/Shanghai") });
    const rows = await eventually(async () => {
      const found = await store.observations({
        measurement: "alert",
        from: posted - 60_000,
        to: Date.now() + 60_000,
      });
      return found.some(({ texts }) => texts.state === "acknowledged") ? found : undefined;
    });
    expect(rows).toMatchObject([
      {
        tags: { rule: "budget-red", colour: "red", site: "works-1", agency: "development" },
        numbers: { open: 1, value: 1.2 },
        texts: { matter: id },
      },
    ]);
    await store.close();
  });

  test("the log's topic has every event of it, in order", async () => {
    const log = await createKafkaLog({
      brokers: kafka.brokers,
      clientId: "test",
      partitions: 6,
      routeOf: (site) => site,
      log: () => undefined,
    });
    const stop = new AbortController();
    const records: AlertRecord[] = [];
    const reading = (async () => {
      for await (const share of log.consume("alerts", "test", stop.signal))
        void (async () => {
          for await (const batch of share.batches()) {
            records.push(...batch.records.map(({ value }) => JSON.parse(value) as AlertRecord));
            await batch.commit();
          }
        })().catch(() => undefined);
    })();
    await eventually(
      () => (records.some(({ event }) => event.action === "acknowledge") ? true : undefined),
      60_000,
    );
    stop.abort();
    await reading.catch(() => undefined);
    await log.close();
    expect(records.map(({ number }) => number)).toEqual(records.map((_, i) => i + 1));
    expect(records.map(({ event }) => event.action)).toEqual([
      "raise",
      "notify",
      ...records.slice(2, -1).map(() => "deliver"),
      "acknowledge",
    ]);
    expect(records[0]).toMatchObject({ alert: { limit: "limit-a", site: "works-1" }, lead: "development" });
  });

  test("one process alone has the directory; what it took in outlives its end", async () => {
    await expect(start()).rejects.toThrow("already works in");
    await postHook(board!.httpUrl, county.token, postedDocument([postedAlert("b")]));
    const before = (await matters()).map(({ id }) => id);
    expect(before).toHaveLength(2);
    await board!.kill();
    board = await start();
    expect((await matters()).map(({ id }) => id)).toEqual(before);
    await eventually(() =>
      receiver.got.some(({ matters: of }) => of.includes(before[0]!)) ? true : undefined,
    );
    expect(await board.readiness()).toMatchObject({ ready: true });
  });

  test("a process with something to publish ends although Kafka hangs, and leaves its directory to the next", async () => {
    await kafka.pause();
    try {
      await postHook(board!.httpUrl, county.token, postedDocument([postedAlert("c")]));
      await eventually(async () => {
        const answer = await fetch(`${board!.httpUrl}/readyz`, { headers: county.people.dev });
        const { dependencies } = (await answer.json()) as Readiness;
        return (
          dependencies.some(({ name, detail }) => name === "kafka" && /wait/.test(detail ?? "")) || undefined
        );
      });
      const ended = board!.stop();
      const late = new Promise((resolve) => setTimeout(resolve, 60_000, "late").unref());
      expect(await Promise.race([ended, late])).toBe(0);
    } finally {
      await kafka.resume();
    }
    board = await start();
    expect(await matters()).toHaveLength(3);
  });
});
