/** Works in the data directory it is given, until it is told to leave. */
import { leave, occupy } from "../../adapters/data-directory.ts";

const [, , directory = ""] = process.argv;
occupy(directory, { url: "http://127.0.0.1:1", token: "shown" });
process.stdout.write("works\n");
process.stdin.once("data", () => {
  leave(directory);
  process.exit(0);
});
