/** Which configuration figures are made with: registered once, and never again by a process that is late. */
import { UsageError } from "../../model/errors.ts";
import type { EventLog, SeriesStore } from "../../model/ports.ts";
import type { ChangedRecord, ConfigVersion } from "../../model/records.ts";
import type { Instant } from "../../model/time.ts";
import type { Plan } from "../plan.ts";
import { restatementOf } from "../restate.ts";
import { CHANGED_KEY } from "./readings.ts";

const FACT = "configurations";
const CAUSE = "registry: members of groups";

interface Registered extends ConfigVersion {
  readonly at: Instant;
}

async function registered(store: Pick<SeriesStore, "fact">): Promise<readonly Registered[]> {
  return JSON.parse((await store.fact(FACT)) ?? "[]") as Registered[];
}

/** The newest configuration that was registered. */
export async function newestConfiguration(
  store: Pick<SeriesStore, "fact">,
): Promise<ConfigVersion | undefined> {
  return (await registered(store)).at(-1);
}

/**
 * Registers the configuration when it is new, and asks for what depends on the difference to be recomputed. The
 * requests carry its number: processors with an earlier one stop where they meet the first. Done again after a
 * crash it asks again, which changes nothing.
 * @param adopt take a configuration back that was replaced by another
 * @throws UsageError when it was replaced and nobody asked for it back
 */
export async function registerConfiguration(
  plan: Plan,
  { store, log }: { readonly store: SeriesStore; readonly log: Pick<EventLog, "append"> },
  now: Instant,
  adopt: boolean,
): Promise<ConfigVersion> {
  const { version } = plan.registry;
  const list = await registered(store);
  const newest = list.at(-1);
  if (newest?.version === version) return newest;
  if (!adopt && list.some((one) => one.version === version)) {
    throw new UsageError(
      `The configuration (version ${version}) was replaced by ${newest!.version} at ${new Date(newest!.at).toISOString()}. Give this process the newer one, or say --adopt to go back to this one.`,
    );
  }
  const config: ConfigVersion = { number: (newest?.number ?? 0) + 1, version };
  const { records, dirty, facts } = await restatementOf(plan, store, now);
  await log.append(
    "readings",
    records.map((record) => ({ key: record.site, value: JSON.stringify({ ...record, config }) })),
  );
  await log.append(
    "changed",
    dirty.map(({ site, carrier, day }) => {
      const record: ChangedRecord = { site, carrier, day, cause: CAUSE, config };
      return { key: CHANGED_KEY, value: JSON.stringify(record) };
    }),
  );
  await store.write({ facts });
  const entry: Registered = { ...config, at: now };
  await store.write({ facts: [{ name: FACT, value: JSON.stringify([...list, entry]) }] });
  return config;
}
