/** `npm run bench`: what the embedded stack does on this machine, beside what the machine can do at all; `--stack`: the other. */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { benchAlerts } from "./alerts.ts";
import { benchFleet } from "./fleet.ts";
import { benchImport } from "./import.ts";
import { benchLatency } from "./latency.ts";
import { createReport } from "./report.ts";
import { benchStack, stackParts } from "./stack.ts";
import { benchSteady } from "./steady.ts";
import { benchStorm } from "./storm.ts";
import { benchYear } from "./year.ts";

const embeddedParts: readonly string[] = ["steady", "latency", "alerts", "import", "fleet", "year"];

const usage = `npm run bench -- [--quick] [--only PART,…]   parts: ${embeddedParts.join(", ")}
                 [--year-meters N] [--keep DIR]
npm run bench -- --stack [--quick] [--only PART,…]   parts: ${stackParts.join(", ")}
                 [--catch-up-meters N] [--profile DIR]`;

function argumentsGiven() {
  try {
    return parseArgs({
      options: {
        quick: { type: "boolean", default: false },
        stack: { type: "boolean", default: false },
        only: { type: "string" },
        "year-meters": { type: "string" },
        keep: { type: "string" },
        profile: { type: "string" },
        "catch-up-meters": { type: "string" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}\n`);
    process.exit(2);
  }
}

const values = argumentsGiven();
if (values.help) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const report = createReport(print);
const parts = new Set(values.only?.split(",") ?? (values.stack ? stackParts : embeddedParts));
const unknown = [...parts].filter((part) => ![...embeddedParts, ...stackParts].includes(part));
if (unknown.length > 0) {
  process.stderr.write(`--only ${unknown.join()}: no such part\n\n${usage}\n`);
  process.exit(2);
}
const chosen = values.stack ? new Set<string>() : parts;
const quick = values.quick;

print(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}`);
if (values.stack) {
  const catchUpMeters = Number(values["catch-up-meters"] ?? (quick ? 1_000 : 10_000));
  await benchStack(report, { parts, quick, profile: values.profile, catchUpMeters });
}
if (chosen.has("steady")) await benchSteady(report, quick ? 1_000 : 5_000, quick ? 96 : 192);
if (chosen.has("latency")) await benchLatency(report, 1_000, quick ? 10 : 30);
if (chosen.has("alerts")) {
  await benchAlerts(report, quick ? 20 : 100);
  await benchStorm(report, 1_000, quick ? 10 : 60);
}
if (chosen.has("import")) await benchImport(report);
if (chosen.has("fleet")) await benchFleet(report, quick ? 100 : 1_000, 100, quick ? 20 : 180);
if (chosen.has("year"))
  await benchYear(report, Number(values["year-meters"] ?? (quick ? 100 : 500)), values.keep);
