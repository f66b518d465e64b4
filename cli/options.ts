/** Arguments of the command line, the environment variables that do the same, and how results are shown. */
import { parseArgs } from "node:util";
import { configPath } from "../app/exposure.ts";
import { type Problem, UsageError } from "../model/errors.ts";

export const USAGE = `usage: npm start -- [COMMAND] [OPTIONS]

run        [--config DIR] [--data DIR] [--host H] [--http-port N] [--mqtt-port N] [--demo|--no-demo]
           [--secrets FILE] [--tls-cert FILE --tls-key FILE] [--allow-plaintext]
           [--stack embedded|production] [--role all|ingest|process|notify] [--adopt]
check      [--config DIR]                       every problem of the configuration, exit 2 if any
import     FILE --site S --meter M --profile P  history from CSV
replay     rejects|readings [--from T --to T --site S]
reconcile  [--from T --to T --site S] [--repair] recompute and compare, exit 1 if anything differs
explain    --site S --carrier C --window 15m|hour|day|month|year --at T
simulate   --meters N --rate N --seconds N --url mqtt://HOST:PORT
backup     FILE [--data DIR]                    a copy of everything, also while it runs
restore    FILE [--data DIR]                    into an empty data directory
broker-files --out DIR [--passwords FILE]       Mosquitto's configuration, access list and passwords
token                                           a new token of a machine, and its hash for the secrets file
password                                        reads one from standard input, prints its hash for the secrets file
`;

const options = {
  config: { type: "string" },
  data: { type: "string" },
  host: { type: "string" },
  "http-port": { type: "string" },
  "mqtt-port": { type: "string" },
  demo: { type: "boolean" },
  "no-demo": { type: "boolean" },
  stack: { type: "string" },
  role: { type: "string" },
  secrets: { type: "string" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  "allow-plaintext": { type: "boolean" },
  adopt: { type: "boolean" },
  out: { type: "string" },
  passwords: { type: "string" },
  site: { type: "string" },
  meter: { type: "string" },
  profile: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  repair: { type: "boolean" },
  carrier: { type: "string" },
  window: { type: "string" },
  at: { type: "string" },
  meters: { type: "string" },
  rate: { type: "string" },
  seconds: { type: "string" },
  url: { type: "string" },
  help: { type: "boolean" },
} as const;

export type Values = {
  [K in keyof typeof options]?: (typeof options)[K]["type"] extends "boolean" ? boolean : string;
};

export const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
export const complain = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

export function parse(args: readonly string[]): { command: string; rest: string[]; values: Values } {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [command = "run", ...rest] = positionals;
    return { command, rest, values: values as Values };
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n\n${USAGE}`);
  }
}

/** An option, or the environment variable that does the same: --http-port, ENERGY_HTTP_PORT. */
export function given(values: Values, name: keyof Values): string | undefined {
  const value = values[name] ?? process.env[`ENERGY_${name.toUpperCase().replaceAll("-", "_")}`];
  return typeof value === "string" ? value : undefined;
}

export function required(values: Values, name: keyof Values): string {
  const value = given(values, name);
  if (value === undefined) throw new UsageError(`--${name} is missing\n\n${USAGE}`);
  return value;
}

export function numberGiven(values: Values, name: keyof Values, otherwise: number): number {
  const text = given(values, name);
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new UsageError(`--${name} ${text}: give a whole number`);
  return value;
}

/** Which stack is meant: by option, or by environment. @throws UsageError */
export function isProduction(values: Values): boolean {
  const stack = given(values, "stack") ?? "embedded";
  if (stack !== "embedded" && stack !== "production")
    throw new UsageError(`--stack ${stack}: give embedded or production`);
  return stack === "production";
}

/** The data directory and the configuration that are meant. */
export const dataOf = (values: Values): string => given(values, "data") ?? "data";
export const configOf = (values: Values): string => configPath(given(values, "config") ?? "config/example");

export function printProblems(problems: readonly Problem[]): void {
  for (const { severity, file, path, message } of problems) {
    complain(`${severity}: ${file}: ${path === "" ? "" : `${path}: `}${message}`);
  }
}

/** One line that is drawn over, on a terminal; a line now and then, elsewhere. */
export function progressBar() {
  let shown = -1;
  return (fraction: number, text: string): void => {
    const percent = Math.floor(fraction * 100);
    if (process.stdout.isTTY) {
      const filled = Math.round(fraction * 30);
      process.stdout.write(
        `\r[${"█".repeat(filled)}${"░".repeat(30 - filled)}] ${percent} % ${text}  ${fraction >= 1 ? "\n" : ""}`,
      );
    } else if (percent >= shown + 20 || (fraction >= 1 && shown < 100)) {
      shown = percent;
      print(`${percent} % ${text}`);
    }
  };
}
