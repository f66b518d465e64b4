import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createInfluxStore } from "../../adapters/influx/store.ts";
import { connectMqttPublisher } from "../../adapters/mqtt-publisher.ts";
import { loadConfig } from "../../config/load.ts";
import { faultPlan } from "../../demo/faults.ts";
import { createFleet } from "../../demo/fleet.ts";
import { publishHistory } from "../../demo/publish-history.ts";
import { inService } from "../../model/meter-state.ts";
import type { ObservedName } from "../../model/observation.ts";
import { calendarOf, type Instant } from "../../model/time.ts";
import { registerYear, writeConfig } from "../chaos/register-year.ts";
import { createSender } from "../chaos/sender.ts";
import { awayFromMidnight } from "../midnight.ts";
import { projectRoot, startProgram, untilSettled } from "../program.ts";
import { haveServices } from "../services/available.ts";
import { type InfluxService, startInflux } from "../services/influx.ts";
import { type KafkaService, startKafka } from "../services/kafka.ts";
import { type MosquittoService, startMosquitto } from "../services/mosquitto.ts";
import { type RoleProcess, startRole, untilFollowed } from "../services/stack.ts";
import { compareStores } from "../services/stores.ts";
import { temporaryDirectory } from "../world.ts";

const sumOf = (numbers: readonly (number | null | undefined)[]): number =>
  numbers.reduce<number>((sum, n) => sum + (n ?? 0), 0);

/** Sends the same messages to whatever listens. */
type Send = (url: string) => Promise<void>;

/** Days of the example county's past, its bad meters and outages included; about 15,000 readings each. */
const DAYS = Number(process.env.PRODUCTION_DAYS ?? 3);

async function exampleCounty(config: string): Promise<Send> {
  const { registry } = await loadConfig(config);
  const fleet = createFleet(registry, 7);
  const senders = { fleet, plan: faultPlan(fleet) };
  const now = Date.now() - 60_000;
  return async (url) => {
    const publisher = await connectMqttPublisher({ url, clientId: "fleet", inFlight: 500 });
    await publishHistory(senders, publisher, { now, days: DAYS, since: () => undefined });
    await publisher.close();
  };
}

function steelYear(): Send {
  const { readings } = registerYear();
  return async (url) => {
    const sender = createSender("v1/sites/steel-works/meters/main/readings", readings);
    while (sender.left() > 0) await sender.sendVia(url, Number.POSITIVE_INFINITY);
  };
}

/**
 * How things stand, as the processes said it: each meter by the one that has its site, each process of itself.
 * @param processes names that tell them apart. @param since when everything was followed
 */
async function expectStatus(
  config: string,
  influx: InfluxService,
  processes: readonly string[],
  since: Instant,
): Promise<void> {
  const { registry } = await loadConfig(config);
  const { url, org, bucket, token } = influx;
  const store = createInfluxStore({ url, org, bucket, token, calendar: calendarOf(registry.county.zone) });
  const now = Date.now();
  const ask = (measurement: ObservedName) =>
    store.observations({ measurement, from: now - 3_600_000, to: now + 60_000, newest: true });
  const meters = registry.sites.flatMap((site) =>
    site.meters.filter((meter) => inService(meter, now)).map(({ id }) => `${site.id}/${id}`),
  );
  await vi.waitFor(
    async () => {
      const rows = await ask("meter_status");
      expect(rows.map(({ tags }) => `${tags.site}/${tags.meter}`).sort()).toEqual(meters.sort());
    },
    { timeout: 60_000, interval: 1_000 },
  );
  const gateways = registry.sites.flatMap((site) => site.gateways.map(({ id }) => `${site.id}/${id}`));
  const said = (await ask("gateway_status")).map(({ tags }) => `${tags.site}/${tags.gateway}`);
  expect(said.sort()).toEqual(gateways.sort());
  // They say it every 15 seconds: what they said before speaks of the work half done.
  const pipeline = await vi.waitFor(
    async () => {
      const rows = await ask("pipeline_status");
      expect(rows.map(({ tags }) => tags.process).sort()).toEqual([...processes].sort());
      for (const { at } of rows) expect(at).toBeGreaterThan(since);
      return rows;
    },
    { timeout: 60_000, interval: 1_000 },
  );
  for (const { texts } of pipeline) expect(texts).toEqual({ role: "process", failure: "" });
  expect(sumOf(pipeline.map(({ numbers }) => numbers.figures))).toBeGreaterThan(1_000);
  // A county of one site has it in one process; the other misses no reading.
  const ages = pipeline.map(({ numbers }) => numbers.newestReadingAgeMs).filter((age) => age !== null);
  expect(ages).toHaveLength(Math.min(processes.length, registry.sites.length));
  await store.close();
}

