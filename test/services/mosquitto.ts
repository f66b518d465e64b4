/** A real Mosquitto, open to all unless the test brings a configuration. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { choiceFor } from "./available.ts";
import type { Choice } from "./choice.ts";
import { accepts } from "./ports.ts";
import {
  givenControl,
  type Place,
  type ServiceControl,
  type ServiceRecipe,
  startOwn,
  withEndpoints,
} from "./service.ts";

export interface MosquittoOptions {
  /** Lines added to the default configuration, such as limits. */
  readonly lines?: readonly string[];
  /** The whole configuration instead; it must listen on `place.ports` of `place.bind`, at least on the first. */
  readonly config?: (place: Place) => string;
  /** Ports to hold free; default 1. */
  readonly portCount?: number;
  /** Files of the test that the configuration names, so that a container sees them too. */
  readonly readable?: readonly string[];
}

export interface MosquittoService extends ServiceControl {
  /** `mqtt://127.0.0.1:<first port>`, or as given by the environment. */
  readonly url: string;
  readonly ports: readonly number[];
}

function defaultConfig({ folder, ports, bind }: Place, lines: readonly string[]): string {
  return [
    `listener ${ports[0]} ${bind}`,
    "allow_anonymous true",
    "persistence true",
    `persistence_location ${folder}/`,
    "autosave_interval 1",
    ...lines,
    "",
  ].join("\n");
}

/** As root it would change to a user that may not read the folder. */
function asThisUser(config: string): string {
  return /^user /m.test(config) ? config : `user ${userInfo().username}\n${config}`;
}

/** The program, and the libraries unpacked with it. */
function programAt(path: string): { program: string; libraries: string } {
  if (!statSync(path).isDirectory()) return { program: path, libraries: "" };
  const roots = [join(path, "usr/lib"), join(path, "lib")].filter(existsSync);
  const folders = roots.flatMap((root) => [root, ...readdirSync(root).map((name) => join(root, name))]);
  return { program: join(path, "usr/sbin/mosquitto"), libraries: folders.join(":") };
}

function recipe(choice: Choice, options: MosquittoOptions): ServiceRecipe {
  const { program, libraries } =
    choice.way === "local" ? programAt(choice.path) : { program: "mosquitto", libraries: "" };
  return {
    name: "mosquitto",
    portCount: options.portCount ?? 1,
    isReady: ({ ports }) => accepts(ports[0]!),
    prepare: async (place) => {
      const config = options.config?.(place) ?? defaultConfig(place, options.lines ?? []);
      await writeFile(join(place.folder, "mosquitto.conf"), asThisUser(config));
      return {
        image: "eclipse-mosquitto:2.0.22",
        argv: [program, "-c", join(place.folder, "mosquitto.conf")],
        environment: libraries ? { LD_LIBRARY_PATH: libraries } : {},
        folder: place.folder,
        ports: place.ports,
        readable: options.readable ?? [],
      };
    },
  };
}

/**
 * Starts a Mosquitto of the test's own, or gives the one of the environment, where topics and client names must
 * be the test's own. Throws where there is none: ask `haveServices` first.
 */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<MosquittoService> {
  const choice = await choiceFor("mosquitto", { own: Object.keys(options).length > 0 });
  if (choice.way === "none") throw new Error(`no mosquitto: ${choice.reason}`);
  if (choice.way === "given")
    return withEndpoints(givenControl("mosquitto"), { url: choice.endpoint.ENERGY_TEST_MQTT!, ports: [] });
  const { place, control } = await startOwn(recipe(choice, options), choice.way);
  return withEndpoints(control, { url: `mqtt://127.0.0.1:${place.ports[0]}`, ports: place.ports });
}
