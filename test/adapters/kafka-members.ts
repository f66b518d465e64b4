/** Starts consumers as processes of their own, and follows what they print. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** One line of a member. */
export interface Deed {
  readonly at: number;
  readonly does: "gained" | "wrote" | "lost" | "took" | "stopped";
  readonly partition: number;
  /** Tells the shares of one process apart. */
  readonly id: number;
  readonly numbers?: readonly number[];
}

export interface Member {
  readonly child: ChildProcess;
  readonly deeds: readonly Deed[];
  /** Waits until what it did is enough. */
  until(isEnough: (deeds: readonly Deed[]) => boolean): Promise<void>;
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Bundles the member's program into the folder; returns its path. */
export async function buildMember(folder: string): Promise<string> {
  const outfile = join(folder, "member.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("kafka-member.ts", import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  return outfile;
}

export function startMember(program: string, order: object): Member {
  const child = spawn(process.execPath, [program, JSON.stringify(order)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const deeds: Deed[] = [];
  let rest = "";
  let look: () => void = () => undefined;
  child.stdout.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop()!;
    for (const line of lines) deeds.push(JSON.parse(line) as Deed);
    look();
  });
  return {
    child,
    deeds,
    until: (isEnough) =>
      new Promise((resolve) => {
        look = () => {
          if (isEnough(deeds)) resolve();
        };
        look();
      }),
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill(signal);
      if (signal === "SIGKILL") child.kill("SIGCONT");
      await ended;
    },
  };
}
