/** `npm run bench`: what the embedded stack does on this machine, beside what the machine can do at all. */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { benchFleet } from "./fleet.ts";
import { benchImport } from "./import.ts";
import { benchLatency } from "./latency.ts";
import { createReport } from "./report.ts";
import { benchSteady } from "./steady.ts";
import { benchYear } from "./year.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "steady,latency,import,fleet,year" },
    "year-meters": { type: "string" },
    keep: { type: "string" },
  },
});

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const report = createReport(print);
const chosen = new Set(values.only.split(","));
const quick = values.quick;

print(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}`);
if (chosen.has("steady")) await benchSteady(report, quick ? 1_000 : 5_000, quick ? 96 : 192);
if (chosen.has("latency")) await benchLatency(report, 1_000, quick ? 10 : 30);
if (chosen.has("import")) await benchImport(report);
if (chosen.has("fleet")) await benchFleet(report, quick ? 100 : 1_000, 100, quick ? 20 : 180);
if (chosen.has("year"))
  await benchYear(report, Number(values["year-meters"] ?? (quick ? 100 : 500)), values.keep);
