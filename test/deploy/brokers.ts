/** Kafka brokers from the files of deploy/kafka as they are, but for their ports, hosts and folders. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Instance, launchProcess } from "../services/launch.ts";
import { accepts, freePorts } from "../services/ports.ts";
import { root } from "./compose-file.ts";

export interface Broker {
  /** Of the listener for clients. */
  readonly address: string;
  readonly folder: string;
  readonly start: () => Promise<void>;
  readonly end: (signal: "SIGTERM" | "SIGKILL") => Promise<void>;
}

/** The programs of Kafka's bin folder, from its jars. */
function programs(folder: string, jars: string): void {
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  const classes = { "kafka-storage.sh": "kafka.tools.StorageTool", "kafka-server-start.sh": "kafka.Kafka" };
  for (const [name, main] of Object.entries(classes)) {
    const java = `exec java -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -Xmx384m -cp '${jars}/*' ${main} "$@"`;
    writeFileSync(join(bin, name), `#!/bin/sh\n${java}\n`, { mode: 0o755 });
  }
}

/** What Compose mounts at /run/secrets, by the names in docker-compose.yml. */
function mountSecrets(folder: string, secrets: string): string {
  const mounted = join(folder, "secrets");
  mkdirSync(mounted, { recursive: true });
  const files = { ca: "ca.crt", "kafka-keystore": "kafka.pem" };
  for (const name of ["kafka-password", "kafka-cluster-id"]) Object.assign(files, { [name]: name });
  for (const [name, file] of Object.entries(files)) copyFileSync(join(secrets, file), join(mounted, name));
  return mounted;
}

/** Ports of one broker, by those in the file. */
type Ports = Readonly<Record<"9092" | "9093" | "9094", number>>;

function adapted(file: string, folder: string, own: Ports, voters: readonly Ports[]): string {
  const voterOf = (_: string, id: string) => `${id}@localhost:${voters[Number(id) - 1]!["9093"]}`;
  return readFileSync(join(root, "deploy/kafka", file), "utf8")
    .replaceAll("/run/secrets", join(folder, "secrets"))
    .replaceAll("/var/lib/kafka/data", join(folder, "data"))
    .replaceAll("//0.0.0.0:", "//127.0.0.1:")
    .replaceAll("//kafka:", "//localhost:")
    .replaceAll(/([123])@kafka-\1:9093/g, voterOf)
    .replaceAll(/:(909[234])\b/g, (_, port: keyof Ports) => `:${own[port]}`);
}

async function until(accepted: () => Promise<boolean>, instance: Instance): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!(await accepted())) {
    if (instance.hasEnded() || Date.now() > deadline)
      throw new Error(`the broker did not start:\n${instance.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Prepares brokers that make up one cluster; each is started by itself. */
export async function prepareBrokers(
  file: "server.properties" | "province.properties",
  { count, folder, jars, secrets }: { count: number; folder: string; jars: string; secrets: string },
): Promise<Broker[]> {
  const ports = await freePorts(3 * count);
  const portsOf = Array.from({ length: count }, (_, n): Ports => {
    const [clients, controller, brokers] = ports.slice(3 * n, 3 * n + 3);
    return { "9092": clients!, "9093": controller!, "9094": brokers! };
  });
  return portsOf.map((own, n) => {
    const home = join(folder, `broker-${n + 1}`);
    programs(home, jars);
    const mounted = mountSecrets(home, secrets);
    const properties = join(home, "server.properties");
    writeFileSync(properties, adapted(file, home, own, portsOf));
    let instance: Instance | undefined;
    return {
      address: `localhost:${own["9092"]}`,
      folder: home,
      async start() {
        instance = launchProcess({
          image: "",
          argv: ["/bin/sh", join(root, "deploy/kafka/start.sh"), properties],
          environment: {
            KAFKA_HOME: home,
            SECRETS: mounted,
            KAFKA_NODE_ID: `${n + 1}`,
            KAFKA_HOST: "localhost",
          },
          folder: home,
          ports: [],
          readable: [],
        });
        await until(() => accepts(own["9092"]), instance);
      },
      async end(signal) {
        await instance?.signal(signal);
        await instance?.ended;
      },
    };
  });
}
