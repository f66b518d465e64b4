/** A plant's credentials on the real Mosquitto with the generated files, and on the embedded broker with TLS. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createMqttSource, type MqttSource, type MqttSourceOptions } from "../../adapters/mqtt-source.ts";
import type { SourceMessage } from "../../model/ports.ts";
import { credentials, login, startBroker, until } from "../adapters/aedes-broker.ts";
import { county } from "../ingest/county.ts";
import { haveServices } from "../services/available.ts";
import { type Certificates, makeCertificates } from "../services/certificates.ts";
import { type CountyBroker, type CountyBrokerOptions, startCountyBroker } from "./county-broker.ts";

const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

const gateways = county.sites.flatMap((site) =>
  site.gateways.map((gateway) => ({ site: site.id, ...gateway })),
);
const mine = gateways[0]!;
const other = gateways.find(({ site }) => site !== mine.site)!;
const topicOf = (site: string, end = "readings"): string => `v1/sites/${site}/meters/m-1/${end}`;

/** The collector on a broker, with a log that takes all. */
async function collect(broker: CountyBroker, options: Partial<MqttSourceOptions> = {}) {
  const taken: SourceMessage[] = [];
  const { tls, ...plain } = broker.collector;
  const source = createMqttSource({
    url: broker.secureUrl,
    reconnectMs: { first: 50, most: 100 },
    ...(options.url?.startsWith("mqtt:") ? plain : { ...plain, tls }),
    ...options,
  });
  ending.push(() => source.stop());
  await source.start(async (message) => {
    taken.push({ ...message, payload: Uint8Array.from(message.payload) });
  });
  return { source, topics: () => taken.map(({ topic }) => topic), taken };
}

async function connect(url: string, options: IClientOptions): Promise<MqttClient> {
  const client = await connectAsync(url, { reconnectPeriod: 0, connectTimeout: 5000, ...options }, false);
  client.on("error", () => undefined);
  ending.push(() => client.endAsync(true));
  return client;
}

/** The problem a source has once it has tried. */
async function problemOf(source: MqttSource): Promise<string> {
  await until(() => source.stats().connectionErrors > 0);
  return source.health().problem ?? "none";
}

const have = await haveServices(["mosquitto"], { own: true });

