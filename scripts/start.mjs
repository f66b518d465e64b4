// `npm start`: builds what is stale, then runs the program with the same arguments.
import { fileURLToPath, pathToFileURL } from "node:url";
import { buildAll, isStale } from "./build.mjs";

if (isStale()) await buildAll();
const entryAt = process.argv.indexOf("--entry");
const entry = entryAt < 0 ? "main" : process.argv[entryAt + 1];
if (entryAt >= 0) process.argv.splice(entryAt, 2);
const separator = process.argv.indexOf("--");
if (separator >= 0) process.argv.splice(separator, 1);
const program = fileURLToPath(new URL(`../dist/${entry}.js`, import.meta.url));
process.argv[1] = program;
await import(pathToFileURL(program).href);
