/** The production stack as its users run it: real services, and a process for each role. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { projectRoot } from "../program.ts";
import type { InfluxService } from "./influx.ts";
import type { KafkaService } from "./kafka.ts";

// Not by this file's own place: bundled, it lies elsewhere.
const program = `${projectRoot}dist/main.js`;

export interface Readiness {
  readonly ready: boolean;
  readonly recordsBehind: number;
  readonly pendingSpans: number;
  readonly dirtyDays: number;
  readonly dependencies: readonly { name: string; ok: boolean; detail?: string }[];
}

export interface RoleProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly httpUrl: string;
  /** Where gateways connect, if they connect to this process. */
  readonly mqttUrl: string | undefined;
  output(): string;
  readiness(): Promise<Readiness>;
  stop(): Promise<number | null>;
  /** Ends it without a word. */
  kill(): Promise<void>;
  pause(): void;
  resume(): void;
}

export interface RoleOptions {
  readonly role: "all" | "ingest" | "process" | "notify";
  readonly config: string;
  readonly kafka: KafkaService;
  /** Absent for a role that takes readings in. */
  readonly influx?: InfluxService;
  /** The outside broker; absent: gateways connect to the process. */
  readonly mqttUrl?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export function environment({ kafka, influx, mqttUrl, env }: RoleOptions): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    ENERGY_KAFKA_BROKERS: kafka.brokers.join(","),
    ENERGY_KAFKA_PARTITIONS: "6",
    ENERGY_KAFKA_SESSION_MS: "6000",
    ...(influx
      ? {
          ENERGY_INFLUX_URL: influx.url,
          ENERGY_INFLUX_ORG: influx.org,
          ENERGY_INFLUX_BUCKET: influx.bucket,
          ENERGY_INFLUX_TOKEN: influx.token,
        }
      : {}),
    ...(mqttUrl === undefined ? {} : { ENERGY_MQTT_URL: mqttUrl }),
    ...env,
  };
}

interface Listening {
  readonly http: string;
  readonly mqtt?: string;
}

/** Starts a process of a role on free ports, and waits until it listens. */
export async function startRole(options: RoleOptions): Promise<RoleProcess> {
  const { role, config } = options;
  const args = ["run", "--stack", "production", "--role", role, "--config", config];
  const child = spawn(process.execPath, [program, ...args, "--http-port", "0", "--mqtt-port", "0"], {
    cwd: projectRoot,
    env: environment(options),
  });
  let output = "";
  const listening = new Promise<Listening>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      output += chunk.toString();
      const line = /^\{.*"event":"listening".*\}$/m.exec(output)?.[0];
      if (line !== undefined) resolve(JSON.parse(line) as Listening);
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.once("exit", (code) => reject(new Error(`role ${role} ended with ${code}:\n${output}`)));
  });
  const { http, mqtt } = await listening;
  const ended = once(child, "exit") as Promise<[number | null]>;
  return {
    child,
    pid: child.pid!,
    httpUrl: http,
    mqttUrl: mqtt,
    output: () => output,
    readiness: async () => (await (await fetch(`${http}/readyz`)).json()) as Readiness,
    async stop() {
      child.kill("SIGTERM");
      return (await ended)[0];
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
    pause: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
  };
}

/** Waits until what is in the log has become figures, as the processes tell. */
export async function untilFollowed(processes: readonly RoleProcess[], deadlineMs = 120_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  // Twice in a row: the notice of changed days follows the figures.
  for (let quiet = 0; quiet < 3; ) {
    const states = await Promise.all(processes.map((one) => one.readiness()));
    const isQuiet = states.every(
      (one) => one.recordsBehind === 0 && one.pendingSpans === 0 && one.dirtyDays === 0,
    );
    quiet = isQuiet ? quiet + 1 : 0;
    if (Date.now() > end) throw new Error(`not followed in ${deadlineMs} ms: ${JSON.stringify(states)}`);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
  }
}
