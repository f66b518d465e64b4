import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readCompose, root } from "./compose-file.ts";
import { freshDirectory } from "./make-secrets.ts";

// The library of Docker Compose itself, by Go: the schema packages on npm are years behind.
const folder = join(root, "test/deploy/compose-check");
const build = freshDirectory("compose-check");
const program = join(build.path, "compose-check");
const built = spawnSync("go", ["build", "-o", program, "."], { cwd: folder, encoding: "utf8" });
const reason = built.error?.message ?? built.stderr;
if (built.status !== 0)
  process.stderr.write(
    `\nSKIPPED: docker-compose.yml is not loaded by Compose's library, as it cannot be built here.\n` +
      `Install Go 1.24 or later with access to a module proxy. ${reason}\n\n`,
  );
afterAll(build.remove);

const hosts = { KAFKA_1: "10.0.0.1", KAFKA_2: "10.0.0.2", KAFKA_3: "10.0.0.3", STORE_ADDRESS: "10.0.0.4" };

function load(files: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, ...variables };
  return spawnSync(program, files, { cwd: root, encoding: "utf8", env });
}

interface Loaded {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly environment?: Readonly<Record<string, string>>;
        readonly depends_on?: Readonly<Record<string, unknown>>;
        readonly networks?: Readonly<Record<string, unknown>>;
        readonly secrets?: readonly { readonly source: string }[];
        readonly ports?: readonly { readonly host_ip: string; readonly published: string }[];
        readonly profiles?: readonly string[];
      }
    >
  >;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
}

function loaded(files: readonly string[], variables?: Readonly<Record<string, string>>): Loaded {
  const { status, stdout, stderr } = load(files, variables);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return JSON.parse(stdout) as Loaded;
}

describe.skipIf(built.status !== 0)("Compose's own library", () => {
  it("loads docker-compose.yml and finds in it what our tests find", () => {
    const { services } = loaded(["docker-compose.yml"]);
    const own = readCompose("docker-compose.yml");
    expect(Object.keys(services).sort()).toEqual(Object.keys(own.services).sort());
    for (const [name, service] of Object.entries(own.services))
      expect(services[name]!.environment ?? {}, name).toEqual(service.environment ?? {});
  });

  it("loads .env.example with every variable set", () => {
    const lines = readFileSync(join(root, ".env.example"), "utf8").replaceAll(/^# ([A-Z0-9_]+=)/gm, "$1");
    const digest = `@sha256:${"0".repeat(64)}`;
    writeFileSync(join(build.path, ".env"), lines.replaceAll("@sha256:", digest));
    copyFileSync(join(root, "docker-compose.yml"), join(build.path, "docker-compose.yml"));
    const text = JSON.stringify(loaded([join(build.path, "docker-compose.yml")]));
    expect(text).toContain(`apache/kafka:4.1.1${digest}`);
    expect(text).toContain("/etc/county-energy/config");
  });

  it("refuses what the specification does not have", () => {
    const broken = join(build.path, "broken.yml");
    const text = readFileSync(join(root, "docker-compose.yml"), "utf8");
    writeFileSync(broken, text.replace("read_only: true", "readonly: true"));
    expect(load([broken]).stderr).toContain("readonly");
    writeFileSync(broken, text.replace("condition: service_healthy", "condition: healthy"));
    expect(load([broken]).status).toBe(1);
    writeFileSync(broken, text.replace(/^ {2}kafka-data: \{\}\n/m, ""));
    expect(load([broken]).stderr).toContain("kafka-data");
  });

  it("makes the collector the broker with deploy/direct.yml", () => {
    const { services } = loaded(["docker-compose.yml", "deploy/direct.yml"]);
    const { collector, mosquitto } = services;
    const mqtt = Object.keys(collector!.environment!).filter((name) => name.startsWith("ENERGY_MQTT_"));
    expect(mqtt).toEqual(["ENERGY_MQTT_PORT"]);
    expect(Object.keys(collector!.depends_on!)).toEqual(["kafka"]);
    expect(collector!.ports).toMatchObject([{ host_ip: "127.0.0.1", published: "8883" }]);
    expect(collector!.secrets!.map(({ source }) => source)).not.toContain("mqtt-collector-password");
    expect(mosquitto!.profiles).toEqual(["unused"]);
  });

  it("sends a province's workers to the three brokers and the store of other hosts", () => {
    const { services, networks } = loaded(["docker-compose.yml", "deploy/province/workers.yml"], hosts);
    const unused = Object.entries(services).flatMap(([name, { profiles }]) =>
      profiles?.includes("unused") ? name : [],
    );
    expect(unused.sort()).toEqual(["grafana", "influxdb", "kafka"]);
    for (const [name, { environment, depends_on, networks: own }] of Object.entries(services)) {
      if (unused.includes(name) || environment?.ENERGY_STACK === undefined) continue;
      expect(environment.ENERGY_KAFKA_BROKERS, name).toBe("kafka-1:9092,kafka-2:9092,kafka-3:9092");
      expect(environment, name).toMatchObject({
        ENERGY_KAFKA_REPLICATION: "3",
        ENERGY_KAFKA_MIN_INSYNC: "2",
      });
      for (const needed of Object.keys(depends_on ?? {})) expect(unused, name).not.toContain(needed);
      expect(
        Object.keys(own!).some((network) => !networks[network]?.internal),
        name,
      ).toBe(true);
    }
    expect(networks.mqtt!.internal).toBe(true);
  });

  it("publishes a province's store where its workers reach it, and only with its address", () => {
    const files = ["docker-compose.yml", "deploy/province/store.yml"];
    expect(loaded(files, hosts).services.influxdb!.ports).toMatchObject([
      { host_ip: "10.0.0.4", published: "8086" },
    ]);
    expect(load(files).stderr).toContain("the address of this host");
  });

  it("lets a backup reach the store and nothing else", () => {
    const files = ["docker-compose.yml", "deploy/backup.yml"];
    const { services } = loaded(files, { BACKUP_DIR: "/backups" });
    const backup = services["influxdb-backup"]!;
    expect(backup.profiles).toEqual(["tools"]);
    expect(Object.keys(backup.networks!)).toEqual(["store"]);
    expect(backup).toMatchObject({ read_only: true, cap_drop: ["ALL"], user: "1000:1000" });
    const image = (service: object) => (service as { image: string }).image;
    expect(image(backup)).toBe(image(services.influxdb!));
    expect(load(files).stderr).toContain("an existing folder for backups");
  });

  it("runs a province's broker with the bounds and settings of the county's", () => {
    const own = loaded(["deploy/province/broker.yml"], { ...hosts, KAFKA_NODE_ID: "2" }).services
      .kafka as object;
    const county = loaded(["docker-compose.yml"]).services.kafka as object;
    expect(own).toMatchObject({ environment: { KAFKA_NODE_ID: "2", KAFKA_HOST: "kafka-2" } });
    const alike = [
      "image",
      "user",
      "restart",
      "read_only",
      "cap_drop",
      "security_opt",
      "logging",
      "ulimits",
      "tmpfs",
    ];
    for (const name of alike) expect(own[name as never], name).toEqual(county[name as never]);
    expect(load(["deploy/province/broker.yml"], hosts).stderr).toContain("1, 2 or 3");
  });
});
