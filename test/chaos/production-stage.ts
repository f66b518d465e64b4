/** The stage of the production chaos: real services, processes of all roles, and the figures of a quiet run. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { loadConfig } from "../../config/load.ts";
import type { Registry } from "../../model/registry.ts";
import { emptyBucket } from "../adapters/influx-bucket.ts";
import { projectRoot, startProgram, untilSettled } from "../program.ts";
import { type InfluxService, startInflux } from "../services/influx.ts";
import { type KafkaService, startKafka } from "../services/kafka.ts";
import { type MosquittoService, startMosquitto } from "../services/mosquitto.ts";
import { type Readiness, type RoleOptions, type RoleProcess, startRole } from "../services/stack.ts";
import { neverStored } from "./production-check.ts";
import { countyMessages, type GatewayMessage, sendAll } from "./production-load.ts";

const example = `${projectRoot}config/example`;
const SETTLE_MS = 300_000;

export interface Stage {
  readonly kafka: KafkaService;
  readonly influx: InfluxService;
  readonly mosquitto: MosquittoService;
  readonly registry: Registry;
  readonly config: string;
  readonly directory: string;
  readonly messages: readonly GatewayMessage[];
  /** Data directory of an embedded run that got every message. */
  readonly quiet: string;
  /** Messages that run has not stored either. */
  readonly neverStored: ReadonlySet<GatewayMessage>;
  close(): Promise<void>;
}

/** An embedded run that gets these messages and nothing else happens to. */
export async function quietRun(
  configOf: string,
  data: string,
  messages: readonly GatewayMessage[],
): Promise<void> {
  const program = await startProgram(["--config", configOf, "--data", data, "--no-demo"]);
  try {
    await sendAll(messages, program.mqttUrl);
    await untilSettled(program.httpUrl, SETTLE_MS);
  } finally {
    await program.stop();
  }
}

/** Sites of every kind: power that counts elsewhere, heat made and bought, generation, meters with two registers. */
const fewSites = [
  "changtu-bulk-port",
  "changtu-shore-power",
  "chenghai-shipyard",
  "county-hospital",
  "daidong-cement",
  "qushan-wind",
  "yushan-heat-power",
];

/**
 * The example county, its days before today closed so that the ledger has something to say; with few of its sites a
 * comparison takes little time.
 */
function countyOf(directory: string, isSmall: boolean): string {
  cpSync(example, directory, { recursive: true });
  const county = join(directory, "county.yaml");
  const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const closed = readFileSync(county, "utf8").replace(/closedThrough: \S+/, `closedThrough: ${yesterday}`);
  writeFileSync(county, closed);
  if (isSmall) leaveFewSites(directory);
  return directory;
}

function leaveFewSites(directory: string): void {
  for (const name of readdirSync(join(directory, "sites")))
    if (!fewSites.includes(name.replace(".yaml", ""))) rmSync(join(directory, "sites", name));
  for (const name of ["limits", "duties"]) {
    const file = join(directory, `${name}.yaml`);
    const content = parse(readFileSync(file, "utf8")) as Record<string, { site?: string }[]>;
    content[name] = content[name]!.filter(({ site }) => !site || fewSites.includes(site));
    writeFileSync(file, stringify(content));
  }
}

