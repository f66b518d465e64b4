/** Secrets, broker's files, brokers, tokens and roles as docker-compose.yml puts them together, without Docker. */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { writeBrokerFiles } from "../../config/broker-files.ts";
import { loadConfig } from "../../config/load.ts";
import { containerPlaces } from "../../config/mosquitto.ts";
import { hashPassword } from "../../config/password.ts";
import { choiceFor, haveServices } from "../services/available.ts";
import { type InfluxService, startInflux } from "../services/influx.ts";
import { type MosquittoService, startMosquitto } from "../services/mosquitto.ts";
import { freePorts } from "../services/ports.ts";
import { type Broker, prepareBrokers } from "./brokers.ts";
import { root } from "./compose-file.ts";
import { type Composed, type Here, runToEnd, startComposed } from "./composed.ts";
import { freshDirectory, makeSecrets } from "./make-secrets.ts";

const haveAll = await haveServices(["kafka", "influx", "mosquitto"], { own: true });
const kafkaChoice = await choiceFor("kafka", { own: true });
const isHere = haveAll && kafkaChoice.way === "local";
if (haveAll && !isHere)
  process.stderr.write("SKIPPED: the composed stack needs Kafka's jars on this machine\n");

const secrets = freshDirectory("stack-secrets");
const data = freshDirectory("stack-data");
const file = (name: string): string => join(secrets.path, name);
const config = join(root, "config/example");
const site = "county-hospital";
const username = `${site}-gw1`;
const quarter = 15 * 60_000;

let kafka: Broker;
let influx: InfluxService;
let mosquitto: MosquittoService;
let here: Here;
const running: Composed[] = [];

async function startMosquittoAsComposed(): Promise<void> {
  const { registry } = await loadConfig(config);
  await writeBrokerFiles({
    registry,
    directory: file("mosquitto"),
    places: containerPlaces,
    requireCertificate: false,
    secretsFile: file("energy-secrets.yaml"),
    newPasswordsFile: file("gateway-passwords.yaml"),
    collector: "collector",
    collectorPasswordFile: file("mqtt-collector-password"),
  });
  const written = readFileSync(file("mosquitto/mosquitto.conf"), "utf8");
  mosquitto = await startMosquitto({
    config: ({ folder, ports, bind }) =>
      written
        .replaceAll(containerPlaces.files, file("mosquitto"))
        .replaceAll(containerPlaces.data, folder)
        .replace(containerPlaces.ca, file("ca.crt"))
        .replace(containerPlaces.certificate, file("mosquitto.crt"))
        .replace(containerPlaces.key, file("mosquitto.key"))
        .replace(/^listener \d+/m, `listener ${ports[0]} ${bind}`),
  });
}

async function prepare(): Promise<void> {
  expect(makeSecrets(secrets.path).status).toBe(0);
  const jars = (kafkaChoice as { path: string }).path;
  const place = { count: 1, folder: data.path, jars, secrets: secrets.path };
  kafka = (await prepareBrokers("server.properties", place))[0]!;
  const tls = { cert: file("influxdb.crt"), key: file("influxdb.key"), ca: file("ca.crt") };
  [, influx] = await Promise.all([kafka.start(), startInflux({ tls }), startMosquittoAsComposed()]);
  // The harness set InfluxDB up with a token of its own; in its image that is the one of make-secrets.
  for (const name of ["influxdb-operator-token", "energy-influxdb-operator-token"])
    writeFileSync(file(name), influx.token);
  const text = readFileSync(file("energy-secrets.yaml"), "utf8").replace(/^operators: \{\}\n/m, "");
  const officer = `operators:\n  wang: { hash: "${await hashPassword("a long password")}", role: viewer }\n`;
  writeFileSync(file("energy-secrets.yaml"), text);
  appendFileSync(file("energy-secrets.yaml"), officer);
  mkdirSync(join(data.path, "roles"));
  here = {
    secrets: secrets.path,
    folder: join(data.path, "roles"),
    config,
    addresses: {
      "kafka:9092": kafka.address,
      "https://influxdb:8086": influx.url,
      "mqtts://mosquitto:8883": `mqtts://localhost:${mosquitto.ports[0]}`,
    },
  };
}

async function start(service: string, more = {}): Promise<Composed> {
  const [port] = await freePorts(1);
  const organisation = { ENERGY_INFLUX_ORG: influx.org, ENERGY_HTTP_PORT: String(port) };
  const composed = startComposed(service, here, { ...organisation, ...more });
  running.push(composed);
  return composed;
}

