/** A changed configuration on the production stack: fenced, restated, entered in the ledger; rejects replayed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databaseFile } from "../../adapters/data-directory.ts";
import { createInfluxStore } from "../../adapters/influx/store.ts";
import { openDatabase } from "../../adapters/sqlite/driver.ts";
import { createNames } from "../../adapters/sqlite/names.ts";
import { createSqliteReader } from "../../adapters/sqlite/reader.ts";
import { canonicalJson } from "../../config/version.ts";
import type { SeriesReader } from "../../model/ports.ts";
import { calendarOf } from "../../model/time.ts";
import { registerYear } from "../chaos/register-year.ts";
import { createSender } from "../chaos/sender.ts";
import { projectRoot, startProgram, untilSettled } from "../program.ts";
import { haveServices } from "../services/available.ts";
import { type InfluxService, startInflux } from "../services/influx.ts";
import { type KafkaService, startKafka } from "../services/kafka.ts";
import { environment, type RoleProcess, startRole, untilFollowed } from "../services/stack.ts";
import { compareStores } from "../services/stores.ts";
import { temporaryDirectory } from "../world.ts";

const calendar = calendarOf("Asia/Seoul");
const TOPIC = "v1/sites/steel-works/meters/main/readings";
const NEW_TOPIC = "v1/sites/steel-works/meters/new/readings";
const READINGS = 96 * 12;

function meter(id: string, multipliers: { from: string; value: number }[]) {
  return {
    id,
    carrier: "electricity",
    role: "grid-import",
    contributes: "add",
    from: "2018-01-01",
    ratedPowerKw: 700,
    registers: [
      { id: "active-import", kind: "cumulative", unit: "kWh", direction: "import", digits: 8, decimals: 5 },
    ],
    multipliers,
  };
}

/** The county with the first days closed. `isLater`: another factor, another multiplier, and one more meter. */
function writeCounty(directory: string, isLater: boolean): string {
  mkdirSync(`${directory}/sites`, { recursive: true });
  cpSync(`${projectRoot}examples/steel/factors.yaml`, `${directory}/factors.yaml`);
  const county = readFileSync(`${projectRoot}examples/steel/county.yaml`, "utf8");
  writeFileSync(`${directory}/county.yaml`, `${county.trimEnd()}\n  closedThrough: 2018-01-05\n`);
  const first = { from: "2018-01-01", value: 100 };
  const site = {
    id: "steel-works",
    name: { zh: "示例钢厂", en: "Example Steel Works" },
    category: "key-energy-user",
    gateways: [{ id: "gw-1", username: "steel-works-gw1", topics: ["v1/sites/steel-works/#"] }],
    meters: isLater
      ? [
          meter("main", [first, { from: "2018-01-04", value: 60 }]),
          { ...meter("new", [{ ...first, value: 1 }]), to: "2018-02-01" },
        ]
      : [meter("main", [first])],
  };
  writeFileSync(`${directory}/sites/steel-works.yaml`, JSON.stringify(site));
  if (isLater) {
    const factors = readFileSync(`${directory}/factors.yaml`, "utf8");
    writeFileSync(`${directory}/factors.yaml`, factors.replace("value: 0.6101", "value: 0.6000"));
  }
  return directory;
}

const readings = registerYear().readings.slice(0, READINGS);

async function sendAll(url: string): Promise<void> {
  const sender = createSender(TOPIC, readings);
  while (sender.left() > 0) await sender.sendVia(url, Number.POSITIVE_INFINITY);
  const client = await connectAsync(url, { protocolVersion: 4, clientId: "steel-works-gw1-strange" });
  for (const [i, value] of [3, 4.5].entries()) {
    const at = new Date(Date.parse("2018-01-08T00:00:00+09:00") + i * 900_000).toISOString();
    await client.publishAsync(NEW_TOPIC, JSON.stringify({ at, registers: { "active-import": value } }), {
      qos: 1,
    });
  }
  await client.endAsync();
}

/**
 * What the ledger says of the change, without when it was said. How often a day's sum changed while its readings
 * came in depends on how they came in batches; and groups name every change of a day, which in production is a
 * day that was recomputed.
 */
