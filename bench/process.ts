/** The program and the publisher as processes, and what the system says they cost. */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { PublisherPlan, PublisherResult } from "./publisher.ts";

const file = (name: string): string => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

export interface Program {
  readonly child: ChildProcess;
  readonly httpUrl: string;
  readonly mqttPort: number;
  stop(): Promise<void>;
}

export async function startProgram(args: readonly string[]): Promise<Program> {
  const all = [file("main"), "run", "--no-demo", "--http-port", "0", "--mqtt-port", "0", ...args];
  const child = spawn(process.execPath, all, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  const urls = await new Promise<{ httpUrl: string; mqttPort: number }>((resolve, reject) => {
    child.stdout!.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      const httpUrl = /^board {2}(\S+)$/m.exec(output)?.[1];
      const port = /^mqtt {3}mqtt:\/\/[^:]+:(\d+)$/m.exec(output)?.[1];
      if (httpUrl && port) resolve({ httpUrl, mqttPort: Number(port) });
    });
    child.once("exit", (code) => reject(new Error(`the program ended with ${code}: ${output}`)));
  });
  return {
    child,
    ...urls,
    async stop() {
      if (child.exitCode !== null) return;
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}

export interface Sample {
  readonly site: number;
  readonly meter: number;
  readonly tick: number;
  readonly at: number;
}

export async function publish(
  plan: PublisherPlan,
  onSample: (sample: Sample) => void = () => undefined,
  onConnected: () => void = () => undefined,
): Promise<PublisherResult> {
  const child = fork(file("publisher"), [JSON.stringify(plan)]);
  let result: PublisherResult | undefined;
  child.on("message", (message: { sample?: Sample; connected?: true; result?: PublisherResult }) => {
    if (message.connected) onConnected();
    if (message.sample) onSample(message.sample);
    if (message.result) result = message.result;
  });
  await once(child, "exit");
  if (result === undefined) throw new Error("the publisher ended without a result");
  return result;
}

const CLOCK_TICKS = 100;

/** CPU seconds a process has used, and its memory in MB now and at most; from the system's own accounts. */
export function accountOf(pid: number): { cpuSeconds: number; rssMb: number; peakMb: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS,
    rssMb: Math.round(kb("VmRSS") / 1024),
    peakMb: Math.round(kb("VmHWM") / 1024),
  };
}

export interface Ready {
  readonly recordsBehind: number;
  readonly pendingSpans: number;
  readonly dirtyDays: number;
}

export async function readiness(url: string): Promise<Ready> {
  return (await (await fetch(`${url}/readyz`)).json()) as Ready;
}

/** Waits until everything that was acknowledged has become figures of meters and sites. */
export async function untilQueryable(url: string): Promise<void> {
  while ((await readiness(url)).recordsBehind > 0) await pause(10);
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
