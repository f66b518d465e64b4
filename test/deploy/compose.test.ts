import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { containerPlaces, mosquittoConf } from "../../config/mosquitto.ts";
import {
  composeFiles,
  environmentNames,
  type Mount,
  readCompose,
  root,
  type Service,
} from "./compose-file.ts";
import { freshDirectory, makeSecrets } from "./make-secrets.ts";

const text = readFileSync(join(root, "docker-compose.yml"), "utf8");
const compose = readCompose("docker-compose.yml");
const services = Object.entries(compose.services);
const isOnDemand = (service: Service) => service.profiles?.includes("tools") === true;
const runsOnce = (service: Service) => service.restart === "no";
const mountsOf = (service: Service, type: Mount["type"]) =>
  (service.volumes ?? []).filter((mount) => mount.type === type);
const isOurs = (service: Service) => service.image?.startsWith("county-energy-monitor:") === true;

const secrets = freshDirectory("compose");
beforeAll(() => {
  expect(makeSecrets(secrets.path).status).toBe(0);
});
afterAll(secrets.remove);
const inSecrets = (path: string) => join(secrets.path, path.slice("./deploy/secrets".length));

describe("docker-compose.yml", () => {
  it("has every service of the stack", () => {
    const expected = ["board", "collector", "grafana", "influxdb", "influxdb-tokens"];
    expected.push("kafka", "mosquitto", "processor", "tools");
    expect(Object.keys(compose.services).sort()).toEqual(expected);
    const roles = services.flatMap(([, { environment }]) => environment?.ENERGY_ROLE ?? []);
    expect(roles.sort()).toEqual(["ingest", "notify", "process"]);
  });

  it("pins every image by a whole version, with a place for a digest", () => {
    const program = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    for (const [name, service] of services) {
      if (isOurs(service)) expect(service.image, name).toBe(`county-energy-monitor:${program.version}`);
      else expect(service.image, name).toMatch(/:\d+\.\d+\.\d+$/);
    }
    for (const [line] of text.matchAll(/^ {4}image: (?!county).*$/gm))
      expect(line).toMatch(/\$\{[A-Z]+_DIGEST:-\}$/);
  });

  it("bounds what a service may do, take and write", () => {
    for (const [name, service] of services) {
      expect(service.read_only, name).toBe(true);
      expect(service.cap_drop, name).toEqual(["ALL"]);
      expect(service.security_opt, name).toContain("no-new-privileges:true");
      expect(Object.keys(service.deploy?.resources?.limits ?? {}).sort(), name).toEqual([
        "cpus",
        "memory",
        "pids",
      ]);
      expect(service.logging?.options, name).toEqual({ "max-size": "20m", "max-file": "5" });
      expect(
        service.tmpfs?.every((mount) => /size=\d+m/.test(mount)),
        name,
      ).toBe(true);
    }
  });

  it("runs nothing as root but the commands by hand, and those without a network", () => {
    for (const [name, service] of services) {
      expect(service.user, name).toMatch(/^\d+:\d+$/);
      expect(service.user === "0:0", name).toBe(isOnDemand(service));
      expect(service.cap_add ?? [], name).toEqual(isOnDemand(service) ? ["CHOWN", "DAC_OVERRIDE"] : []);
      expect(service.network_mode, name).toBe(isOnDemand(service) ? "none" : undefined);
    }
  });

  it("restarts what ends and looks after its health, unless it is to end", () => {
    for (const [name, service] of services) {
      if (runsOnce(service)) expect(service.healthcheck, name).toEqual({ disable: true });
      else {
        expect(service.restart, name).toBe("unless-stopped");
        expect(service.healthcheck?.test?.[0], name).toMatch(/^CMD/);
        expect(service.stop_grace_period, name).toMatch(/^\d+s$/);
      }
    }
  });

  it("waits for what a service needs until that is healthy or done", () => {
    for (const [name, service] of services)
      for (const [needed, { condition }] of Object.entries(service.depends_on ?? {})) {
        const other = compose.services[needed];
        expect(other, `${name} needs ${needed}`).toBeDefined();
        const right = runsOnce(other!) ? "service_completed_successfully" : "service_healthy";
        expect(condition, `${name} needs ${needed}`).toBe(right);
      }
  });

  it("publishes MQTT with TLS, the board and Grafana alone, on loopback unless told otherwise", () => {
    const published = services.flatMap(([name, { ports }]) => (ports ?? []).map((port) => [name, port]));
    expect(published).toEqual([
      ["mosquitto", "127.0.0.1:8883:8883"],
      ["board", "127.0.0.1:8443:8080"],
      ["grafana", "127.0.0.1:3000:3000"],
    ]);
    for (const [line] of text.matchAll(/^ {4}ports:.*$/gm))
      expect(line).toMatch(/\$\{PUBLISH_ADDRESS:-127\.0\.0\.1\}:/);
  });

  it("lets out of the host only what is published", () => {
    const open = Object.entries(compose.networks).flatMap(([name, network]) =>
      network?.internal ? [] : name,
    );
    expect(open).toEqual(["edge"]);
    for (const [name, { networks, ports }] of services) {
      for (const network of networks ?? []) expect(compose.networks, name).toHaveProperty(network);
      expect(networks?.includes("edge") ?? false, name).toBe(ports !== undefined);
    }
  });

  it("reaches only what it must: no meter's broker from the store's side, no store from the collector", () => {
    const together = (a: string, b: string) =>
      compose.services[a]!.networks!.some((network) => compose.services[b]!.networks!.includes(network));
    expect(together("collector", "mosquitto") && together("collector", "kafka")).toBe(true);
    expect(together("processor", "kafka") && together("processor", "influxdb")).toBe(true);
    expect(together("collector", "influxdb")).toBe(false);
    expect(together("mosquitto", "kafka")).toBe(false);
    expect(together("mosquitto", "influxdb")).toBe(false);
    expect(together("grafana", "kafka")).toBe(false);
  });
});