async function until(what: () => boolean | Promise<boolean>, seconds = 90): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await what())) {
    const ended = running.find(({ instance }) => instance.hasEnded());
    if (ended) throw new Error(`a process ended:\n${ended.instance.output()}`);
    if (Date.now() > end)
      throw new Error(`not within ${seconds} s: ${running.map((one) => one.instance.output())}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function ask(of: Composed, path: string, auth?: string): Promise<Answer> {
  const options = {
    host: "localhost",
    port: of.environment.ENERGY_HTTP_PORT,
    path,
    ca: readFileSync(file("ca.crt")),
  };
  return new Promise((resolve, reject) => {
    const call = get({ ...options, ...(auth ? { auth } : {}), agent: false }, (response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += String(chunk);
      });
      response.once("end", () => resolve({ status: response.statusCode!, body }));
    });
    call.once("error", reject);
  });
}

async function publish(url: string, from: number, values: readonly number[]): Promise<void> {
  const passwords = parse(readFileSync(file("gateway-passwords.yaml"), "utf8")) as Record<string, string>;
  const client = await connectAsync(url, {
    username,
    password: passwords[username]!,
    clientId: username,
    ca: readFileSync(file("ca.crt")),
    reconnectPeriod: 0,
  });
  for (const [n, value] of values.entries()) {
    const message = { at: from + n * quarter, registers: { "active-import": value }, seq: n };
    await client.publishAsync(`v1/sites/${site}/meters/main/readings`, JSON.stringify(message), { qos: 1 });
  }
  await client.endAsync();
}

async function amounts(of: Composed, from: number, count: number): Promise<(number | null)[]> {
  const span = `from=${new Date(from).toISOString()}&to=${new Date(from + count * quarter).toISOString()}`;
  const query = `/api/v1/consumption?site=${site}&meter=main&window=15m&${span}`;
  const { status, body } = await ask(of, query, "wang:a long password");
  if (status !== 200) throw new Error(`consumption answered ${status}: ${body}`);
  return (JSON.parse(body) as { rows: { amount: number | null }[] }).rows.map(({ amount }) => amount);
}

describe.skipIf(!isHere)("the stack of docker-compose.yml", () => {
  let board: Composed;
  const first = Math.floor(Date.now() / quarter) * quarter - 8 * quarter;

  beforeAll(prepare);
  afterAll(async () => {
    for (const { instance } of running) await instance.signal("SIGKILL");
    await Promise.allSettled([kafka?.end("SIGKILL"), influx?.stop(), mosquitto?.stop()]);
    secrets.remove();
    data.remove();
  });

  it("starts in its order, each of ours healthy by its own check", async () => {
    expect(runToEnd("influxdb-tokens", here, { ENERGY_INFLUX_ORG: influx.org })).toBe(
      "tokens: made writer, reader",
    );
    const collector = await start("collector");
    const processor = await start("processor");
    board = await start("board");
    await until(() => [collector, processor, board].every((one) => one.isHealthy()));
  });

  it("brings a gateway's readings by TLS and passwords to the board", async () => {
    await publish(here.addresses["mqtts://mosquitto:8883"]!, first, [1000, 1000.5, 1001.25]);
    await until(async () => (await amounts(board, first, 2)).length === 2);
    expect(await amounts(board, first, 2)).toEqual([250, 375]);
  });

  it("shows figures to nobody unasked, and health to everybody", async () => {
    expect((await ask(board, "/api/v1/sites")).status).toBe(401);
    expect((await ask(board, "/api/v1/sites", "wang:guessed")).status).toBe(401);
    expect((await ask(board, "/api/v1/sites", "wang:a long password")).status).toBe(200);
    for (const one of running) expect((await ask(one, "/healthz")).status).toBe(200);
  });

  it("writes no secret into its output", () => {
    const names = ["energy-kafka-password", "mqtt-collector-password", "energy-influxdb-operator-token"];
    const hidden = [...names.map((name) => readFileSync(file(name), "utf8").trim()), "a long password"];
    for (const token of ["writer", "reader"])
      hidden.push(readFileSync(join(here.folder, "tokens", token, "token"), "utf8"));
    for (const { instance } of running)
      for (const secret of hidden) expect(instance.output()).not.toContain(secret);
  });

  it("stops within the grace that docker-compose.yml gives", async () => {
    const began = performance.now();
    for (const { instance } of running) await instance.signal("SIGTERM");
    await Promise.all(running.map(({ instance }) => instance.ended));
    expect(performance.now() - began).toBeLessThan(15_000);
    running.length = 0;
  });

  it("takes gateways in by the collector itself with deploy/direct.yml", async () => {
    const [port] = await freePorts(1);
    const none = {
      ENERGY_MQTT_URL: "",
      ENERGY_MQTT_USERNAME: "",
      ENERGY_MQTT_PASSWORD_FILE: "",
      ENERGY_MQTT_CA: "",
    };
    const direct = { ...none, ENERGY_MQTT_CLIENT_ID: "", ENERGY_MQTT_PORT: String(port) };
    const [collector] = [await start("collector", direct), await start("processor")];
    board = await start("board");
    await until(() => running.every((one) => one.isHealthy()));
    expect((await ask(collector!, "/healthz")).status).toBe(200);
    await publish(`mqtts://localhost:${port}`, first + 3 * quarter, [1002, 1002.5]);
    await until(async () => (await amounts(board, first, 4)).length === 4);
    expect(await amounts(board, first, 4)).toEqual([250, 375, 375, 250]);
  });
});
