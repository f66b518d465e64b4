import { describe, expect, test } from "vitest";
import { copyDatabase, openDatabase, troubleIn } from "../../adapters/sqlite/driver.ts";
import { createSqliteLog } from "../../adapters/sqlite/log.ts";
import { createObservationReader } from "../../adapters/sqlite/observations.ts";
import { createSqliteStore } from "../../adapters/sqlite/store.ts";
import { observedNames } from "../../model/observation.ts";
import type { EventLog, LogBatch } from "../../model/ports.ts";
import { calendarOf } from "../../model/time.ts";
import { eventLogContract } from "../contracts/event-log.ts";
import { observation, seriesStoreContract } from "../contracts/series-store.ts";
import { temporaryDirectory } from "../world.ts";

const calendar = calendarOf("Asia/Shanghai");

function openStore(path: string) {
  return createSqliteStore(openDatabase(path), calendar);
}

async function* batchesOf(log: EventLog, signal: AbortSignal): AsyncIterable<LogBatch> {
  for await (const share of log.consume("readings", "g", signal)) yield* share.batches();
}

seriesStoreContract("SQLite", async () => {
  const directory = temporaryDirectory();
  const store = openStore(`${directory.path}/energy.db`);
  return {
    store,
    async close() {
      await store.close();
      directory.remove();
    },
  };
});

eventLogContract("SQLite", async () => {
  const directory = temporaryDirectory();
  const path = `${directory.path}/energy.db`;
  const openLog = () => {
    const db = openDatabase(path);
    return createSqliteLog(db, createSqliteStore(db, calendar), Date.now);
  };
  return { log: openLog(), reopen: async () => openLog(), close: async () => directory.remove() };
});

