/** A real InfluxDB 2, set up with an organisation, a bucket and a token. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
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

export interface InfluxOptions {
  /** Serves TLS with these PEM files, and only that. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string };
  /** Further arguments of influxd, such as `--storage-cache-max-memory-size=…`. */
  readonly args?: readonly string[];
}

export interface InfluxService extends ServiceControl {
  readonly url: string;
  readonly org: string;
  /** May do everything. */
  readonly token: string;
  /** Empty at the start, and kept for ever. */
  readonly bucket: string;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** One request with a JSON body; `ca` is a PEM file. */
function ask(
  url: URL,
  method: string,
  { body, token, ca }: { body?: unknown; token?: string; ca?: string | undefined },
): Promise<Answer> {
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const headers = {
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...(token === undefined ? {} : { authorization: `Token ${token}` }),
  };
  return new Promise((resolve, reject) => {
    const trust = ca ? { ca: readFileSync(ca) } : {};
    const request = send(url, { method, headers, timeout: 10_000, agent: false, ...trust }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.once("error", reject);
      response.once("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    request.once("timeout", () => request.destroy(new Error(`${url.href} did not answer within 10 s`)));
    request.once("error", reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const urlOf = (place: Place, options: InfluxOptions) =>
  `${options.tls ? "https" : "http"}://127.0.0.1:${place.ports[0]}`;

async function serves(place: Place, options: InfluxOptions): Promise<boolean> {
  if (!(await accepts(place.ports[0]!))) return false;
  try {
    return (
      (await ask(new URL("/health", urlOf(place, options)), "GET", { ca: options.tls?.ca })).status === 200
    );
  } catch {
    return false;
  }
}

function recipe(choice: Choice, options: InfluxOptions): ServiceRecipe {
  const program = choice.way === "local" ? choice.path : "influxd";
  const tls = options.tls ? [`--tls-cert=${options.tls.cert}`, `--tls-key=${options.tls.key}`] : [];
  return {
    name: "influx",
    portCount: 1,
    isReady: (place) => serves(place, options),
    prepare: async ({ folder, ports, bind }) => ({
      image: "influxdb:2.7.12",
      argv: [
        program,
        `--bolt-path=${join(folder, "influxd.bolt")}`,
        `--sqlite-path=${join(folder, "influxd.sqlite")}`,
        `--engine-path=${join(folder, "engine")}`,
        `--http-bind-address=${bind}:${ports[0]}`,
        "--reporting-disabled",
        "--log-level=warn",
        ...tls,
        ...(options.args ?? []),
      ],
      environment: {},
      folder,
      ports,
      readable: options.tls ? [options.tls.cert, options.tls.key] : [],
    }),
  };
}

async function need(answer: Promise<Answer>, what: string): Promise<string> {
  const { status, body } = await answer;
  if (status >= 300) throw new Error(`influx: ${what} answered ${status}: ${body}`);
  return body;
}

/** A bucket of its own on a given InfluxDB, removed at the end. */
async function onGiven(endpoint: Readonly<Record<string, string>>): Promise<InfluxService> {
  const url = endpoint.ENERGY_TEST_INFLUX_URL!;
  const token = endpoint.ENERGY_TEST_INFLUX_TOKEN!;
  const org = endpoint.ENERGY_TEST_INFLUX_ORG!;
  const bucket = `test-${randomBytes(6).toString("hex")}`;
  const find = new URL(`/api/v2/orgs?org=${encodeURIComponent(org)}`, url);
  const found = JSON.parse(await need(ask(find, "GET", { token }), "looking up the organisation"));
  const wish = { orgID: found.orgs[0].id, name: bucket, retentionRules: [] };
  const made = ask(new URL("/api/v2/buckets", url), "POST", { token, body: wish });
  const { id } = JSON.parse(await need(made, "making a bucket"));
  return withEndpoints(givenControl("influx"), {
    url,
    token,
    org,
    bucket,
    stop: async () => {
      await need(ask(new URL(`/api/v2/buckets/${id}`, url), "DELETE", { token }), "removing the bucket");
    },
  });
}

/**
 * Starts an InfluxDB of the test's own, or makes a bucket on the one of the environment. Throws where there is
 * none: ask `haveServices` first.
 */
export async function startInflux(options: InfluxOptions = {}): Promise<InfluxService> {
  const choice = await choiceFor("influx", { own: Object.keys(options).length > 0 });
  if (choice.way === "none") throw new Error(`no influx: ${choice.reason}`);
  if (choice.way === "given") return onGiven(choice.endpoint);
  const { place, control } = await startOwn(recipe(choice, options), choice.way);
  const url = urlOf(place, options);
  const identity = { org: "county", bucket: "energy", token: randomBytes(24).toString("hex") };
  const body = { username: "tests", password: randomBytes(12).toString("hex"), ...identity };
  try {
    const setup = ask(new URL("/api/v2/setup", url), "POST", { body, ca: options.tls?.ca });
    await need(setup, "setting it up");
  } catch (error) {
    await control.stop();
    throw error;
  }
  return withEndpoints(control, { url, ...identity });
}
