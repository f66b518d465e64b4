import { describe, expect, test } from "vitest";
import { copyDatabase, openDatabase, troubleIn } from "../../adapters/sqlite/driver.ts";
import { createSqliteLog } from "../../adapters/sqlite/log.ts";
import { createSqliteStore } from "../../adapters/sqlite/store.ts";
import type { EventLog, LogBatch } from "../../model/ports.ts";
import { calendarOf } from "../../model/time.ts";
import { eventLogContract } from "../contracts/event-log.ts";
import { seriesStoreContract } from "../contracts/series-store.ts";
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
    old.exec(`ALTER TABLE dirty DROP COLUMN causes; PRAGMA user_version=2;
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