describe("what docker-compose.yml mounts", () => {
  it("is in the repository, or made by make-secrets, and read-only but for data", () => {
    for (const [name, service] of services) {
      for (const mount of mountsOf(service, "bind")) {
        const path = mount.source.startsWith("./deploy/secrets")
          ? inSecrets(mount.source)
          : join(root, mount.source);
        expect(existsSync(path), `${name}: ${mount.source}`).toBe(true);
        // Docker would make a missing one as a directory of root's.
        expect(mount.bind, `${name}: ${mount.source}`).toEqual({ create_host_path: false });
        expect(mount.read_only ?? false, `${name}: ${mount.source}`).toBe(mount.target !== "/secrets");
      }
      for (const mount of mountsOf(service, "volume"))
        expect(compose.volumes, name).toHaveProperty(mount.source);
    }
  });

  it("has each token in a volume that one service writes", () => {
    for (const volume of ["writer-token", "reader-token"]) {
      const users = services.filter(([, service]) =>
        mountsOf(service, "volume").some((one) => one.source === volume),
      );
      const writers = users.filter(([, service]) =>
        mountsOf(service, "volume").some((one) => one.source === volume && one.read_only !== true),
      );
      expect(writers.map(([name]) => name)).toEqual(["influxdb-tokens"]);
      expect(users.length).toBeGreaterThan(1);
    }
    const writing = services.filter(([, { environment }]) =>
      environment?.ENERGY_INFLUX_TOKEN_FILE?.includes("writer"),
    );
    expect(writing.map(([name]) => name).sort()).toEqual(["board", "processor"]);
  });

  it("has every secret declared, used and made", () => {
    const used = new Set(services.flatMap(([, service]) => service.secrets ?? []));
    expect([...used].sort()).toEqual(Object.keys(compose.secrets).sort());
    for (const { file } of Object.values(compose.secrets))
      expect(lstatSync(inSecrets(file)).isFile(), file).toBe(true);
  });

  it("leaves no secret that nobody uses among what is made", () => {
    const used = Object.values(compose.secrets).map(({ file }) => file.slice("./deploy/secrets/".length));
    const parts = ["ca.key", "kafka.crt", "kafka.key", "mosquitto"];
    expect(readdirSync(secrets.path).sort()).toEqual([...used, ...parts].sort());
  });

  it.skipIf(process.getuid?.() !== 0)("belongs to the user of the container that reads it", () => {
    for (const [name, service] of services)
      for (const secret of service.secrets ?? []) {
        const file = inSecrets(compose.secrets[secret]!.file);
        const { uid, mode } = statSync(file);
        if ((mode & 0o004) === 0) expect(`${uid}:${uid}`, `${name} reads ${secret}`).toBe(service.user);
      }
    const mosquitto = statSync(join(secrets.path, "mosquitto"));
    expect(`${mosquitto.uid}:${mosquitto.gid}`).toBe(compose.services.mosquitto!.user);
    expect(statSync(join(secrets.path, "ca.key")).uid).toBe(0);
  });

  it("names no file under /run/secrets that the service does not get", () => {
    for (const [name, service] of services) {
      const mentioned = JSON.stringify(service).matchAll(/\/run\/secrets\/([a-z-]+)/g);
      for (const [, secret] of mentioned) expect(service.secrets, `${name}: ${secret}`).toContain(secret);
    }
    const kafka = readFileSync(join(root, "deploy/kafka/server.properties"), "utf8");
    const start = readFileSync(join(root, "deploy/kafka/start.sh"), "utf8");
    const asked = [
      ...kafka.matchAll(/\/run\/secrets\/([a-z-]+)/g),
      ...start.matchAll(/\$secrets\/([a-z-]+)/g),
    ];
    expect(new Set(asked.map(([, secret]) => secret))).toEqual(new Set(compose.services.kafka!.secrets));
  });
});

