/** `npm run chaos`: the steel year under many kills. Options: --kills N --seed N */
import { parseArgs } from "node:util";
import { temporaryDirectory } from "../world.ts";
import { steelChaos } from "./steel-year.ts";

const { values } = parseArgs({
  options: { kills: { type: "string", default: "500" }, seed: { type: "string" } },
});
const directory = temporaryDirectory();
const seed = Number(values.seed ?? Date.now());
process.stdout.write(`seed ${seed}\n`);
const result = await steelChaos(directory.path, Number(values.kills), seed);
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
directory.remove();
process.exitCode = result.lost === 0 && result.differences.length === 0 ? 0 : 1;
