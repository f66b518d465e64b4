/** One running instance of a service, as a process of this machine or as a container. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What to start; the same for both ways but for where the program lies and what it may bind. */
export interface Launch {
  readonly image: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Holds its configuration, data and output, and outlives it; the same path inside a container. */
  readonly folder: string;
  /** Those it listens on. */
  readonly ports: readonly number[];
  /** Files outside the folder that it reads. */
  readonly readable: readonly string[];
}

export type Signal = "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT";

export interface Instance {
  /** Of the process; undefined in a container. */
  readonly pid: number | undefined;
  readonly hasEnded: () => boolean;
  readonly ended: Promise<void>;
  readonly signal: (name: Signal) => Promise<void>;
  /** The end of what it wrote. */
  readonly output: () => string;
}

/** With Linux's own means a service does not outlive a test process that is killed. */
function withParent(argv: readonly string[]): readonly string[] {
  return existsSync("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--pdeathsig", "KILL", ...argv] : argv;
}

/** Starts it as a child process, its output in the folder's `output.log`. */
export function launchProcess(launch: Launch): Instance {
  const log = join(launch.folder, "output.log");
  const descriptor = openSync(log, "a");
  const [command, ...args] = withParent(launch.argv);
  const child: ChildProcess = spawn(command!, args, {
    cwd: launch.folder,
    env: { ...process.env, ...launch.environment },
    stdio: ["ignore", descriptor, descriptor],
  });
  closeSync(descriptor);
  let failure = "";
  child.once("error", (error) => {
    failure = error.message;
  });
  const hasEnded = () => failure !== "" || child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid,
    hasEnded,
    ended: Promise.race([once(child, "exit"), once(child, "close")]).then(
      () => {},
      () => {},
    ),
    signal: async (name) => {
      if (!hasEnded()) child.kill(name);
    },
    output: () => failure + readFileSync(log, "utf8").slice(-4000),
  };
}

/** Starts it as a container whose ports and folder are those of this machine. Needs a Docker daemon. */
export async function launchContainer(launch: Launch): Promise<Instance> {
  const { GenericContainer, getContainerRuntimeClient } = await import("testcontainers");
  const [command, ...args] = launch.argv;
  let output = "";
  let isOver = false;
  let over: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    over = resolve;
  });
  const started = await new GenericContainer(launch.image)
    .withEntrypoint([command!])
    .withCommand(args)
    .withEnvironment({ ...launch.environment })
    .withUser(`${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`)
    .withWorkingDir(launch.folder)
    .withBindMounts([
      { source: launch.folder, target: launch.folder },
      ...launch.readable.map((path) => ({ source: path, target: path, mode: "ro" as const })),
    ])
    .withExposedPorts(...launch.ports.map((port) => ({ container: port, host: port })))
    .withStartupTimeout(120_000)
    .withLogConsumer((stream) => {
      stream.on("data", (chunk) => {
        output = (output + String(chunk)).slice(-4000);
      });
    })
    .start();
  const container = (await getContainerRuntimeClient()).container.getById(started.getId());
  void container.wait().then(
    () => {
      isOver = true;
      over();
    },
    () => {},
  );
  return {
    pid: undefined,
    hasEnded: () => isOver,
    ended,
    signal: async (name) => {
      if (isOver) return;
      if (name === "SIGSTOP") await container.pause();
      else if (name === "SIGCONT") await container.unpause();
      else await container.kill({ signal: name });
    },
    output: () => output,
  };
}