describe("Mosquitto's files, as the program writes them", () => {
  it("are looked for where docker-compose.yml puts them", () => {
    const mosquitto = compose.services.mosquitto!;
    const targets = mosquitto.volumes!.map(({ target }) => target);
    expect(targets.sort()).toEqual([containerPlaces.files, containerPlaces.data].sort());
    const { ca, certificate, key, port } = containerPlaces;
    expect(mosquitto.secrets!.map((secret) => `/run/secrets/${secret}`).sort()).toEqual(
      [ca, certificate, key].sort(),
    );
    expect(mosquitto.ports![0]!.endsWith(`:${port}`)).toBe(true);
    expect(mosquitto.healthcheck!.test).toContain(String(port));
  });

  it("make the collector's user name its client id, as docker-compose.yml has it", () => {
    expect(mosquittoConf(containerPlaces, false)).toContain("use_username_as_clientid true");
    const { environment } = compose.services.collector!;
    expect(environment!.ENERGY_MQTT_CLIENT_ID).toBe(environment!.ENERGY_MQTT_USERNAME);
  });

  it("let the broker hold no more than its memory", () => {
    const queued = Number(/max_queued_bytes (\d+)/.exec(mosquittoConf(containerPlaces, false))![1]);
    expect(compose.services.mosquitto!.deploy!.resources!.limits!.memory).toBe("2g");
    expect(queued).toBeLessThanOrEqual(2 ** 30);
  });
});

describe("the environment in docker-compose.yml", () => {
  it("is what the program knows", () => {
    for (const [name, { environment }] of services)
      for (const variable of Object.keys(environment ?? {}))
        if (variable.startsWith("ENERGY_")) expect(environmentNames, name).toContain(variable);
  });

  it("holds no password, token or key: those are files", () => {
    for (const [name, { environment }] of services)
      for (const [variable, value] of Object.entries(environment ?? {})) {
        expect(typeof value, `${name}: ${variable}`).toBe("string");
        if (/(PASSWORD|TOKEN|SECRET|_KEY)(_FILE|__FILE)?$/.test(variable))
          expect(value, `${name}: ${variable}`).toMatch(/^\/(run\/secrets|tokens)\//);
        expect(value, `${name}: ${variable}`).not.toMatch(/[0-9a-f]{32}|:\/\/[^/]*:[^/]*@/);
      }
  });

  it("speaks TLS on every connection between services", () => {
    for (const [name, service] of services.filter(([, one]) => one.environment?.ENERGY_STACK)) {
      const { environment = {} } = service;
      expect(environment.ENERGY_TLS_CERT, name).toBeDefined();
      expect(environment.ENERGY_KAFKA_CA, name).toBeDefined();
      expect(environment.ENERGY_KAFKA_SASL_MECHANISM, name).toBe("scram-sha-512");
      if (environment.ENERGY_INFLUX_URL) expect(environment.ENERGY_INFLUX_URL, name).toMatch(/^https:/);
      if (environment.ENERGY_MQTT_URL) expect(environment.ENERGY_MQTT_URL, name).toMatch(/^mqtts:/);
    }
    expect(compose.services.grafana!.environment!.GF_SERVER_PROTOCOL).toBe("https");
    expect(compose.services.grafana!.environment!.ALERT_HOOK_URL).toMatch(
      /https:\/\/board:8080\/api\/v1\/hooks\/grafana/,
    );
  });

  it("gives Grafana what its alerting files fill in", () => {
    const file = "dashboards/provisioning/alerting/contact-points.yaml";
    const text = readFileSync(join(root, file), "utf8");
    const { environment = {}, secrets = [] } = compose.services.grafana!;
    const named = [...text.matchAll(/\$__env\{(\w+)\}/g)].map(([, name]) => name!);
    expect(named).toEqual(["ALERT_HOOK_URL"]);
    for (const name of named) expect(environment).toHaveProperty(name);
    const read = [...text.matchAll(/\$__file\{\/run\/secrets\/([\w-]+)\}/g)].map(([, name]) => name!);
    expect(read.sort()).toEqual(["ca", "grafana-hook-token"]);
    for (const name of read) expect(secrets).toContain(name);
  });

  it("offers in .env.example just what the compose files read", () => {
    const all = composeFiles.map((path) => readFileSync(join(root, path), "utf8")).join("\n");
    const read = new Set([...all.matchAll(/\$\{(\w+)/g)].map(([, name]) => name!));
    const offered = [
      ...readFileSync(join(root, ".env.example"), "utf8").matchAll(/^#? ?([A-Z0-9_]+)=/gm),
    ].map(([, name]) => name!);
    expect(offered.sort()).toEqual([...read].sort());
  });
});
