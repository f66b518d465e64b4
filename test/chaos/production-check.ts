/** What must hold after every kind of trouble. */
import { Kafka, logLevel } from "kafkajs";
import { databaseFile } from "../../adapters/data-directory.ts";
import { createInfluxStore } from "../../adapters/influx/store.ts";
import { openDatabase } from "../../adapters/sqlite/driver.ts";
import { createNames } from "../../adapters/sqlite/names.ts";
import { createSqliteReader } from "../../adapters/sqlite/reader.ts";
import type { FigureValues, LedgerEntry } from "../../model/figure.ts";
import type { BalanceRow, SeriesReader } from "../../model/ports.ts";
import type { ReadingsRecord, RejectRecord } from "../../model/records.ts";
import type { Registry } from "../../model/registry.ts";
import { calendarOf } from "../../model/time.ts";
import { planOf } from "../../processors/plan.ts";
import { compareStores } from "../services/stores.ts";
import type { GatewayMessage } from "./production-load.ts";
import type { Cast, Stage } from "./production-stage.ts";

/** Totals over all sites and days of receipt. */
export interface BalanceSum {
  readonly received: number;
  readonly accepted: number;
  readonly repeated: number;
  readonly rejected: number;
}

export interface StoredState {
  /** Numbers of stored messages by `site/meter`. */
  readonly seqs: ReadonlyMap<string, ReadonlySet<number>>;
  /** Different (meter, register, at) values that are stored. */
  readonly readings: number;
  readonly balance: BalanceSum;
}

/** Numbers of the stored messages, and how many readings there are. */
export async function seqsOf(registry: Registry, reader: Pick<SeriesReader, "readings">) {
  const seqs = new Map<string, Set<number>>();
  let readings = 0;
  for (const { gaugeOf } of planOf(registry).meters.values()) {
    for (const { site, meter, register } of gaugeOf.values()) {
      const rows = await reader.readings({ site, meter, register }, 0, Date.now() * 2);
      readings += rows.length;
      const known = seqs.get(`${site}/${meter}`) ?? new Set();
      for (const row of rows) known.add(row.seq);
      seqs.set(`${site}/${meter}`, known);
    }
  }
  return { seqs, readings };
}

/** Messages that even a quiet run does not store, such as those from before a meter's service. */
export async function neverStored(
  registry: Registry,
  data: string,
  messages: readonly GatewayMessage[],
): Promise<ReadonlySet<GatewayMessage>> {
  const db = openDatabase(databaseFile(data), { readOnly: true });
  const reader = createSqliteReader(db, createNames(db), calendarOf(registry.county.zone));
  const { seqs } = await seqsOf(registry, reader);
  db.close();
  return new Set(notStored(messages, seqs));
}

