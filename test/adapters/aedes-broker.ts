/** The broker under test: the real source, acceptor and collector on a log in memory. */
import { afterEach } from "vitest";
import { type AedesSourceOptions, createAedesSource } from "../../adapters/aedes.ts";
import type { OutRecord } from "../../ingest/accept.ts";
import { createCollector } from "../../ingest/collector.ts";
import { createPermissions } from "../../ingest/permissions.ts";
import { county, newAcceptor, tally } from "../ingest/county.ts";
import { createMemoryLog } from "../ingest/memory-log.ts";

const started: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of started.splice(0)) await stop();
});

export async function startBroker(options: Partial<AedesSourceOptions> = {}) {
  const log = createMemoryLog();
  const collector = createCollector(newAcceptor(), log);
  const permissions = createPermissions(county);
  const source = createAedesSource({ host: "127.0.0.1", port: 0, permissions, ...options });
  await collector.start(source);
  started.push(() => collector.stop());
  /** Everything that is durable, as records. */
  const records = (): OutRecord[] => [
    ...log.records.readings.map(({ value }) => ({ topic: "readings" as const, record: JSON.parse(value) })),
    ...log.records.rejects.map(({ value }) => ({ topic: "rejects" as const, record: JSON.parse(value) })),
  ];
  return {
    log,
    collector,
    source,
    port: source.address().port,
    records,
    tally: () => tally(records()),
    rejects: () => records().flatMap((out) => (out.topic === "rejects" ? [out.record.reject] : [])),
  };
}

/** Passwords of the county's gateways: `secret-` and the user name. */
export const credentials: ReadonlyMap<string, (password: string) => Promise<boolean>> = new Map(
  county.sites
    .flatMap((site) => site.gateways)
    .map(({ username }) => [username, async (password: string) => password === `secret-${username}`]),
);

export const login = (username: string) => ({ username, password: Buffer.from(`secret-${username}`) });

/** Waits until something holds, for at most 10 s. */
export async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error("it did not come to hold within 10 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
