/** The life of a service under test: it is started, killed, paused and started again on the same ports and data. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Choice, ServiceName } from "./choice.ts";
import { type Instance, type Launch, launchContainer, launchProcess } from "./launch.ts";
import { freePorts } from "./ports.ts";

/** What every started service offers. On a given one (`way` "given") all but `stop` throw. */
export interface ServiceControl {
  readonly way: Choice["way"];
  /** Of its process; throws where there is none. */
  readonly pid: number;
  /** Its configuration and data, and its output in `output.log`. */
  readonly folder: string;
  /** Ends it without a word, and waits until it is gone. Its data stay. */
  kill9(): Promise<void>;
  /** Asks it to end, and waits until it has. Its data stay. */
  terminate(): Promise<void>;
  /** Starts it on the same ports and data, ending it first if it runs, and waits until it serves. */
  restart(): Promise<void>;
  /** SIGSTOP. */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): Promise<void>;
  /** Ends it and removes its data; also after a kill, also twice. */
  stop(): Promise<void>;
}

/** Where an instance may put things and what it may bind. */
export interface Place {
  readonly folder: string;
  readonly ports: readonly number[];
  /** The address to listen on: 127.0.0.1, but every one of a container's own. */
  readonly bind: string;
}

export interface ServiceRecipe {
  readonly name: ServiceName;
  readonly portCount: number;
  /** Writes the configuration and formats the data, once. */
  readonly prepare: (place: Place) => Promise<Launch>;
  /** Whether it serves now. */
  readonly isReady: (place: Place) => Promise<boolean>;
}

const startTimeoutMs = 120_000;
const endTimeoutMs = 20_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function untilReady(recipe: ServiceRecipe, place: Place, instance: Instance): Promise<void> {
  const deadline = Date.now() + startTimeoutMs;
  while (!(await recipe.isReady(place))) {
    if (instance.hasEnded()) throw new Error(`${recipe.name} ended at its start:\n${instance.output()}`);
    if (Date.now() > deadline) {
      await instance.signal("SIGKILL");
      throw new Error(`${recipe.name} did not serve within ${startTimeoutMs} ms:\n${instance.output()}`);
    }
    await pause(100);
  }
}

async function end(instance: Instance, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  await instance.signal(signal);
  await Promise.race([instance.ended, pause(signal === "SIGTERM" ? endTimeoutMs : 5000)]);
  if (instance.hasEnded()) return;
  await instance.signal("SIGKILL");
  await instance.ended;
}

interface Started {
  readonly place: Place;
  readonly launch: Launch;
  readonly instance: Instance;
}

async function startOnce(recipe: ServiceRecipe, isContainer: boolean): Promise<Started> {
  const folder = await mkdtemp(join(tmpdir(), `energy-${recipe.name}-`));
  const place = {
    folder,
    ports: await freePorts(recipe.portCount),
    bind: isContainer ? "0.0.0.0" : "127.0.0.1",
  };
  try {
    const launch = await recipe.prepare(place);
    const instance = isContainer ? await launchContainer(launch) : launchProcess(launch);
    await untilReady(recipe, place, instance);
    return { place, launch, instance };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Another process may have taken a port between the look and the start: then once more with others. */
async function startSomewhere(recipe: ServiceRecipe, isContainer: boolean): Promise<Started> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await startOnce(recipe, isContainer);
    } catch (error) {
      if (attempt === 2 || !/address already in use|port is already allocated/i.test(String(error)))
        throw error;
    }
  }
}

/** Starts a service of the test's own, on free ports of 127.0.0.1 with its data in a fresh folder. */
export async function startOwn(
  recipe: ServiceRecipe,
  way: "docker" | "local",
): Promise<{ readonly place: Place; readonly control: ServiceControl }> {
  const started = await startSomewhere(recipe, way === "docker");
  const { place, launch } = started;
  let { instance } = started;
  const control: ServiceControl = {
    way,
    folder: place.folder,
    get pid() {
      if (instance.pid === undefined)
        throw new Error(`${recipe.name} runs in a container: it has no pid here`);
      return instance.pid;
    },
    kill9: () => end(instance, "SIGKILL"),
    terminate: () => end(instance, "SIGTERM"),
    async restart() {
      await end(instance, "SIGTERM");
      instance = way === "docker" ? await launchContainer(launch) : launchProcess(launch);
      await untilReady(recipe, place, instance);
    },
    pause: () => instance.signal("SIGSTOP"),
    resume: () => instance.signal("SIGCONT"),
    async stop() {
      await end(instance, "SIGKILL");
      await rm(place.folder, { recursive: true, force: true });
    },
  };
  return { place, control };
}

/** The control of a service that was given: it is somebody else's. */
export function givenControl(name: ServiceName): ServiceControl {
  const refuse = (): never => {
    throw new Error(`${name} was given by the environment: ask haveServices for one with own: true`);
  };
  return {
    way: "given",
    get pid() {
      return refuse();
    },
    get folder() {
      return refuse();
    },
    kill9: async () => refuse(),
    terminate: async () => refuse(),
    restart: async () => refuse(),
    pause: async () => refuse(),
    resume: async () => refuse(),
    stop: async () => {},
  };
}

/** Adds a service's own properties; unlike a spread it leaves `pid` to be asked later. */
export function withEndpoints<Endpoints extends object>(
  control: ServiceControl,
  endpoints: Endpoints,
): ServiceControl & Endpoints {
  return Object.defineProperties(control, Object.getOwnPropertyDescriptors(endpoints)) as ServiceControl &
    Endpoints;
}