describe("the SQLite file", () => {
  test("commits figures and offset together, or neither", async () => {
    const directory = temporaryDirectory();
    const db = openDatabase(`${directory.path}/energy.db`);
    const store = createSqliteStore(db, calendar);
    const log = createSqliteLog(db, store, Date.now);
    await log.append("readings", [{ key: "s", value: "{}" }]);
    const stop = new AbortController();
    for await (const batch of batchesOf(log, stop.signal)) {
      const broken = { facts: [{ name: "kept", value: "no" }], live: [{ site: "s" } as never] };
      await expect(log.commitWith(batch, broken)).rejects.toThrow();
      expect(await store.fact("kept")).toBeUndefined();
      expect(log.progress("readings", "g").done).toBe(0);
      await log.commitWith(batch, { facts: [{ name: "kept", value: "yes" }] });
      break;
    }
    stop.abort();
    expect(await store.fact("kept")).toBe("yes");
    expect(log.progress("readings", "g")).toEqual({ end: 1, done: 1 });
    await store.close();
    directory.remove();
  });

  test("ends for a consumer that is told to stop while it has a batch in hand", async () => {
    const db = openDatabase(":memory:");
    const log = createSqliteLog(db, createSqliteStore(db, calendar), Date.now);
    const stop = new AbortController();
    let batches = 0;
    for await (const batch of batchesOf(log, stop.signal)) {
      batches += 1;
      expect(batch.records).toEqual([]);
      stop.abort();
    }
    expect(batches).toBe(1);
    await log.close();
    db.close();
  });

  test("is trimmed only behind what was consumed, and offsets go on", async () => {
    const directory = temporaryDirectory();
    const path = `${directory.path}/energy.db`;
    let db = openDatabase(path);
    let log = createSqliteLog(db, createSqliteStore(db, calendar), () => 1_000);
    await log.append(
      "readings",
      Array.from({ length: 10 }, () => ({ key: "s", value: "{}" })),
    );
    expect(log.trim("readings", "g", 2_000, 100)).toBe(0);
    const stop = new AbortController();
    for await (const batch of batchesOf(log, stop.signal)) {
      await batch.commit();
      break;
    }
    stop.abort();
    expect(log.trim("readings", "g", 500, 100)).toBe(0);
    expect(log.trim("readings", "g", 2_000, 100)).toBe(9);
    db.close();
    db = openDatabase(path);
    log = createSqliteLog(db, createSqliteStore(db, calendar), () => 1_000);
    expect(log.progress("readings", "g").end).toBe(10);
    db.close();
    directory.remove();
  });

  test("is fsynced at every commit, and a file of another version is refused", () => {
    const directory = temporaryDirectory();
    const path = `${directory.path}/energy.db`;
    const db = openDatabase(path);
    createSqliteStore(db, calendar);
    expect(db.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
    expect(db.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
    db.exec("PRAGMA user_version=99");
    db.close();
    expect(() => openStore(path)).toThrow(/another version \(schema 99/);
    directory.remove();
  });

  test("takes a file of the version before, and keeps why a day is to be summed", async () => {
    const directory = temporaryDirectory();
    const path = `${directory.path}/energy.db`;
    const old = openDatabase(path);
    createSqliteStore(old, calendar);
    old.exec(`ALTER TABLE dirty DROP COLUMN causes; DROP TABLE observed_series; DROP TABLE log_alerts; PRAGMA user_version=2;
      INSERT INTO dirty VALUES('s', 'heat', 7), ('s', 'electricity', 7);`);
    old.close();
    const store = openStore(path);
    const mark = { site: "s", carrier: "heat", day: 7 };
    const other = { ...mark, carrier: "electricity" };
    expect(await store.dirty()).toEqual([other, mark]);
    for (const causes of [["factor"], ["factor", "swap"], ["swap"]])
      await store.write({ dirtySet: [{ ...mark, causes }] });
    await store.write({ dirtySet: [mark] });
    expect(await store.dirty()).toEqual([other, { ...mark, causes: ["factor", "swap"] }]);
    await store.write({ dirtyDone: [mark, other] });
    expect(await store.dirty()).toEqual([]);
    await store.close();
    directory.remove();
  });

  test("takes a file from before observations, and one that lacks some of their columns", async () => {
    const directory = temporaryDirectory();
    const path = `${directory.path}/energy.db`;
    const old = openDatabase(path);
    createSqliteStore(old, calendar);
    for (const kind of observedNames) old.exec(`DROP TABLE ${kind};`);
    old.exec(
      "DROP TABLE observed_series; DROP TABLE log_alerts; PRAGMA user_version=3; INSERT INTO fact VALUES('kept', '1');",
    );
    old.close();
    const row = observation("site_status", { site: "s" });
    let store = openStore(path);
    await store.write({ observations: [row] });
    expect(await store.fact("kept")).toBe("1");
    await store.close();
    const earlier = openDatabase(path);
    earlier.exec("ALTER TABLE site_status DROP COLUMN imbalance; ALTER TABLE alert DROP COLUMN officer;");
    earlier.close();
    store = openStore(path);
    const found = await store.observations({ measurement: "site_status", from: 0, to: row.at + 1 });
    expect(found).toEqual([{ ...row, numbers: { ...row.numbers, imbalance: null } }]);
    await store.write({ observations: [row, observation("alert", { rule: "r" })] });
    expect((await store.observedAfter(0, 9)).rows).toHaveLength(2);
    await store.close();
    directory.remove();
  });

  test("passes over no observation that is written while others are read", async () => {
    const directory = temporaryDirectory();
    const path = `${directory.path}/energy.db`;
    const store = openStore(path);
    const db = openDatabase(path, { readOnly: true });
    let written = 0;
    // A row of each of two kinds is written after each statement of the reader's, until there are enough.
    const writeTwo = (): void => {
      if (written === 40) return;
      written += 2;
      const site = `s${written}`;
      const rows = [
        observation("limit_usage", { limit: "l", purpose: "budget", site }),
        observation("site_status", { site }),
      ];
      void store.write({ observations: written % 4 === 0 ? rows : rows.reverse() });
    };
    const { observedAfter } = createObservationReader((sql) => {
      const statement = db.prepare(sql);
      statement.setReturnArrays(true);
      const all = (...values: Parameters<typeof statement.all>): unknown[] => {
        const found = statement.all(...values);
        writeTwo();
        return found;
      };
      return { ...statement, all };
    });
    const seen: string[] = [];
    for (let cursor = 0, isMore = true; isMore; ) {
      const { rows, cursor: next } = await observedAfter(cursor, 5);
      for (const { measurement, tags } of rows) seen.push(`${measurement} ${tags.site}`);
      isMore = written < 40 || next !== cursor;
      cursor = next;
    }
    expect(new Set(seen).size).toBe(40);
    expect(seen).toHaveLength(40);
    db.close();
    await store.close();
    directory.remove();
  });

  test("tells what observations were written since, in their order, over restarts and rollbacks", async () => {
    const directory = temporaryDirectory();
    const path = `${directory.path}/energy.db`;
    let store = openStore(path);
    const rows = ["a", "b", "c"].map((site) => observation("site_status", { site }));
    const usage = observation("limit_usage", { limit: "l", purpose: "budget", site: "s" });
    await store.write({ observations: [rows[0]!, usage, rows[1]!] });
    expect(await store.observedAfter(0, 2)).toMatchObject({ rows: [rows[0], usage] });
    const { cursor } = await store.observedAfter(0, 2);
    expect(await store.observedAfter(cursor, 2)).toMatchObject({ rows: [rows[1]] });
    const broken = { site: "x" } as never;
    await expect(store.write({ observations: [rows[2]!], live: [broken] })).rejects.toThrow();
    expect((await store.observedAfter(cursor, 9)).rows).toEqual([rows[1]]);
    await store.close();
    store = openStore(path);
    const all = await store.observedAfter(0, 9);
    expect(all.rows).toEqual([rows[0], usage, rows[1]]);
    await store.write({ observations: [rows[2]!, rows[0]!] });
    const since = await store.observedAfter(all.cursor, 9);
    expect(since.rows).toEqual([rows[2], rows[0]]);
    expect(await store.observedAfter(since.cursor, 9)).toEqual({ rows: [], cursor: since.cursor });
    expect(await store.observedAfter(since.cursor + 1_000, 9)).toEqual({ rows: [], cursor: since.cursor });
    expect((await store.observedAfter(0, 9)).rows).toEqual([usage, rows[1], rows[2], rows[0]]);
    await store.close();
    directory.remove();
  });

  test("is copied whole while it is written to", async () => {
    const directory = temporaryDirectory();
    const path = `${directory.path}/energy.db`;
    const store = openStore(path);
    await store.write({ facts: [{ name: "a", value: "1" }] });
    copyDatabase(path, `${directory.path}/copy.db`);
    await store.write({ facts: [{ name: "b", value: "2" }] });
    expect(troubleIn(`${directory.path}/copy.db`)).toBeUndefined();
    const copy = openStore(`${directory.path}/copy.db`);
    expect(await copy.fact("a")).toBe("1");
    expect(await copy.fact("b")).toBeUndefined();
    await copy.close();
    await store.close();
    directory.remove();
  });
});
