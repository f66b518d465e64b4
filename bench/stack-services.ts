/** The services of the production stack, one each, and what they cost. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { haveServices } from "../test/services/available.ts";
import { type InfluxService, startInflux } from "../test/services/influx.ts";
import { type KafkaService, startKafka } from "../test/services/kafka.ts";
import { type MosquittoService, startMosquitto } from "../test/services/mosquitto.ts";
import type { ServiceControl } from "../test/services/service.ts";
import { accountOf } from "./process.ts";

export const PARTITIONS = 6;

export interface StackServices {
  readonly kafka: KafkaService;
  readonly influx: InfluxService;
  readonly mosquitto: MosquittoService;
  stop(): Promise<void>;
}

/** What an installed Mosquitto has, but for saving its queue, which Telegraf was measured without. */
function mosquittoConfig(port: number, bind: string): string {
  return [
    `listener ${port} ${bind}`,
    "allow_anonymous true",
    "persistence false",
    "set_tcp_nodelay true",
    "max_inflight_messages 2000",
    "max_queued_messages 1000000",
    "max_queued_bytes 1073741824",
    "",
  ].join("\n");
}

/**
 * InfluxDB rests for seconds instead of hours before it compacts, so that its size on disk can be read. Without
 * profiles of its own, as in docker-compose.yml: they are a third of what a write costs.
 */
const influxArgs = [
  "--pprof-disabled",
  "--storage-cache-snapshot-write-cold-duration=10s",
  "--storage-compact-full-write-cold-duration=15s",
];

/** Starts services of the bench's own. @throws Error where one cannot be had */
export async function startServices(): Promise<StackServices> {
  if (!(await haveServices(["kafka", "influx", "mosquitto"], { own: true })))
    throw new Error(
      "the production stack cannot be measured without its services: see above what is missing",
    );
  const [kafka, influx, mosquitto] = await Promise.all([
    startKafka({ heapMb: 768 }),
    startInflux({ args: influxArgs }),
    startMosquitto({ config: ({ ports, bind }) => mosquittoConfig(ports[0]!, bind) }),
  ]);
  return {
    kafka,
    influx,
    mosquitto,
    async stop() {
      for (const service of [mosquitto, influx, kafka]) await service.stop();
    },
  };
}

/** CPU seconds so far; NaN where the service runs in a container and its process cannot be seen. */
export function cpuOf(service: ServiceControl): number {
  return service.way === "local" ? accountOf(service.pid).cpuSeconds : Number.NaN;
}

/** Memory now in MB, or that it cannot be seen. */
export function memoryOf(service: ServiceControl): string {
  return service.way === "local" ? `${accountOf(service.pid).rssMb} MB` : "unseen, in a container";
}

/** Bytes of the files below a folder whose name ends so. */
export function bytesBelow(folder: string, ending = ""): number {
  let bytes = 0;
  if (!existsSync(folder)) return bytes;
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const stat = statSync(join(folder, name), { throwIfNoEntry: false });
    if (stat?.isFile() && name.endsWith(ending)) bytes += stat.size;
  }
  return bytes;
}

export function kafkaClient({ brokers }: KafkaService): Kafka {
  return new Kafka({ brokers: [...brokers], clientId: "bench", logLevel: logLevel.NOTHING });
}