/** @param load hours of the example county, or of few of its sites */
export async function openStage(
  directory: string,
  { hours, isSmall }: { readonly hours: number; readonly isSmall: boolean },
): Promise<Stage> {
  const config = countyOf(join(directory, "config"), isSmall);
  const { registry } = await loadConfig(config);
  const messages = countyMessages(registry, Date.now() - 60_000, hours);
  const quiet = `${directory}/quiet`;
  const begun = [
    startKafka({ properties: ["group.min.session.timeout.ms=1000"] }),
    startInflux(),
    startMosquitto({
      // It saves nothing before it is asked to end: whatever it alone has is lost with it.
      lines: ["max_inflight_messages 2000", "max_queued_messages 1000000", "autosave_interval 3600"],
    }),
    quietRun(config, quiet, messages),
  ] as const;
  const close = async (): Promise<void> => {
    for (const one of (await Promise.allSettled(begun)).slice(0, 3)) {
      if (one.status === "fulfilled") await (one.value as KafkaService).stop();
    }
  };
  try {
    const [kafka, influx, mosquitto] = await Promise.all(begun);
    const never = await neverStored(registry, quiet, messages);
    const services = { kafka, influx, mosquitto, close };
    return { ...services, registry, config, directory, messages, quiet, neverStored: never };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A process of a role that is killed and started again with the same settings. */
export interface Member {
  readonly name: string;
  readonly role: "ingest" | "process";
  /** Undefined while it is dead. */
  process(): RoleProcess | undefined;
  start(env?: Readonly<Record<string, string>>): Promise<void>;
  kill(): Promise<void>;
  /** Asks it to end, and returns how long that took in ms. */
  stop(): Promise<number>;
  readiness(): Promise<Readiness | undefined>;
  /** Warnings and errors of all its lives, in order. */
  complaints(): string[];
}

const ANSWER_MS = 3_000;

async function readinessOf({ httpUrl }: RoleProcess): Promise<Readiness | undefined> {
  try {
    const answer = await fetch(`${httpUrl}/readyz`, { signal: AbortSignal.timeout(ANSWER_MS) });
    return (await answer.json()) as Readiness;
  } catch {
    return undefined;
  }
}

export function memberOf(name: string, options: RoleOptions): Member {
  const role = options.role as Member["role"];
  let current: RoleProcess | undefined;
  const lives: RoleProcess[] = [];
  return {
    name,
    role,
    process: () => current,
    async start(env = {}) {
      current = await startRole({ ...options, env: { ...options.env, ...env } });
      lives.push(current);
    },
    async kill() {
      const one = current;
      current = undefined;
      await one?.kill();
    },
    async stop() {
      const one = current;
      current = undefined;
      const started = performance.now();
      await one?.stop();
      return performance.now() - started;
    },
    readiness: async () => current && readinessOf(current),
    complaints: () =>
      lives.flatMap((life) =>
        life
          .output()
          .split("\n")
          .filter((line) => /^\{"level":"(?:warn|error)"/.test(line)),
      ),
  };
}

export interface Cast {
  readonly collector: Member;
  readonly processors: readonly Member[];
  readonly bucket: string;
  readonly prefix: string;
  /** One more process that divides the work. */
  another(name: string): Member;
  all(): readonly Member[];
  /** Ends whatever still runs. */
  close(): Promise<void>;
}

/** Collector and two processors with topics and a bucket of their own, started. */
export async function openCast(stage: Stage, prefix: string, way: "broker" | "direct"): Promise<Cast> {
  const { kafka, influx, mosquitto } = stage;
  const bucket = await emptyBucket(influx);
  const env = {
    ENERGY_KAFKA_PREFIX: `${prefix}-`,
    ENERGY_MQTT_CLIENT_ID: `collector-${prefix}`,
    ENERGY_INFLUX_BUCKET: bucket,
  };
  const common = { config: stage.config, kafka, env };
  const members: Member[] = [];
  const processor = (name: string): Member => {
    const made = memberOf(name, { ...common, role: "process", influx });
    members.push(made);
    return made;
  };
  const inlet = way === "broker" ? { mqttUrl: mosquitto.url } : {};
  const collector = memberOf("collector", { ...common, ...inlet, role: "ingest" });
  members.push(collector);
  const processors = [processor("first"), processor("second")];
  const close = async (): Promise<void> => {
    for (const one of members) await one.kill().catch(() => undefined);
  };
  try {
    for (const one of members) await one.start();
  } catch (error) {
    await close();
    throw error;
  }
  return { collector, processors, bucket, prefix, another: processor, all: () => members, close };
}

const POLL_MS = 250;

export interface CaughtUp {
  /** Until all was well. */
  readonly ms: number;
  /** What was the matter last. */
  readonly was: string;
}

interface Wanted {
  readonly records: number;
  readonly deadlineMs?: number;
  /** Looks in a row at which all must be well. */
  readonly quiet?: number;
}

/** What is the matter with a process; undefined when all is well. */
function matterOf(one: Member, state: Readiness | undefined, { records }: Wanted): string | undefined {
  if (state === undefined) return `${one.name} does not answer`;
  const failing = state.dependencies.find(({ ok }) => !ok);
  if (failing) return `${one.name}: ${failing.name}: ${failing.detail ?? "not ok"}`;
  const { recordsBehind, pendingSpans, dirtyDays } = state;
  if (recordsBehind < 0 || recordsBehind > records) return `${one.name}: ${recordsBehind} records behind`;
  if (records === 0 && pendingSpans + dirtyDays > 0)
    return `${one.name}: ${pendingSpans} spans and ${dirtyDays} days wait`;
  return state.ready ? undefined : `${one.name} is not ready`;
}

/** Waits until everybody alive is ready and at most `records` behind, `quiet` times in a row. */
export async function untilCaughtUp({ all }: Cast, wanted: Wanted): Promise<CaughtUp> {
  const { deadlineMs = 300_000, quiet = 1 } = wanted;
  const started = performance.now();
  let ms = 0;
  let was = "nothing";
  for (let times = 0; ; ) {
    const asked = performance.now() - started;
    const alive = all().filter((one) => one.process() !== undefined);
    const matters = await Promise.all(alive.map(async (one) => matterOf(one, await one.readiness(), wanted)));
    const matter = matters.find((one) => one !== undefined);
    if (times === 0) ms = asked;
    times = matter === undefined ? times + 1 : 0;
    if (times >= quiet) return { ms, was };
    was = matter ?? was;
    if (asked > deadlineMs) {
      const tails = alive.map((one) => `${one.name}: ${one.process()?.output().slice(-1500)}`).join("\n");
      throw new Error(`not caught up in ${deadlineMs} ms: ${was}\n${tails}`);
    }
    await wait(POLL_MS);
  }
}
