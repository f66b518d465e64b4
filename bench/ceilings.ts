/** What the machine can do at all, measured in the same run: a broker that logs nothing, a table that is only filled. */

import { join } from "node:path";
import { createAedesSource } from "../adapters/aedes.ts";
import { createBulk } from "../adapters/sqlite/bulk.ts";
import { openDatabase } from "../adapters/sqlite/driver.ts";
import { prepareSchema } from "../adapters/sqlite/schema.ts";
import { temporary } from "./county.ts";
import { publish } from "./process.ts";
import type { PublisherPlan } from "./publisher.ts";

/** QoS 1 messages a second that the broker acknowledges when accepting costs nothing. */
export async function mqttCeiling(plan: Omit<PublisherPlan, "host" | "port">): Promise<number> {
  const everyone = {
    isGateway: () => false,
    mayPublish: () => true,
    maySubscribe: () => true,
    ownsClientId: () => true,
  };
  const source = createAedesSource({ host: "127.0.0.1", port: 0, permissions: everyone });
  await source.start(async () => undefined);
  const { host, port } = source.address();
  const { acknowledged, seconds } = await publish({ ...plan, host, port });
  await source.stop();
  return acknowledged / seconds;
}

/** Rows a second that the tables take, in commits of `perCommit`, with the fsync of each. */
export function rowCeiling(rows: number, perCommit: number): number {
  const directory = temporary();
  const db = openDatabase(join(directory.path, "ceiling.db"));
  prepareSchema(db);
  const bulk = createBulk(
    db,
    "INSERT INTO meter_15m(bucket, owner, start, amount, coverage, estimated) VALUES",
    6,
    "ON CONFLICT DO UPDATE SET amount=excluded.amount, coverage=excluded.coverage, estimated=excluded.estimated",
  );
  const owners = 5_000;
  const started = performance.now();
  for (let done = 0; done < rows; done += perCommit) {
    db.exec("BEGIN");
    for (let i = done; i < done + perCommit; i += 1) {
      const quarter = Math.floor(i / owners);
      bulk.queue.push(Math.floor(quarter / 4), i % owners, quarter * 900_000, 2.5, 1, 0);
      bulk.added();
    }
    bulk.flush();
    db.exec("COMMIT");
  }
  const seconds = (performance.now() - started) / 1000;
  db.close();
  directory.remove();
  return rows / seconds;
}