describe.skipIf(!have)("a gateway at Mosquitto with the files of its county", () => {
  let broker: CountyBroker;
  beforeAll(async () => {
    broker = await startCountyBroker(county);
  });
  afterAll(() => broker?.stop());

  const as = (username: string, more: IClientOptions = {}): IClientOptions => ({
    username,
    password: broker.passwords.get(username) ?? "",
    ca: broker.collector.tls.ca,
    ...more,
  });
  const gateway = (username: string, more: IClientOptions = {}) =>
    connect(broker.secureUrl, as(username, more));

  test("publishes to its topics and to no other", async () => {
    const { source, topics } = await collect(broker);
    await until(() => source.health().ok);
    const client = await gateway(mine.username);
    const own = topicOf(mine.site);
    const foreign = [
      topicOf(other.site),
      "$SYS/broker/clients/connected",
      "v1/other",
      "device/power/up/x",
      "v1/sites",
    ];
    await client.publishAsync(own, "1", { qos: 1 });
    // Mosquitto acknowledges what it refuses; that nothing is delivered is what counts.
    for (const topic of foreign) await client.publishAsync(topic, "2", { qos: 1 });
    await client.publishAsync(own, "3", { qos: 1 });
    await until(() => topics().length >= 2);
    await wait(200);
    expect(topics()).toEqual([own, own]);
    const another = await gateway(other.username);
    await another.publishAsync(topicOf(other.site), "4", { qos: 1 });
    await until(() => topics().length === 3);
    expect(topics()[2]).toBe(topicOf(other.site));
  });

  test("reads nothing: not another's readings, not the broker's counters, not its own", async () => {
    const { source, topics } = await collect(broker);
    await until(() => source.health().ok);
    const spy = await gateway(mine.username);
    const heard: string[] = [];
    spy.on("message", (topic) => heard.push(topic));
    for (const filter of ["#", "v1/#", topicOf(other.site), "$SYS/#", "+/+/+/+/+/+"])
      await spy.subscribeAsync(filter, { qos: 1 }).catch(() => undefined);
    const client = await gateway(other.username);
    await client.publishAsync(topicOf(other.site), "1", { qos: 1 });
    await spy.publishAsync(topicOf(mine.site), "2", { qos: 1 });
    await until(() => topics().length === 2);
    await wait(300);
    expect(heard).toEqual([]);
  });

  test.each([
    ["a wrong password", { username: mine.username, password: "wrong" }],
    ["another gateway's password", { username: mine.username, password: "of:other" }],
    ["an unknown user", { username: "nobody", password: "x" }],
    ["no user", { username: undefined, password: undefined }],
  ])("%s is refused", async (_what, given) => {
    const { username, password: word } = given;
    const password = word === "of:other" ? broker.passwords.get(other.username) : word;
    const options = {
      ca: broker.collector.tls.ca,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    };
    await expect(connect(broker.secureUrl, options)).rejects.toThrow(/not authorized|bad user/i);
  });

  test("cannot take the collector's session by its client id", async () => {
    const { source, topics } = await collect(broker);
    await until(() => source.health().ok);
    const client = await gateway(mine.username, { clientId: "collector", clean: true });
    await client.publishAsync(topicOf(mine.site), "1", { qos: 1 });
    await until(() => topics().length === 1);
    expect(source.stats()).toMatchObject({ connectionsTotal: 1, isConnected: true });
  });

  test("has one connection: the second takes the place of the first, whatever the client ids", async () => {
    const first = await gateway(mine.username, { clientId: "one" });
    const second = await gateway(mine.username, { clientId: "two" });
    await until(() => !first.connected);
    expect(second.connected).toBe(true);
  });

  test("a retained message or a packet over 1 MiB ends its connection unacknowledged", async () => {
    const { source, topics } = await collect(broker);
    await until(() => source.health().ok);
    for (const [payload, retain] of [
      ["1", true],
      ["x".repeat(1 << 20), false],
    ] as const) {
      const client = await gateway(mine.username);
      let isAcknowledged = false;
      void client.publishAsync(topicOf(mine.site), payload, { qos: 1, retain }).then(
        () => {
          isAcknowledged = true;
        },
        () => undefined,
      );
      await until(() => !client.connected);
      expect(isAcknowledged).toBe(false);
    }
    expect(topics()).toEqual([]);
  });

  test("a payload over 256 KiB comes as its beginning, length and hash, to be a reject", async () => {
    const { source, taken } = await collect(broker);
    await until(() => source.health().ok);
    const client = await gateway(mine.username);
    const large = Buffer.alloc(300_000, "a");
    await client.publishAsync(topicOf(mine.site), large, { qos: 1 });
    await client.publishAsync(topicOf(mine.site), "small", { qos: 1 });
    await until(() => taken.length === 2);
    expect(taken[0]!.payload).toHaveLength(1024);
    expect(taken[0]!.refused).toMatchObject({
      code: "too-large",
      whole: { length: 300_000, sha256: createHash("sha256").update(large).digest("hex") },
    });
    await until(() => source.stats().acknowledged === 2);
  });

  test("follows the registry at SIGHUP: a new gateway is let in, a removed one no more", async () => {
    const [first, ...others] = county.sites;
    const added = { id: "added", username: "added-gw", topics: [`v1/sites/${first!.id}/#`] };
    const changed = { ...county, sites: [{ ...first!, gateways: [added] }, ...others] };
    const connected = await gateway(mine.username);
    const staying = await gateway(other.username);
    await broker.follow(changed);
    await until(() => !connected.connected);
    expect(staying.connected).toBe(true);
    await expect(gateway(mine.username)).rejects.toThrow(/not authorized|bad user/i);
    await gateway(other.username);
    await broker.follow(county);
    await wait(300);
  });

  test("the collector is refused with words that say what to do", async () => {
    const { certificates, url } = broker;
    const wrong = await collect(broker, { password: "wrong" });
    expect(await problemOf(wrong.source)).toMatch(
      /does not let us in as user collector; mend user name and password/,
    );
    const untrusted = await collect(broker, { tls: { ca: certificates.read(certificates.wrongCa.cert) } });
    expect(await problemOf(untrusted.source)).toMatch(/not of the CA we were given; give the CA/);
    const plain = await collect(broker, { url });
    expect(await problemOf(plain.source)).toMatch(
      /broke off without an answer; check whether that port speaks TLS/,
    );
    const misnamed = await collect(broker, { tls: { ...broker.collector.tls, servername: "elsewhere" } });
    expect(await problemOf(misnamed.source)).toMatch(/certificate is for another name/);
  });
});

