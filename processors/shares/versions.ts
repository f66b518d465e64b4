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
  /** Its requests may be in the log in part: whoever registered it has not come to the end of it. */
  readonly open?: true;
}

async function registered(store: Pick<SeriesStore, "fact">): Promise<readonly Registered[]> {
  return JSON.parse((await store.fact(FACT)) ?? "[]") as Registered[];
}

/** The newest configuration that was registered to the end. */
export async function newestConfiguration(
  store: Pick<SeriesStore, "fact">,
): Promise<ConfigVersion | undefined> {
  return (await registered(store)).filter(({ open }) => !open).at(-1);
}

const timeText = (at: Instant): string => new Date(at).toISOString();

/** Why a configuration that is not the newest is not taken back unasked. */
function replacedBy(newest: Registered, version: string): UsageError {
  const how = newest.open
    ? `is being replaced by ${newest.version} since ${timeText(newest.at)}, and what that asks for may be in the log`
    : `was replaced by ${newest.version} at ${timeText(newest.at)}`;
  return new UsageError(
    `The configuration (version ${version}) ${how}. Give this process the newer one, or say --adopt to go back to this one.`,
  );
}

/** Keeps an entry in the list as it is by now. @throws UsageError when another took its number or came after it */
async function keep(store: SeriesStore, entry: Registered): Promise<void> {
  const list = (await registered(store)).filter(
    (one) => one.number !== entry.number || one.version !== entry.version,
  );
  const rival = list.find(({ number }) => number >= entry.number);
  if (rival) throw replacedBy(rival, entry.version);
  await store.write({ facts: [{ name: FACT, value: JSON.stringify([...list, entry]) }] });
}

/**
 * Registers the configuration when it is new, and asks for what depends on the difference to be recomputed. The
 * requests carry its number: processors with an earlier one stop where they meet the first. So the number is
 * reserved before the first of them is in the log, and no other configuration ever gets it: after a crash this one
 * asks again under it, which changes nothing, and another takes the next.
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
  const isNewest = newest?.version === version;
  if (isNewest && !newest.open) return { number: newest.number, version };
  if (!isNewest && !adopt && list.some((one) => one.version === version)) throw replacedBy(newest!, version);
  const number = isNewest ? newest.number : (newest?.number ?? 0) + 1;
  const config: ConfigVersion = { number, version };
  // Before it takes a number: what is refused, such as another county's registry, must replace nothing.
  await restatementOf(plan, store, now);
  if (!isNewest) await keep(store, { ...config, at: now, open: true });
  // Of two that start at one moment the later reservation stands, and the other has asked for nothing yet.
  const reserved = (await registered(store)).at(-1);
  if (reserved?.version !== version) throw replacedBy(reserved!, version);
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
  await keep(store, { ...config, at: now });
  return config;
}
