/** Registries made by hand and a pipeline on a real SQLite file, for tests of the processors. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../adapters/sqlite/driver.ts";
import { createSqliteLog } from "../adapters/sqlite/log.ts";
import { createSqliteStore } from "../adapters/sqlite/store.ts";
import { noDuties } from "../model/duty.ts";
import type { Figure, FigureScope, FigureWindow } from "../model/figure.ts";
import type { Changes, LogBatch } from "../model/ports.ts";
import type { Reading } from "../model/reading.ts";
import type { SiteRecord } from "../model/records.ts";
import type { County, Factor, Meter, Register, Registry, Site } from "../model/registry.ts";
import { calendarOf } from "../model/time.ts";
import { planOf } from "../processors/plan.ts";
import { restatementOf } from "../processors/restate.ts";
import { CONSUMER, createRunner } from "../processors/runner.ts";

export const at = (text: string): number =>
  Date.parse(text.length === 10 ? `${text}T00:00:00+08:00` : `${text}+08:00`);

export function register(part: Partial<Register> = {}): Register {
  return {
    id: "active-import",
    kind: "cumulative",
    unit: "kWh",
    unitFactor: 1,
    direction: "import",
    digits: 8,
    decimals: 2,
    resetsToZero: false,
    counted: true,
    ...part,
  };
}

export function meter(part: Partial<Meter> = {}): Meter {
  return {
    site: "s",
    id: "m",
    name: { zh: "表", en: "meter" },
    carrier: "electricity",
    role: "grid-import",
    contributes: "add",
    conversionOutput: false,
    from: at("2026-01-01"),
    intervalMinutes: 15,
    maxPerHour: 100,
    registers: [register()],
    multipliers: [{ from: at("2026-01-01"), value: 1, registers: {} }],
    swaps: [],
    ...part,
  };
}

export function site(part: Partial<Site> = {}): Site {
  const id = part.id ?? "s";
  const meters = (part.meters ?? [meter()]).map((one) => ({ ...one, site: id }));
  return {
    id,
    name: { zh: id, en: id },
    category: "key-energy-user",
    classes: [],
    nationalList: false,
    gateways: [],
    berths: [],
    ...part,
    meters,
  };
}

export function factor(
  part: Partial<Factor> & Pick<Factor, "id" | "kind" | "carrier" | "perCanonical">,
): Factor {
  return {
    basis: "both",
    region: "any",
    value: part.perCanonical,
    unit: "",
    validFrom: at("2000-01-01"),
    source: "test",
    status: "verified",
    ...part,
  };
}

export const testFactors: Factor[] = [
  factor({
    id: "coal-el",
    kind: "standard-coal",
    carrier: "electricity",
    basis: "calorific",
    perCanonical: 0.1229,
  }),
  factor({ id: "grid", kind: "co2-grid-location", carrier: "electricity", perCanonical: 0.5 }),
  factor({ id: "market", kind: "co2-grid-market", carrier: "electricity", perCanonical: 0.6 }),
  factor({ id: "coal-gas", kind: "standard-coal", carrier: "natural-gas", perCanonical: 1.33 }),
  factor({ id: "co2-gas", kind: "co2-direct", carrier: "natural-gas", perCanonical: 2.165 }),
  factor({
    id: "coal-heat",
    kind: "standard-coal",
    carrier: "heat",
    basis: "calorific",
    perCanonical: 0.03412,
  }),
  factor({ id: "co2-heat", kind: "co2-direct", carrier: "heat", perCanonical: 0.11 }),
];

export function registry(
  sites: readonly Site[],
  part: {
    county?: Partial<County>;
    factors?: readonly Factor[];
    limits?: Registry["limits"];
    rules?: Registry["rules"];
  } = {},
): Registry {
  const name = { zh: "县", en: "county" };
  return {
    version: "test",
    county: {
      id: "c",
      name,
      zone: "Asia/Shanghai",
      region: "zhejiang",
      towns: [],
      sectors: [],
      ...part.county,
    } as County,
    carriers: [
      { id: "electricity", name, unit: "kWh", co2: "grid" },
      { id: "natural-gas", name, unit: "m3", co2: "direct" },
      { id: "heat", name, unit: "MJ", co2: "direct" },
      { id: "water", name, unit: "t", co2: "none" },
    ],
    sites: [...sites].sort((a, b) => (a.id < b.id ? -1 : 1)),
    factors: part.factors ?? testFactors,
    profiles: [],
    limits: part.limits ?? [],
    outputs: [],
    rules: part.rules ?? [],
    duties: noDuties,
  };
}

export function reading(at: number, value: number, part: Partial<Reading> = {}): Reading {
  return { register: "active-import", at, value, revision: 0, seq: -1, ...part };
}

export function temporaryDirectory(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "energy-test-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A pipeline without MQTT: records go to the log, figures are read from the store. */
export async function openPipeline(
  config: Registry,
  path = ":memory:",
  clock: () => number = Date.now,
  watch: (changes: Changes) => void = () => undefined,
  /** In the log ahead of what a changed registry asks for. */
  logged: readonly SiteRecord[] = [],
) {
  const plan = planOf(config);
  const db = openDatabase(path);
  const store = createSqliteStore(db, calendarOf(config.county.zone));
  const log = createSqliteLog(db, store, clock);
  const restatement = await restatementOf(plan, store, clock());
  const requests = restatement.records.map((record) => ({ key: record.site, value: JSON.stringify(record) }));
  const ahead = logged.map((record) => ({ key: record.site, value: JSON.stringify(record) }));
  await log.append("readings", [...ahead, ...requests]);
  await store.write({ dirtySet: restatement.dirty, facts: restatement.facts });
  const options = {
    plan,
    log,
    store,
    commit: (batch: LogBatch, changes: Changes) => {
      watch(changes);
      return log.commitWith(batch, changes);
    },
    write: (changes: Changes) => {
      watch(changes);
      return store.write(changes);
    },
    now: clock,
  };
  const runner = await createRunner(options);
  const stop = new AbortController();
  let failure: unknown;
  const running = runner.run(stop.signal).catch((error: unknown) => {
    failure = error ?? new Error("the runner stopped");
  });
  const owners = {
    meter: [...plan.meters.keys()],
    site: config.sites.map((one) => one.id),
    group: [...plan.groupSites.keys()],
  };
  const behind = (): number =>
    (["readings", "rejects"] as const).reduce((sum, topic) => {
      const { end, done } = log.progress(topic, CONSUMER);
      return sum + end - done;
    }, 0);
  return {
    /** Records appended and not yet processed. */
    behind,
    /** What the registry asked for that differs from the one the file was computed with. */
    restatement,
    plan,
    db,
    store,
    log,
    runner,
    send: (records: readonly SiteRecord[]) =>
      log.append(
        "readings",
        records.map((record) => ({ key: record.site, value: JSON.stringify(record) })),
      ),
    publish(
      readings: readonly Reading[],
      part: { site?: string; meter?: string; receivedAt?: number; powerKw?: number } = {},
    ) {
      const { site = "s", meter = "m", receivedAt = clock(), ...rest } = part;
      const record: SiteRecord = {
        kind: "readings",
        site,
        meter,
        receivedAt,
        received: readings.length,
        readings,
        ...rest,
      };
      return this.send([record]);
    },
    /** Waits until the processors did everything that was appended, deferred work included. */
    async settled(): Promise<void> {
      while (behind() > 0) {
        if (failure !== undefined) throw failure;
        for (const topic of ["readings", "rejects"] as const) log.hurry(topic);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      await runner.drain();
    },
    async figures(scope: FigureScope, window: FigureWindow, owner?: string): Promise<Figure[]> {
      const keys = owners[scope]
        .filter((one) => owner === undefined || one === owner)
        .flatMap((one) => config.carriers.map((carrier) => ({ scope, owner: one, carrier: carrier.id })));
      const rows = await store.figures(keys, window, at("2010-01-01"), at("2030-01-01"));
      return rows.filter(
        (row) => row.amount !== 0 || row.coverage !== 0 || row.estimated !== 0 || row.output !== 0,
      );
    },
    async close(): Promise<void> {
      stop.abort();
      await running;
      await log.close();
      await store.close();
    },
  };
}

export type Pipeline = Awaited<ReturnType<typeof openPipeline>>;

/** Every stored figure of a pipeline, in one order, to be compared bit by bit. */
export async function everything(pipeline: Pipeline): Promise<Figure[]> {
  const all: Figure[] = [];
  for (const scope of ["meter", "site", "group"] as const) {
    for (const window of ["15m", "day", "month"] as const) {
      if (scope === "meter" && window === "month") continue;
      for (const figure of await pipeline.figures(scope, window)) all.push(figure);
    }
  }
  return all;
}