describe.skipIf(!have)("certificates at Mosquitto", () => {
  const start = async (options: CountyBrokerOptions): Promise<CountyBroker> => {
    const broker = await startCountyBroker(county, options);
    ending.push(() => broker.stop());
    return broker;
  };

  test("an expired one of the broker is refused", async () => {
    const broker = await start({ server: ({ expiredServer }) => expiredServer });
    const { source } = await collect(broker);
    expect(await problemOf(source)).toMatch(/has expired; renew it and restart the broker/);
    expect(source.health().ok).toBe(false);
  });

  test("where clients need one, none, an expired and a foreign one are refused, and ours is let in", async () => {
    const broker = await start({ requireCertificate: true });
    const { certificates, collector } = broker;
    const pair = ({ cert, key }: { cert: string; key: string }) => ({
      ...collector.tls,
      cert: certificates.read(cert),
      key: certificates.read(key),
    });
    const none = await collect(broker);
    expect(await problemOf(none.source)).toMatch(
      /wants a client certificate; give certificate and key files/,
    );
    const expired = await collect(broker, { tls: pair(certificates.expiredClient) });
    expect(await problemOf(expired.source)).toMatch(/our client certificate has expired; renew it/);
    const foreign = await collect(broker, { tls: pair(certificates.wrongClient) });
    expect(await problemOf(foreign.source)).toMatch(/does not know the CA of our client certificate/);
    const good = await collect(broker, { tls: pair(certificates.client) });
    await until(() => good.source.health().ok);
    const without = {
      ca: collector.tls.ca,
      username: mine.username,
      password: broker.passwords.get(mine.username)!,
    };
    await expect(connect(broker.secureUrl, without)).rejects.toThrow();
  });
});

describe("a gateway at the embedded broker with TLS", () => {
  let folder: string;
  let certificates: Certificates;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "energy-certificates-"));
    certificates = makeCertificates(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const tls = (pair: { cert: string; key: string }) => ({
    cert: readFileSync(pair.cert),
    key: readFileSync(pair.key),
  });
  const as = (username: string, ca: string) => {
    const { password } = login(username);
    return { username, password, clientId: `${username}-1`, ca: readFileSync(ca) };
  };

  test("publishes to its topics; what it publishes elsewhere is kept as a reject, and it reads nobody's", async () => {
    const broker = await startBroker({ credentials, tls: tls(certificates.server) });
    const url = `mqtts://127.0.0.1:${broker.port}`;
    const client = await connect(url, as(mine.username, certificates.ca.cert));
    const spy = await connect(url, as(other.username, certificates.ca.cert));
    const heard: string[] = [];
    spy.on("message", (topic) => heard.push(topic));
    for (const filter of ["#", topicOf(mine.site), "$SYS/#"])
      await spy.subscribeAsync(filter, { qos: 1 }).catch(() => undefined);
    const reading = JSON.stringify({ at: Date.now() - 60_000, registers: { "active-import": 1 } });
    await client.publishAsync(topicOf(mine.site), reading, { qos: 1 });
    await client.publishAsync(topicOf(other.site), reading, { qos: 1 });
    await client.publishAsync("$SYS/broker/x", reading, { qos: 1 });
    expect(broker.tally().accepted).toBe(1);
    expect(broker.rejects().map(({ code, origin }) => [code, origin])).toEqual([
      ["forbidden-topic", topicOf(other.site)],
      ["forbidden-topic", "$SYS/broker/x"],
    ]);
    await wait(200);
    expect(heard).toEqual([]);
  });

  test("plain text, a wrong CA, a wrong password and another's client id are refused", async () => {
    const broker = await startBroker({ credentials, tls: tls(certificates.server), connectTimeoutMs: 500 });
    const url = `mqtts://127.0.0.1:${broker.port}`;
    const good = as(mine.username, certificates.ca.cert);
    await expect(
      connect(url.replace("mqtts:", "mqtt:"), { ...good, connectTimeout: 2000 }),
    ).rejects.toThrow();
    await expect(connect(url, as(mine.username, certificates.wrongCa.cert))).rejects.toThrow(/certificate/);
    await expect(connect(url, { ...good, password: "wrong" })).rejects.toThrow(/not authorized/i);
    await expect(connect(url, { ...good, clientId: `${other.username}-1` })).rejects.toThrow(
      /identifier rejected/i,
    );
    await connect(url, good);
  });

  test("an expired certificate of the broker is refused by the gateway", async () => {
    const broker = await startBroker({ credentials, tls: tls(certificates.expiredServer) });
    const refused = connect(`mqtts://127.0.0.1:${broker.port}`, as(mine.username, certificates.ca.cert));
    await expect(refused).rejects.toThrow(/expired/);
  });
});