async function ledgerOf(reader: SeriesReader): Promise<string[]> {
  const entries = await reader.ledger(undefined, 0, Date.parse("2030-01-01"), 1_000_000);
  return entries
    .filter(({ cause }) => cause !== "readings")
    .map(({ at: _at, cause, ...entry }) =>
      canonicalJson(entry.scope === "group" ? entry : { ...entry, cause }),
    )
    .sort();
}

describe.skipIf(!(await haveServices(["kafka", "influx"])))("a changed configuration in production", () => {
  let kafka: KafkaService;
  let influx: InfluxService;
  const directory = temporaryDirectory();
  const running: RoleProcess[] = [];
  const earlier = writeCounty(`${directory.path}/earlier`, false);
  const later = writeCounty(`${directory.path}/later`, true);
  const data = `${directory.path}/data`;

  const start = async (role: "ingest" | "process", config: string): Promise<RoleProcess> => {
    const one = await startRole({ role, config, kafka, ...(role === "process" ? { influx } : {}) });
    running.push(one);
    return one;
  };
  const command = async (
    config: string,
    ...args: string[]
  ): Promise<{ code: number | null; text: string }> => {
    const program = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
    const all = [program, ...args, "--stack", "production", "--config", config];
    const child = spawn(process.execPath, all, {
      cwd: projectRoot,
      env: environment({ role: "process", config, kafka, influx }),
    });
    let text = "";
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    const [code] = (await once(child, "close")) as [number | null];
    return { code, text };
  };

  beforeAll(async () => {
    [kafka, influx] = await Promise.all([startKafka(), startInflux()]);
  });
  afterAll(async () => {
    for (const one of running) await one.kill().catch(() => undefined);
    for (const service of [influx, kafka]) await service?.stop();
    directory.remove();
  });

  async function embedded(): Promise<void> {
    const before = await startProgram(["--config", earlier, "--data", data, "--no-demo"]);
    await sendAll(before.mqttUrl);
    await untilSettled(before.httpUrl);
    await before.stop();
    const after = await startProgram(["--config", later, "--data", data, "--no-demo"]);
    await untilSettled(after.httpUrl, 300_000);
    await after.stop();
  }

  test("the earlier processor stops, the later one restates, and the ledger says so", {
    timeout: 600_000,
  }, async () => {
    await embedded();
    const collector = await start("ingest", earlier);
    const old = await start("process", earlier);
    await sendAll(collector.mqttUrl!);
    await untilFollowed([old]);

    const next = await start("process", later);
    const deadline = Date.now() + 60_000;
    const isFenced = async () =>
      (await old.readiness()).dependencies.some(({ name, ok }) => name === "processing" && !ok);
    while (!(await isFenced())) {
      expect(Date.now()).toBeLessThan(deadline);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(old.output()).toContain("configuration-replaced");
    await untilFollowed([next]);
    expect(await compareStores(later, data, influx)).toMatchObject({ differences: [] });

    const { url, org, bucket, token } = influx;
    const store = createInfluxStore({ url, org, bucket, token, calendar });
    const db = openDatabase(databaseFile(data), { readOnly: true });
    const expected = await ledgerOf(createSqliteReader(db, createNames(db), calendar));
    const found = await ledgerOf(store);
    db.close();
    await store.close();
    expect(expected.length).toBeGreaterThan(100);
    expect(found).toEqual(expected);
    await old.stop();
    await collector.stop();
  });

  test("a processor with the earlier one is refused, unless it is adopted", {
    timeout: 120_000,
  }, async () => {
    const refused = await command(earlier, "run", "--role", "process", "--http-port", "0");
    expect(refused.code).toBe(2);
    expect(refused.text).toContain("--adopt");
  });

  test("rejects of a meter that is known by now come in, and nothing differs", {
    timeout: 300_000,
  }, async () => {
    const replayed = await command(later, "replay", "rejects");
    expect(replayed).toMatchObject({ code: 0, text: expect.stringContaining("replayed 2") });
    const again = await command(later, "replay", "rejects");
    expect(again).toMatchObject({ code: 0, text: expect.stringContaining("replayed 0") });
    const { code, text } = await command(later, "reconcile");
    expect(text).toContain("no difference");
    expect(code).toBe(0);
    const shown = await command(
      later,
      ...["explain", "--site", "steel-works", "--carrier", "electricity"],
      ...["--window", "15m", "--at", "2018-01-08T00:00:00+09:00"],
    );
    expect(shown.text).toContain("new");
  });
});
