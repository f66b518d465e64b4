import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createKafkaLog } from "../../adapters/kafka/log.ts";
import type { KafkaLogOptions, KafkaSasl } from "../../adapters/kafka/options.ts";
import { UsageError } from "../../model/errors.ts";
import { haveServices } from "../services/available.ts";
import { type Certificates, makeCertificates } from "../services/certificates.ts";
import { type KafkaService, startKafka } from "../services/kafka.ts";

describe.skipIf(!(await haveServices(["kafka"], { own: true })))("Kafka with TLS and passwords", () => {
  const sasl: KafkaSasl = { mechanism: "scram-sha-512", username: "energy", password: "right-horse-7" };
  let folder: string;
  let certificates: Certificates;
  let kafka: KafkaService;
  const lines: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "energy-kafka-tls-"));
    certificates = makeCertificates(folder);
    const users = [{ name: sasl.username, password: sasl.password }];
    kafka = await startKafka({ heapMb: 512, security: { certificates, users } });
  });
  afterAll(async () => {
    await kafka?.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const open = (more: Partial<Record<keyof KafkaLogOptions, unknown>>) =>
    createKafkaLog({
      brokers: kafka.secureBrokers,
      clientId: "test",
      topicPrefix: `${randomUUID()}.`,
      partitions: 1,
      ssl: { ca: certificates.read(certificates.ca.cert) },
      sasl,
      log: (_, message) => lines.push(message),
      ...more,
    } as KafkaLogOptions);

  test("records come back, and no password is told", async () => {
    const log = await open({});
    await log.append("readings", [{ key: "site-1", value: "{}" }]);
    const stop = new AbortController();
    const values: string[] = [];
    for await (const share of log.consume("readings", "g", stop.signal))
      for await (const batch of share.batches()) {
        values.push(...batch.records.map((record) => record.value));
        if (values.length > 0) stop.abort();
      }
    await log.close();
    expect(values).toEqual(["{}"]);
  });

  const refused = async (more: Partial<KafkaLogOptions>, error: RegExp): Promise<void> => {
    const opening = open(more);
    await expect(opening).rejects.toThrow(error);
    await expect(opening).rejects.toThrow(UsageError);
    await expect(opening).rejects.toThrow(`Kafka at ${kafka.secureBrokers[0]}`);
  };

  test("another authority is refused, and the error says which one to give", () =>
    refused({ ssl: { ca: certificates.read(certificates.wrongCa.cert) } }, /give the CA that signed it/));

  test("a wrong password is refused, and told to nobody", async () => {
    await refused({ sasl: { ...sasl, password: "wrong-horse-8" } }, /refuse user energy; check user name/);
    expect(lines.join("\n")).not.toMatch(/horse/);
  });

  test("a port that does not speak TLS, one that does, and one that asks for a user: the error says so", async () => {
    const told = (more: Parameters<typeof open>[0], error: RegExp) =>
      expect(open({ startTimeoutMs: 1, ...more })).rejects.toThrow(error);
    await told({ brokers: kafka.brokers }, /does not speak TLS: give the port of the TLS listener/);
    await told({ ssl: false }, /turn TLS on/);
    await told({ sasl: undefined }, /give user name and password/);
  });
});
