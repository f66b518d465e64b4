/**
 * A collector as a process of its own, to be killed: messages of an outside broker into a file that is flushed
 * to the disk before they count as logged, many to an append, as the append queue does.
 */
import { open } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { createMqttSource } from "../../adapters/mqtt-source.ts";

export interface CollectorOrder {
  readonly url: string;
  readonly file: string;
  readonly filters: readonly string[];
  /** What an append takes longer than the disk. */
  readonly appendMs: number;
}

const order = JSON.parse(process.argv[2]!) as CollectorOrder;
const log = await open(order.file, "a");
// A kill may have left half a line.
await log.write("\n");
let lines: string[] = [];
let appended: Promise<void> | undefined;
let appending: Promise<void> = Promise.resolve();

/** Lines gathered for 2 ms, behind the append that is under way. */
function append(line: string): Promise<void> {
  lines.push(line);
  appended ??= Promise.all([appending, wait(2)]).then(() => {
    const text = lines.join("");
    lines = [];
    appended = undefined;
    appending = flush(text);
    return appending;
  });
  return appended;
}

async function flush(text: string): Promise<void> {
  await log.write(text);
  await log.datasync();
  await wait(order.appendMs);
}

const source = createMqttSource({
  url: order.url,
  clientId: "collector",
  filters: order.filters,
  reconnectMs: { first: 50, most: 200 },
});
await source.start(({ topic, payload }) => append(`${topic} ${Buffer.from(payload).toString()}\n`));
const timer = setInterval(() => {
  if (!source.health().ok) return;
  clearInterval(timer);
  process.stdout.write("ready\n");
}, 5);
