/** `run`: the server, on either stack. */
import { createMetrics } from "../adapters/metrics.ts";
import { createLog, logLevels } from "../adapters/pino.ts";
import { clearSecretsIn, configPath } from "../app/exposure.ts";
import { productionRoles } from "../app/production.ts";
import { startServing } from "../app/serve.ts";
import { productionSettings, secretsIn } from "../app/settings.ts";
import { startApp } from "../app.ts";
import { UsageError } from "../model/errors.ts";
import {
  complain,
  configOf,
  dataOf,
  given,
  isProduction,
  numberGiven,
  print,
  printProblems,
  progressBar,
  type Values,
} from "./options.ts";

/** With what a stop may take before it, less than ten seconds and a half. */
const LEFT_OVER_MS = 300;

const askedToStop = (): Promise<void> =>
  new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });

export async function run(values: Values): Promise<number> {
  const role = given(values, "role") ?? "all";
  if (isProduction(values)) return serve(values, role);
  if (role !== "all")
    throw new UsageError(`--role ${role}: the embedded stack runs all roles in one process`);
  const config = configOf(values);
  const isExample = config === configPath("config/example");
  const app = await startApp({
    config,
    data: dataOf(values),
    host: given(values, "host") ?? "127.0.0.1",
    httpPort: numberGiven(values, "http-port", 8080),
    mqttPort: numberGiven(values, "mqtt-port", 1883),
    demo: values.demo ?? (isExample && !values["no-demo"] && given(values, "secrets") === undefined),
    secretsFile: given(values, "secrets"),
    tlsCert: given(values, "tls-cert"),
    tlsKey: given(values, "tls-key"),
    allowPlaintext: values["allow-plaintext"] ?? false,
    print,
    progress: progressBar(),
  });
  printProblems(app.warnings);
  print(`board  ${app.httpUrl}`);
  print(`mqtt   ${app.mqttUrl}`);
  const lost = await Promise.race([askedToStop(), app.lost]);
  if (lost) {
    complain(`a part of the program ended by itself, so it ends, to be started again: ${lost.message}`);
    process.exit(1);
  }
  await app.close();
  return 0;
}

/** A process of the production stack; its settings come from the environment. */
async function serve(values: Values, text: string): Promise<number> {
  const role = productionRoles.find((one) => one === text);
  if (role === undefined) throw new UsageError(`--role ${text}: give one of ${productionRoles.join(", ")}`);
  const level = logLevels.find((one) => one === (process.env.ENERGY_LOG_LEVEL ?? "info"));
  if (level === undefined)
    throw new UsageError(
      `ENERGY_LOG_LEVEL=${process.env.ENERGY_LOG_LEVEL}: give one of ${logLevels.join(", ")}`,
    );
  const settings = productionSettings(process.env, role !== "ingest");
  const secretsFile = given(values, "secrets");
  const hide = [...secretsIn(settings), ...(await clearSecretsIn(secretsFile))];
  const data = given(values, "data");
  const tell = createLog({ form: "json", level, write: print, always: { role, pid: process.pid }, hide });
  const served = await startServing({
    config: configOf(values),
    role,
    settings,
    metrics: createMetrics(),
    host: given(values, "host") ?? "127.0.0.1",
    httpPort: numberGiven(values, "http-port", 8080),
    mqttPort: numberGiven(values, "mqtt-port", 1883),
    secretsFile,
    tlsCert: given(values, "tls-cert"),
    tlsKey: given(values, "tls-key"),
    allowPlaintext: values["allow-plaintext"] ?? false,
    adopt: values.adopt ?? false,
    ...(data === undefined ? {} : { data }),
    tell,
  });
  for (const { severity, file, path, message } of served.warnings)
    tell.warn("configuration", { severity, file, path, message });
  tell.info("listening", { http: served.httpUrl, ...(served.mqttUrl ? { mqtt: served.mqttUrl } : {}) });
  await askedToStop();
  tell.info("stopping");
  await served.close();
  tell.info("stopped");
  // A request to a server that hangs would keep the process long after everything else has ended.
  setTimeout(() => process.exit(), LEFT_OVER_MS).unref();
  return 0;
}
