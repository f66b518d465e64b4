// The services that can be provisioned, and where each then lies.
import { existsSync } from "node:fs";
import * as influx from "./influx.mjs";
import * as kafka from "./kafka.mjs";
import * as mosquitto from "./mosquitto.mjs";
import { cacheFolder } from "./tools.mjs";

export const recipes = { kafka, mosquitto, influx };

/** Where a service lies, or undefined when it has not been provisioned yet. */
export function provisioned(service) {
  const path = recipes[service].artifact(cacheFolder());
  return existsSync(path) ? path : undefined;
}
