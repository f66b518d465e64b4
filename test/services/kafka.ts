/** A real Kafka: one node in KRaft, with the settings a restart after a kill needs to be quick. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { choiceFor } from "./available.ts";
import type { Certificates } from "./certificates.ts";
import type { Choice } from "./choice.ts";
import { accepts } from "./ports.ts";
import {
  givenControl,
  type Place,
  type ServiceControl,
  type ServiceRecipe,
  startOwn,
  withEndpoints,
} from "./service.ts";

/** A second listener with TLS, and with names and passwords unless `users` is empty. */
export interface KafkaSecurity {
  readonly certificates: Certificates;
  /** Instead of `certificates.server`, such as an expired one. */
  readonly server?: { readonly cert: string; readonly key: string };
  readonly mechanism?: "SCRAM-SHA-512" | "PLAIN";
  /** Letters, digits and hyphens: the storage tool takes commas and brackets for its own. */
  readonly users: readonly { readonly name: string; readonly password: string }[];
  /** Asks clients for a certificate of `certificates.ca`. */
  readonly requireClientCertificate?: boolean;
}

export interface KafkaOptions {
  readonly security?: KafkaSecurity;
  /** Further lines of server.properties; they win over those above them. */
  readonly properties?: readonly string[];
  /** The most Java may take; default 768. */
  readonly heapMb?: number;
}

export interface KafkaService extends ServiceControl {
  /** Of the plain listener. */
  readonly brokers: readonly string[];
  /** Of the listener that `security` asked for. */
  readonly secureBrokers: readonly string[];
}

const image = "apache/kafka:4.1.1";
const clusterId = "MkU3OEVBNTcwNTJENDM2Qk";

function secureLines(security: KafkaSecurity): string[] {
  const mechanism = security.mechanism ?? "SCRAM-SHA-512";
  const base = `listener.name.secure.${mechanism.toLowerCase()}.sasl.jaas.config=org.apache.kafka.common.security`;
  const accounts = security.users.map(({ name, password }) => ` user_${name}="${password}"`).join("");
  const login =
    mechanism === "PLAIN"
      ? `${base}.plain.PlainLoginModule required${accounts};`
      : `${base}.scram.ScramLoginModule required;`;
  const sasl = [`listener.name.secure.sasl.enabled.mechanisms=${mechanism}`, login];
  return [
    "listener.name.secure.ssl.keystore.type=PEM",
    "listener.name.secure.ssl.keystore.location=server-with-key.pem",
    "listener.name.secure.ssl.truststore.type=PEM",
    `listener.name.secure.ssl.truststore.location=${security.certificates.ca.cert}`,
    `listener.name.secure.ssl.client.auth=${security.requireClientCertificate ? "required" : "none"}`,
    ...(security.users.length > 0 ? sasl : []),
  ];
}

function properties({ folder, ports, bind }: Place, options: KafkaOptions): string {
  const [plain, controller, secure] = ports;
  const { security } = options;
  const protocol = security && security.users.length > 0 ? "SASL_SSL" : "SSL";
  const secureListener = (host: string) => (security ? `,SECURE://${host}:${secure}` : "");
  return [
    "process.roles=broker,controller",
    "node.id=1",
    `controller.quorum.voters=1@127.0.0.1:${controller}`,
    `listeners=PLAINTEXT://${bind}:${plain},CONTROLLER://127.0.0.1:${controller}${secureListener(bind)}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${plain}${secureListener("127.0.0.1")}`,
    `listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:${protocol}`,
    "controller.listener.names=CONTROLLER",
    "inter.broker.listener.name=PLAINTEXT",
    `log.dirs=${join(folder, "data")}`,
    "auto.create.topics.enable=false",
    "num.partitions=3",
    "offsets.topic.num.partitions=8",
    "offsets.topic.replication.factor=1",
    "transaction.state.log.num.partitions=4",
    "transaction.state.log.replication.factor=1",
    "transaction.state.log.min.isr=1",
    "share.coordinator.state.topic.replication.factor=1",
    "share.coordinator.state.topic.min.isr=1",
    "group.initial.rebalance.delay.ms=0",
    "log.retention.check.interval.ms=30000",
    "broker.session.timeout.ms=3000",
    "broker.heartbeat.interval.ms=500",
    ...(security ? secureLines(security) : []),
    ...(options.properties ?? []),
    "",
  ].join("\n");
}

/** Single quotes, for the shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Formats the folder at the first start only. */
function command(jars: string, options: KafkaOptions): string {
  const java = `java -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp ${quoted(`${jars}/*`)}`;
  const users = options.security?.mechanism === "PLAIN" ? [] : (options.security?.users ?? []);
  const scram = users.map(
    ({ name, password }) => ` --add-scram ${quoted(`SCRAM-SHA-512=[name=${name},password=${password}]`)}`,
  );
  const format = `${java} -Xmx128m kafka.tools.StorageTool format -t ${clusterId} -c server.properties${scram.join("")}`;
  const heap = options.heapMb ?? 768;
  const memory = `-Xms${Math.min(256, heap)}m -Xmx${heap}m -XX:+UseG1GC`;
  return `[ -f data/meta.properties ] || ${format} || exit 1; exec ${java} ${memory} kafka.Kafka server.properties`;
}

async function serves({ ports }: Place): Promise<boolean> {
  if (!(await accepts(ports[0]!))) return false;
  const admin = new Kafka({
    brokers: [`127.0.0.1:${ports[0]}`],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2000,
    requestTimeout: 5000,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    return (await admin.describeCluster()).brokers.length > 0;
  } catch {
    return false;
  } finally {
    await admin.disconnect();
  }
}

function recipe(choice: Choice, options: KafkaOptions): ServiceRecipe {
  const jars = choice.way === "local" ? choice.path : "/opt/kafka/libs";
  return {
    name: "kafka",
    portCount: 3,
    isReady: serves,
    prepare: async (place) => {
      await writeFile(join(place.folder, "server.properties"), properties(place, options));
      const { security } = options;
      if (security) {
        const { cert, key } = security.server ?? security.certificates.server;
        const pem = security.certificates.read(key) + security.certificates.read(cert);
        await writeFile(join(place.folder, "server-with-key.pem"), pem, { mode: 0o600 });
      }
      return {
        image,
        argv: ["/bin/sh", "-c", command(jars, options)],
        environment: {},
        folder: place.folder,
        ports: security ? [place.ports[0]!, place.ports[2]!] : [place.ports[0]!],
        readable: security ? [security.certificates.ca.cert] : [],
      };
    },
  };
}

/**
 * Starts a Kafka of the test's own, or gives the one of the environment, in which topics need names of their
 * own. Throws where there is none: ask `haveServices` first.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaService> {
  const choice = await choiceFor("kafka", { own: Object.keys(options).length > 0 });
  if (choice.way === "none") throw new Error(`no kafka: ${choice.reason}`);
  if (choice.way === "given") {
    const brokers = choice.endpoint.ENERGY_TEST_KAFKA!.split(",");
    return withEndpoints(givenControl("kafka"), { brokers, secureBrokers: [] });
  }
  const { place, control } = await startOwn(recipe(choice, options), choice.way);
  return withEndpoints(control, {
    brokers: [`127.0.0.1:${place.ports[0]}`],
    secureBrokers: options.security ? [`127.0.0.1:${place.ports[2]}`] : [],
  });
}
