/** The command line. Parses arguments and prints; what is done is in `app*.ts`. */
import { connectMqttPublisher } from "./adapters/mqtt-publisher.ts";
import { explain, importFile, reconcile, replay } from "./cli/data.ts";
import { backup, brokerFiles, password, restore, token } from "./cli/files.ts";
import {
  complain,
  configOf,
  numberGiven,
  parse,
  print,
  printProblems,
  required,
  USAGE,
  type Values,
} from "./cli/options.ts";
import { run } from "./cli/run.ts";
import { warnOfCalendar } from "./config/check-calendar.ts";
import { loadConfig } from "./config/load.ts";
import { systemClock } from "./demo/clock.ts";
import { faultPlan } from "./demo/faults.ts";
import { createFleet } from "./demo/fleet.ts";
import { simulate, simulateReport } from "./demo/simulate.ts";
import { ConfigError, UsageError } from "./model/errors.ts";

/** After the end of a command, for what is still open. */
const LEFT_OVER_MS = 3_000;

async function check(values: Values): Promise<number> {
  const { registry, warnings } = await loadConfig(configOf(values));
  const all = [...warnings, ...warnOfCalendar(registry, Date.now())];
  printProblems(all);
  const meters = registry.sites.reduce((sum, site) => sum + site.meters.length, 0);
  print(
    `${configOf(values)}: ${registry.sites.length} sites, ${meters} meters, no errors, ${all.length} warnings`,
  );
  return 0;
}

async function runSimulate(values: Values): Promise<number> {
  const { registry } = await loadConfig(configOf(values));
  const fleet = createFleet(registry, 1);
  const url = required(values, "url");
  const publisher = await connectMqttPublisher({
    url,
    clientId: `simulate-${process.pid}`,
    inFlight: 50_000,
  });
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const result = await simulate({ fleet, plan: faultPlan(fleet) }, publisher, {
    meters: numberGiven(values, "meters", 100),
    rate: numberGiven(values, "rate", 100),
    seconds: numberGiven(values, "seconds", 10),
    clock: systemClock,
    elapsed: () => performance.now(),
    signal: stop.signal,
  });
  await publisher.close();
  print(simulateReport(result));
  return result.failed > 0 ? 1 : 0;
}

async function main(args: readonly string[]): Promise<number> {
  const { command, rest, values } = parse(args);
  if (values.help) {
    print(USAGE);
    return 0;
  }
  switch (command) {
    case "run":
      return run(values);
    case "check":
      return check(values);
    case "import":
      return importFile(values, rest);
    case "replay":
      return replay(values, rest);
    case "reconcile":
      return reconcile(values);
    case "explain":
      return explain(values);
    case "simulate":
      return runSimulate(values);
    case "backup":
      return backup(values, rest);
    case "restore":
      return restore(values, rest);
    case "broker-files":
      return brokerFiles(values);
    case "token":
      return token();
    case "password":
      return password();
    default:
      throw new UsageError(`${command}: no such command\n\n${USAGE}`);
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof ConfigError) printProblems(error.problems);
  else if (error instanceof UsageError) complain(error.message);
  else complain(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = error instanceof ConfigError || error instanceof UsageError ? 2 : 1;
}
// What a failure left open must not keep a process that does nothing any more: whoever watches it starts it again.
setTimeout(() => process.exit(), LEFT_OVER_MS).unref();
