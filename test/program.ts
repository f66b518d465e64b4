/** The real program, as its users start it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export const projectRoot: string = fileURLToPath(new URL("..", import.meta.url));
const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command to its end. */
export async function runProgram(args: readonly string[], input = ""): Promise<Finished> {
  const child = spawn(process.execPath, [program, ...args], { cwd: projectRoot });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

export interface RunningProgram {
  readonly child: ChildProcess;
  readonly httpUrl: string;
  readonly mqttUrl: string;
  output(): string;
  /** Asks it to stop, and waits until it has. */
  stop(): Promise<number | null>;
  /** Ends it without a word. */
  kill(): Promise<void>;
}

/** Starts the server on free ports, and waits until it listens. */
export async function startProgram(args: readonly string[]): Promise<RunningProgram> {
  const all = [program, "run", "--http-port", "0", "--mqtt-port", "0", ...args];
  const child = spawn(process.execPath, all, { cwd: projectRoot });
  let output = "";
  const listening = new Promise<{ httpUrl: string; mqttUrl: string }>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      output += chunk.toString();
      const httpUrl = /^board {2}(\S+)$/m.exec(output)?.[1];
      const mqttUrl = /^mqtt {3}(\S+)$/m.exec(output)?.[1];
      if (httpUrl && mqttUrl) resolve({ httpUrl, mqttUrl });
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.once("exit", (code) => reject(new Error(`the program ended with ${code}:\n${output}`)));
  });
  const urls = await listening;
  const ended = once(child, "exit") as Promise<[number | null]>;
  return {
    child,
    ...urls,
    output: () => output,
    async stop() {
      child.kill("SIGTERM");
      return (await ended)[0];
    },
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Waits until everything that was accepted has become figures. */
export async function untilSettled(url: string, deadlineMs = 60_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const state = (await (await fetch(`${url}/readyz`)).json()) as {
      recordsBehind: number;
      pendingSpans: number;
      dirtyDays: number;
    };
    if (state.recordsBehind === 0 && state.pendingSpans === 0 && state.dirtyDays === 0) return;
    if (Date.now() > end) throw new Error(`not settled in ${deadlineMs} ms: ${JSON.stringify(state)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