describe.skipIf(!(await haveServices(["kafka", "influx", "mosquitto"])))("the production stack", () => {
  let kafka: KafkaService;
  let mosquitto: MosquittoService;
  const directory = temporaryDirectory();
  const running: RoleProcess[] = [];
  /** A store for each county. */
  const influxes: InfluxService[] = [];

  beforeAll(async () => {
    [kafka, mosquitto] = await Promise.all([
      startKafka(),
      startMosquitto({ lines: ["max_inflight_messages 2000", "max_queued_messages 1000000"] }),
    ]);
  });
  afterAll(async () => {
    for (const one of running) await one.kill().catch(() => undefined);
    for (const service of [mosquitto, ...influxes, kafka]) await service?.stop();
    directory.remove();
  });

  async function compare(name: string, config: string, send: Send): Promise<void> {
    // The balance in the metrics is that of today.
    await awayFromMidnight((await loadConfig(config)).registry.county.zone, 8);
    const data = `${directory.path}/${name}`;
    const quiet = await startProgram(["--config", config, "--data", data, "--no-demo"]);
    await send(quiet.mqttUrl);
    await untilSettled(quiet.httpUrl, 600_000);
    await quiet.stop();

    const influx = await startInflux();
    influxes.push(influx);
    const prefix = { ENERGY_KAFKA_PREFIX: `${name}-`, ENERGY_MQTT_CLIENT_ID: `collector-${name}` };
    const common = { config, kafka, env: prefix };
    const collector = await startRole({ ...common, role: "ingest", mqttUrl: mosquitto.url });
    const first = await startRole({ ...common, role: "process", influx });
    const second = await startRole({ ...common, role: "process", influx });
    running.push(collector, first, second);
    const started = performance.now();
    await send(mosquitto.url);
    const sent = performance.now();
    await untilFollowed([collector, first, second], 600_000);
    const followed = performance.now();
    const settled = Date.now();
    for (const one of [first, second]) {
      const { dependencies } = await one.readiness();
      expect(dependencies.find((each) => each.name === "processing")?.detail).toMatch(/\d/);
    }
    const { rows, differences } = await compareStores(config, data, influx);
    console.info(
      `${name}: ${rows} rows compared; sent in ${((sent - started) / 1000).toFixed(1)} s, followed ${((followed - sent) / 1000).toFixed(1)} s later`,
    );
    expect(rows).toBeGreaterThan(1_000);
    expect(differences).toEqual([]);
    const names = [first, second].map(({ httpUrl }) => `process@${hostname()}:${new URL(httpUrl).port}`);
    await expectStatus(config, influx, names, settled);
    const metrics = await Promise.all(
      [first, second].map(async (one) => (await fetch(`${one.httpUrl}/metrics`)).text()),
    );
    const figures = metrics.map((text) => Number(/^energy_figures_written_total (\d+)/m.exec(text)?.[1]));
    expect(figures[0]! + figures[1]!).toBeGreaterThan(1_000);
    for (const text of metrics) {
      expect(text).toMatch(/^energy_log_partition_records_behind\{partition="\d+"\} 0$/m);
      expect(text).toMatch(/^energy_balance_values\{outcome="accepted"\} [1-9]/m);
      expect(text).toMatch(/^energy_dependency_up\{dependency="influxdb"\} 1$/m);
    }
    for (const one of [collector, first, second]) {
      const asked = performance.now();
      expect(await one.stop()).toBe(0);
      expect(performance.now() - asked).toBeLessThan(10_000);
    }
  }

  test("gives the example county the figures of the embedded run, row by row", {
    timeout: 1_200_000,
  }, async () => {
    const config = `${projectRoot}config/example`;
    await compare("example", config, await exampleCounty(config));
  });

  test("gives the steel year the figures of the embedded run, row by row", {
    timeout: 1_200_000,
  }, async () => {
    const config = `${directory.path}/steel-config`;
    writeConfig(config, registerYear().swap);
    await compare("steel", config, steelYear());
  });
});
