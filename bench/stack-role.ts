/** A process of the production stack in a role, with what it says of itself. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { PARTITIONS, type StackServices } from "./stack-services.ts";

export interface RoleOptions {
  readonly role: "ingest" | "process";
  readonly config: string;
  readonly services: StackServices;
  /** Begins the names of topics and groups, so that runs do not meet. */
  readonly prefix: string;
  readonly bucket?: string;
  /** Instead of the address of the service. */
  readonly influxUrl?: string;
  /** The outside broker; absent: gateways connect to the process. */
  readonly mqttUrl?: string;
  /** A folder that gets a CPU profile when the process ends. */
  readonly profile?: string | undefined;
}

export interface Role {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly httpUrl: string;
  readonly mqttPort: number;
  /** When it was started and when it listened, of `performance.now`. */
  readonly startedAt: number;
  readonly listenedAt: number;
  /** When it first said so, of `performance.now`; undefined: not yet. */
  saidAt(event: string): number | undefined;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Ends what an error left running. */
export function killRoles(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** As the Dockerfile starts it. */
const nodeArgs = ["--max-semi-space-size=64"];
const program = fileURLToPath(new URL("./main.js", import.meta.url));

function environmentOf(options: RoleOptions): Record<string, string> {
  const { kafka, influx } = options.services;
  const store = {
    ENERGY_INFLUX_URL: options.influxUrl ?? influx.url,
    ENERGY_INFLUX_ORG: influx.org,
    ENERGY_INFLUX_BUCKET: options.bucket ?? influx.bucket,
    ENERGY_INFLUX_TOKEN: influx.token,
  };
  const broker =
    options.mqttUrl === undefined
      ? {}
      : { ENERGY_MQTT_URL: options.mqttUrl, ENERGY_MQTT_CLIENT_ID: `collector-${options.prefix}` };
  return {
    PATH: process.env.PATH ?? "",
    ENERGY_KAFKA_BROKERS: kafka.brokers.join(","),
    ENERGY_KAFKA_PREFIX: options.prefix,
    ENERGY_KAFKA_PARTITIONS: String(PARTITIONS),
    ...(options.role === "process" ? store : {}),
    ...broker,
  };
}

/** Starts a process of a role on free ports, and waits until it listens. */
export async function startRole(options: RoleOptions): Promise<Role> {
  const profiling = options.profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${options.profile}`];
  const args = ["run", "--stack", "production", "--role", options.role, "--config", options.config];
  const startedAt = performance.now();
  const all = [...nodeArgs, ...profiling, program, ...args, "--http-port", "0", "--mqtt-port", "0"];
  const child = spawn(process.execPath, all, {
    env: environmentOf(options),
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let output = "";
  const said = new Map<string, number>();
  const listening = new Promise<{ http: string; mqtt?: string }>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      output += chunk.toString();
      const lines = output.split("\n");
      output = lines.pop() ?? "";
      for (const line of lines) {
        const event = /"event":"([^"]+)"/.exec(line)?.[1];
        if (event !== undefined && !said.has(event)) said.set(event, performance.now());
        if (event === "listening") resolve(JSON.parse(line) as { http: string; mqtt?: string });
        else if (/"level":"?(error|50|fatal|60)/.test(line))
          process.stderr.write(`  ${options.role}: ${line}\n`);
      }
    };
    child.stdout.on("data", look);
    child.stderr.on("data", (chunk: Buffer) => process.stderr.write(chunk));
    child.once("exit", (code) => reject(new Error(`role ${options.role} ended with ${code}: ${output}`)));
  });
  const { http, mqtt } = await listening;
  const ended = once(child, "exit");
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  return {
    child,
    pid: child.pid!,
    httpUrl: http,
    mqttPort: mqtt === undefined ? 0 : Number(new URL(mqtt).port),
    startedAt,
    listenedAt: performance.now(),
    saidAt: (event) => said.get(event),
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
}
