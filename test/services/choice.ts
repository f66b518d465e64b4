/** Which way a test gets a real service: a pure choice, so that it is tested where there is no Docker too. */

export const serviceNames = ["kafka", "influx", "mosquitto"] as const;
export type ServiceName = (typeof serviceNames)[number];

export type Environment = Readonly<Record<string, string | undefined>>;

/** What was found on this machine. */
export interface Found {
  readonly environment: Environment;
  /** Whether a Docker daemon answers; a client alone is none. */
  readonly dockerAnswers: boolean;
  /** Where the service lies that was provisioned on this machine. */
  readonly provisioned: string | undefined;
}

export type Choice =
  | { readonly way: "given"; readonly endpoint: Readonly<Record<string, string>> }
  | { readonly way: "docker" }
  | { readonly way: "local"; readonly path: string }
  | { readonly way: "none"; readonly reason: string };

/** What a suite needs beyond an endpoint. */
export interface Need {
  /** A service of the test's own, that it may configure, kill and pause. */
  readonly own?: boolean;
}

/** The first variable of each service says that one is given; the others must then be there as well. */
const variables: Readonly<Record<ServiceName, readonly string[]>> = {
  kafka: ["ENERGY_TEST_KAFKA"],
  influx: ["ENERGY_TEST_INFLUX_URL", "ENERGY_TEST_INFLUX_TOKEN", "ENERGY_TEST_INFLUX_ORG"],
  mosquitto: ["ENERGY_TEST_MQTT"],
};

function given(service: ServiceName, environment: Environment): Record<string, string> | undefined {
  const names = variables[service];
  if (!environment[names[0]!]) return undefined;
  const missing = names.filter((name) => !environment[name]);
  if (missing.length > 0) throw new Error(`${names[0]} is set, so set ${missing.join(" and ")} as well`);
  return Object.fromEntries(names.map((name) => [name, environment[name]!]));
}

/**
 * Given by the environment, else Docker, else provisioned on this machine, else none with the reason and what to
 * do. Throws when an endpoint is given in part.
 */
export function choose(service: ServiceName, found: Found, need: Need = {}): Choice {
  const endpoint = given(service, found.environment);
  if (endpoint && need.own)
    return {
      way: "none",
      reason: `${variables[service][0]} gives a service that tests may not configure or kill; unset it`,
    };
  if (endpoint) return { way: "given", endpoint };
  if (found.dockerAnswers) return { way: "docker" };
  if (found.provisioned) return { way: "local", path: found.provisioned };
  return {
    way: "none",
    reason:
      `${variables[service].join(", ")} not set, no Docker daemon answers, nothing provisioned; ` +
      `run: node scripts/services/provision.mjs ${service}`,
  };
}