/** What the store has of the county. */
export async function storedState(stage: Stage, cast: Cast): Promise<StoredState> {
  const { url, org, token } = stage.influx;
  const calendar = calendarOf(stage.registry.county.zone);
  const store = createInfluxStore({ url, org, bucket: cast.bucket, token, calendar });
  const { seqs, readings } = await seqsOf(stage.registry, store);
  const today = calendar.dayOf(Date.now());
  const rows: BalanceRow[] = [];
  for (let day = today - 2; day <= today + 3; day += 1) rows.push(...(await store.balance(day)));
  await store.close();
  const sum = (of: (row: BalanceRow) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const balance = {
    received: sum((row) => row.received),
    accepted: sum((row) => row.accepted),
    repeated: sum((row) => row.repeated),
    rejected: sum((row) => Object.values(row.rejected).reduce((a, b) => a + b, 0)),
  };
  return { seqs, readings, balance };
}

/** Values that the topics' records say were received, every record counted once by its place. */
export async function loggedValues(stage: Stage, cast: Cast): Promise<number> {
  const kafka = new Kafka({ brokers: [...stage.kafka.brokers], logLevel: logLevel.NOTHING });
  const topics = [`${cast.prefix}-readings`, `${cast.prefix}-rejects`];
  const ends = new Map<string, number>();
  const admin = kafka.admin();
  await admin.connect();
  for (const topic of topics)
    for (const { partition, high, low } of await admin.fetchTopicOffsets(topic))
      if (Number(high) > Number(low)) ends.set(`${topic} ${partition}`, Number(high));
  await admin.disconnect();
  const consumer = kafka.consumer({ groupId: `${cast.prefix}-count-${Date.now()}` });
  const seen = new Set<string>();
  let received = 0;
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`topics ${topics.join(", ")} were not read`)), 60_000);
    const close = (): void => {
      if (ends.size > 0) return;
      clearTimeout(timer);
      resolve();
    };
    close();
    consumer
      .run({
        autoCommit: false,
        eachMessage: async ({ topic, partition, message }) => {
          const place = `${topic} ${partition} ${message.offset}`;
          if (seen.has(place)) return;
          seen.add(place);
          const record = JSON.parse(message.value!.toString()) as ReadingsRecord | RejectRecord;
          if (!("kind" in record) || record.kind === "readings") received += record.received;
          if (Number(message.offset) + 1 >= (ends.get(`${topic} ${partition}`) ?? Number.POSITIVE_INFINITY))
            ends.delete(`${topic} ${partition}`);
          close();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return received;
}

/** Messages of which nothing is stored. */
export function notStored(
  messages: readonly GatewayMessage[],
  seqs: ReadonlyMap<string, ReadonlySet<number>>,
): GatewayMessage[] {
  return messages.filter(({ meter, seq }) => seq !== undefined && !seqs.get(meter)?.has(seq));
}

type FigurePlace = Pick<LedgerEntry, "scope" | "owner" | "carrier" | "window" | "start">;

const figureName = ({ scope, owner, carrier, window, start }: FigurePlace): string =>
  `${scope} ${owner} ${carrier} ${window} ${start}`;

const valuesOf = (values: FigureValues): string =>
  JSON.stringify([
    values.amount,
    values.coverage,
    values.estimated,
    values.missingMeters,
    values.kgceCalorific,
    values.kgceEquivalent,
    values.kgCo2Location,
    values.kgCo2Market,
    values.output,
    values.factors,
  ]);

/** Closed figures whose newest entry of the ledger is missing or says something else; and how many there are. */
export async function unledgered(stage: Stage, cast: Cast) {
  const { url, org, token } = stage.influx;
  const plan = planOf(stage.registry);
  const store = createInfluxStore({ url, org, bucket: cast.bucket, token, calendar: plan.calendar });
  const end = plan.calendar.dayStart(plan.closedThrough + 1);
  const newest = new Map<string, string>();
  for (const entry of await store.ledger(undefined, 0, end, Number.POSITIVE_INFINITY)) {
    const name = figureName(entry);
    if (!newest.has(name)) newest.set(name, valuesOf(entry.after));
  }
  const keys = plan.areas.map(({ site, carrier }) => ({ scope: "site" as const, owner: site.id, carrier }));
  const groups = [...plan.groupSites.keys()].map((owner) => ({ scope: "group" as const, owner }));
  const carriers = stage.registry.carriers.map(({ id }) => id);
  const all = [...keys, ...groups.flatMap((one) => carriers.map((carrier) => ({ ...one, carrier })))];
  const wrong: string[] = [];
  let closed = 0;
  for (const window of ["15m", "day"] as const) {
    for (const figure of await store.figures(all, window, 0, end)) {
      closed += 1;
      const said = newest.get(figureName(figure));
      if (said !== valuesOf(figure)) wrong.push(`${figureName(figure)}: ${said} but ${valuesOf(figure)}`);
    }
  }
  await store.close();
  return { closed, wrong };
}

interface ReconcileLine {
  readonly finished?: boolean;
  readonly differences?: unknown;
  readonly error?: { readonly detail?: string };
}

/** Has a process recompute everything and compare; returns the number of differences and the first of them. */
export async function reconciled({ processors }: Cast): Promise<{ count: number; first: string }> {
  const alive = processors.find((one) => one.process() !== undefined)!.process()!;
  const answer = await fetch(`${alive.httpUrl}/api/v1/admin/reconcile`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  const lines = (await answer.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as ReconcileLine);
  const end = lines.at(-1);
  if (!end?.finished) throw new Error(`reconcile did not finish: ${JSON.stringify(lines.at(-1))}`);
  const first = lines.find(({ differences }) => Array.isArray(differences) && differences.length > 0);
  return { count: end.differences as number, first: JSON.stringify(first ?? "").slice(0, 1_000) };
}

/** @param data of the quiet run that got the same messages */
export function compared(stage: Stage, cast: Cast, data: string) {
  const { url, org, token } = stage.influx;
  return compareStores(stage.config, data, { url, org, token, bucket: cast.bucket });
}
