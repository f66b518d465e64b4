/**
 * `npm run chaos`: the steel year under many kills, then the notifier; `npm run chaos -- --stack`: every trouble of the production
 * stack on real services, the long form. Options: --kills N --notices N (kills of the notifier)
 * --seed N; with --stack: --short (few sites, little of
 * each), --turns (several in each run, as the tests do), --hours N of load,
 * --only PATTERN (a pattern of their names), --rounds N
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { temporaryDirectory } from "../world.ts";
import { notifierChaos } from "./notifier.ts";
import { stackChaos } from "./production-report.ts";
import { steelChaos } from "./steel-year.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "500" },
    notices: { type: "string", default: "200" },
    seed: { type: "string" },
    stack: { type: "boolean", default: false },
    short: { type: "boolean", default: false },
    turns: { type: "boolean", default: false },
    hours: { type: "string", default: "72" },
    rounds: { type: "string", default: "1" },
    only: { type: "string", default: "" },
  },
});
const directory = temporaryDirectory();
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const write = (line: string): void => void process.stdout.write(`${line}\n`);
write(`seed ${seed}`);
try {
  if (values.stack) {
    const { short, turns, only } = values;
    const [hours, rounds] = [Number(values.hours), Number(values.rounds)];
    const isRight = await stackChaos(directory.path, {
      seed,
      isLong: !short,
      isTurns: turns,
      hours,
      rounds,
      only,
      write,
    });
    process.exitCode = isRight ? 0 : 1;
  } else {
    const result = await steelChaos(directory.path, Number(values.kills), seed);
    write(JSON.stringify(result, null, 2));
    const told = await notifierChaos(join(directory.path, "notifier"), Number(values.notices), seed);
    write(JSON.stringify(told, null, 2));
    const isRight = result.lost === 0 && result.differences.length === 0;
    const isTold = told.lost.length + told.unmarked.length === 0 && told.matters === told.alerts;
    process.exitCode = isRight && isTold ? 0 : 1;
  }
} finally {
  directory.remove();
}
