/** Looks for the services on this machine, and says loudly which suites are skipped for want of one. */
import { existsSync } from "node:fs";
import { provisioned } from "../../scripts/services/recipes.mjs";
import { type Choice, choose, type Need, type ServiceName } from "./choice.ts";

let dockerAnswers: Promise<boolean> | undefined;

/** The client library is asked only where there may be a daemon: loading it takes a second. */
async function askDocker(): Promise<boolean> {
  if (!process.env.DOCKER_HOST && !existsSync("/var/run/docker.sock")) return false;
  try {
    const { getContainerRuntimeClient } = await import("testcontainers");
    await getContainerRuntimeClient();
    return true;
  } catch {
    return false;
  }
}

/** The way this machine gives the service. Throws when an endpoint is given in part. */
export async function choiceFor(service: ServiceName, need: Need = {}): Promise<Choice> {
  dockerAnswers ??= askDocker();
  return choose(
    service,
    {
      environment: process.env,
      dockerAnswers: await dockerAnswers,
      provisioned: provisioned(service),
    },
    need,
  );
}

/**
 * Whether all the services can be had: `describe.skipIf(!(await haveServices(["kafka"])))`. A line on stderr
 * says for each that cannot which ways were tried and what to do. `own`: for suites that configure, kill or
 * pause the service.
 */
export async function haveServices(services: readonly ServiceName[], need: Need = {}): Promise<boolean> {
  let all = true;
  for (const service of services) {
    const choice = await choiceFor(service, need);
    if (choice.way !== "none") continue;
    all = false;
    process.stderr.write(`SKIPPED for want of ${service}: ${choice.reason}\n`);
  }
  return all;
}
