/** A process of its own that consumes, for tests that pause and kill it. Prints what it does, a line each. */
import { createKafkaLog } from "../../adapters/kafka/log.ts";
import type { LogShare } from "../../model/ports.ts";

interface Order {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly sessionTimeoutMs: number;
}

const order = JSON.parse(process.argv[2]!) as Order;
const say = (line: object): void => {
  process.stdout.write(`${JSON.stringify({ at: Date.now(), ...line })}\n`);
};

const log = await createKafkaLog({ ...order, clientId: "member", partitions: 6 });
let given = 0;

/** What a processor does: it writes as long as it may, and asks right before it does. */
async function work(share: LogShare, id: number): Promise<void> {
  const { partition, lease } = share;
  say({ does: "gained", partition, id });
  const writing = setInterval(() => {
    if (!lease.aborted) say({ does: "wrote", partition, id });
  }, 10);
  lease.addEventListener("abort", () => say({ does: "lost", partition, id }), { once: true });
  for await (const batch of share.batches()) {
    const numbers = batch.records.map(({ value }) => (JSON.parse(value) as { n: number }).n);
    // Said before it is committed: what is committed and not said would look skipped after a kill.
    say({ does: "took", partition, id, numbers });
    await batch.commit().catch(() => undefined);
  }
  clearInterval(writing);
}

const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
const working: Promise<void>[] = [];
for await (const share of log.consume("readings", "g", stop.signal)) {
  given += 1;
  working.push(work(share, given));
}
await Promise.all(working);
await log.close();
say({ does: "stopped" });
