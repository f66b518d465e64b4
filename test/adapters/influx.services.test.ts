/** The store on a real InfluxDB, with a token that may use its bucket and nothing else. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import "../property-seed.ts";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { winnerLines } from "../../adapters/influx/reading-lines.ts";
import { createInfluxStore, type InfluxStore } from "../../adapters/influx/store.ts";
import { measurements, recordMeasurements } from "../../model/measurements.ts";
import type { StoredReading } from "../../model/reading.ts";
import { calendarOf } from "../../model/time.ts";
import { isChanged, merge, rowOf, storedOf, winners } from "../../processors/normalize/merge.ts";
import { seriesStoreContract } from "../contracts/series-store.ts";
import { projectRoot } from "../program.ts";
import { haveServices } from "../services/available.ts";
import { type InfluxService, startInflux } from "../services/influx.ts";
import { askInflux, emptyBucket, tokenFor } from "./influx-bucket.ts";
import { type FaultyProxy, startProxy } from "./influx-proxy.ts";
import { everythingOnce, figureOf, readingOf, rejectOf, series, start } from "./influx-samples.ts";

const calendar = calendarOf("Asia/Shanghai");
const QUARTER = 900_000;
const DAY = 86_400_000;
const ever = [0, Number.MAX_SAFE_INTEGER] as const;

describe("docs/measurements.md", () => {
  test("has every record of InfluxDB with its tags and fields, in their order, and no other", () => {
    const page = readFileSync(join(projectRoot, "docs/measurements.md"), "utf8");
    const section = page.split(/^## /m).find((part) => part.startsWith("Records in InfluxDB\n")) ?? "";
    const names = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
    const rows = section
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .map((line) => line.split("|"))
      .map(([, name, tags, fields]) => [names(name)[0], { tags: names(tags), fields: names(fields) }]);
    expect(Object.fromEntries(rows)).toEqual(recordMeasurements);
  });
});

describe.skipIf(!(await haveServices(["influx"])))("InfluxDB", () => {
  let influx: InfluxService;
  let proxy: FaultyProxy;
  const stores: InfluxStore[] = [];
  beforeAll(async () => {
    influx = await startInflux();
    proxy = await startProxy(influx.url);
  });
  afterAll(async () => {
    await proxy?.close();
    await influx?.stop();
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });

  const open = async (url = influx.url): Promise<InfluxStore & { bucket: string }> => {
    const bucket = await emptyBucket(influx);
    const token = await tokenFor(influx, bucket);
    const store = createInfluxStore({ url, org: influx.org, bucket, token, calendar });
    stores.push(store);
    return Object.assign(store, { bucket });
  };

  seriesStoreContract(
    "InfluxDB",
    async () => {
      const store = await open();
      return { store, close: async () => undefined };
    },
    { balance: "totals", dirty: "log" },
  );

  test("has no measurement, tag or field that is not named in model/measurements.ts", async () => {
    const store = await open();
    await store.write({
      ...everythingOnce(calendar),
      figures: (["meter", "site", "group"] as const).flatMap((scope) =>
        (["15m", "day", "month"] as const)
          .filter((window) => scope !== "meter" || window !== "month")
          .map((window) =>
            figureOf({
              scope,
              window,
              owner: scope === "meter" ? "s/m" : "x",
              kgceEquivalent: 1,
              kgCo2Market: 1,
            }),
          ),
      ),
      rejects: [rejectOf(1, { replayedAt: 3 })],
    });
    const named: Record<string, { readonly tags: readonly string[]; readonly fields: readonly string[] }> = {
      ...measurements,
      ...recordMeasurements,
    };
    const tags = await askInflux(influx, store.bucket, "SHOW TAG KEYS");
    const fields = await askInflux(influx, store.bucket, "SHOW FIELD KEYS");
    expect(Object.keys(fields).sort()).toEqual(Object.keys(named).sort());
    for (const [name, found] of Object.entries(fields)) {
      expect([...named[name]!.tags].sort(), name).toEqual([...(tags[name] ?? [])].sort());
      const isStored = (field: string): boolean => !/^body(?!0$)/.test(field);
      expect(named[name]!.fields.filter(isStored).sort(), name).toEqual([...found].sort());
    }
  });

  describe("readings of one moment", () => {
    /** What the processors do with an arriving reading. */
    const arrive = async (store: InfluxStore, key: typeof series, reading: StoredReading): Promise<void> => {
      const stored = await store.readings(key, ...ever);
      const { rows } = merge(stored.map(rowOf), [reading]);
      for (const row of winners(rows)) Object.assign(row, { verdict: "ok", certain: true });
      await store.write({ readings: [{ series: key, rows: rows.filter(isChanged).map(storedOf) }] });
    };

    test("end as the same rows in every order of arrival, a loser that wins after all included", async () => {
      const store = await open();
      const arrivals = [
        readingOf(0, { value: 5, seq: 1, offset: 1 }),
        readingOf(0, { value: 9, seq: 2, offset: 2 }),
        readingOf(0, { value: 5, seq: 3, offset: 3 }),
        readingOf(0, { value: 7, seq: 0, revision: 1, offset: 4 }),
        readingOf(0, { value: 6, seq: 0, revision: 1, offset: 5 }),
      ];
      const permutations = <T>(list: readonly T[]): T[][] =>
        list.length === 0
          ? [[]]
          : list.flatMap((one, i) =>
              permutations(list.filter((_, k) => k !== i)).map((rest) => [one, ...rest]),
            );
      const orders = permutations(arrivals);
      const results = await Promise.all(
        orders.map(async (order, i) => {
          const key = { ...series, meter: `m-${i}` };
          for (const reading of order) await arrive(store, key, reading);
          return store.readings(key, ...ever);
        }),
      );
      expect(results[0]!.map(({ value, verdict, seq }) => [value, verdict, seq])).toEqual([
        [5, "superseded", 3],
        [9, "superseded", 2],
        [6, "ok", 0],
        [7, "superseded", 0],
      ]);
      for (const result of results) expect(result).toEqual(results[0]);
    });

    test("survive a write of the first that lands after its correction, and are put right by judging anew", async () => {
      const store = await open();
      const first = readingOf(0, { value: 5 });
      const correction = readingOf(0, { value: 7, revision: 1, offset: 2 });
      await arrive(store, series, first);
      await arrive(store, series, correction);
      const right = [
        { ...first, verdict: "superseded", certain: false },
        { ...correction, verdict: "ok", certain: true },
      ];
      expect(await store.readings(series, ...ever)).toEqual(right);
      const late = winnerLines([{ series, rows: [{ ...first, verdict: "ok", certain: true }] }]);
      const url = `${influx.url}/api/v2/write?org=${influx.org}&bucket=${store.bucket}&precision=ms`;
      const headers = { authorization: `Token ${influx.token}` };
      expect((await fetch(url, { method: "POST", headers, body: late.join("\n") })).status).toBe(204);
      const found = await store.readings(series, ...ever);
      expect(found.map(({ value, revision }) => [value, revision])).toEqual([
        [5, 0],
        [7, 1],
      ]);
      await arrive(store, series, correction);
      expect(await store.readings(series, ...ever)).toEqual(right);
      expect(await store.certainAtOrBefore(series, start)).toEqual(right[1]);
    });

    test("are all kept, thousands of them, without a series for each", async () => {
      const store = await open();
      const losers = Array.from({ length: 3_000 }, (_, i) =>
        readingOf(0, { value: i + 1, verdict: "superseded", certain: false }),
      );
      const rows = [readingOf(0, { value: 0, seq: 9 }), ...losers];
      // In parts and again, so that places are taken already.
      await store.write({ readings: [{ series, rows: rows.slice(0, 1_500) }] });
      await store.write({ readings: [{ series, rows: rows.slice(1_000) }] });
      expect(await store.readings(series, start, start)).toEqual(rows);
      const found = await askInflux(influx, store.bucket, "SHOW SERIES FROM reading_loser");
      expect(Object.values(found).flat()).toHaveLength(1);
    });
  });

  test("an entry of the ledger is kept once, and every other change of the figure too", async () => {
    const store = await open();
    const { scope, owner, carrier, window, start: at, ...values } = figureOf();
    const key = { scope, owner, carrier, window, start: at };
    const entry = (before: number | null, after: number, time: number) => ({
      ...key,
      before: before === null ? null : { ...values, amount: before },
      after: { ...values, amount: after },
      cause: "readings",
      at: time,
    });
    const entries = [entry(null, 1, 10), entry(1, 2, 20), entry(2, 1, 30), entry(1, 2, 40)];
    await store.write({ ledger: [entries[0]!] });
    await store.write({ ledger: [{ ...entries[0]!, at: 15 }] });
    for (const one of entries.slice(1)) await store.write({ ledger: [one] });
    // The same values in another order, as they are when read back.
    const { factors, ...rest } = entries[3]!.before!;
    await store.write({ ledger: [{ ...entries[3]!, before: { factors, ...rest }, at: 45 }] });
    // Somebody who did not see the figure.
    await store.write({ ledger: [entry(null, 2, 50)] });
    const newestFirst = [...entries].reverse();
    expect(await store.ledger([key], at, at + 1, 10)).toEqual(newestFirst);
    expect(await store.ledger(undefined, at, at + 1, 2)).toEqual(newestFirst.slice(0, 2));
    expect(await store.ledger(undefined, at, at + 1, Number.MAX_SAFE_INTEGER)).toEqual(newestFirst);
    expect(await store.ledger([{ ...key, scope: "group" }], at, at + 1, 10)).toEqual([]);
    expect(await store.ledger([key], at + 1, at + DAY, 10)).toEqual([]);
  });

  test("rejects of one millisecond stay apart, and payloads of 256 KiB come back whole", async () => {
    const store = await open();
    // Negative offsets are those of the topic of readings.
    const many = Array.from({ length: 1_200 }, (_, i) => rejectOf(i < 600 ? i - 600 : 499_400 + i));
    const payload = Buffer.alloc(256 * 1024, '能源\0"\\\n').toString("base64");
    const large = rejectOf(7, { site: "_unknown", code: "malformed-json", payload, detail: '"\\\n能😀' });
    await store.write({ rejects: [...many, large] });
    await store.write({ rejects: [...many] });
    const page = await store.rejects({ from: start, to: start + 1, limit: 1_500 });
    expect(page).toEqual([...[...many].reverse().slice(0, 600), large, ...[...many].reverse().slice(600)]);
    const second = await store.rejects({ from: start, to: start + 1, limit: 1_500, before: 7 });
    expect(second).toEqual(page.slice(601));
    const [one] = await store.rejects({ from: start, to: start + 1, limit: 5, site: "_unknown" });
    expect(one).toEqual(large);
    expect(await store.rejects({ from: start + 1, to: start + DAY, limit: 5 })).toEqual([]);
  });

  test("a fact of which another process has written a part only is waited for", async () => {
    const store = await open();
    const post = async (line: string): Promise<void> => {
      const url = `${influx.url}/api/v2/write?org=${influx.org}&bucket=${store.bucket}&precision=ms`;
      const headers = { authorization: `Token ${influx.token}` };
      expect((await fetch(url, { method: "POST", headers, body: line })).status).toBe(204);
    };
    await post("fact,name=half parts=1 0");
    const found = store.fact("half");
    await new Promise((resolve) => setTimeout(resolve, 300));
    await post("fact,name=half packed=0 0");
    await post('fact,name=half body0="whole" 0');
    expect(await found).toBe("whole");
  });

  test("texts longer than InfluxDB's 64 KiB, and longer than all its fields, come back whole", async () => {
    const store = await open();
    // Three-byte and four-byte characters, so that cuts would fall inside of them.
    const texts = ["", "x", "😀岱山".repeat(40_000), `a${"😀".repeat(150_000)}`, "ab能".repeat(900_000)];
    for (const value of texts) {
      await store.write({ facts: [{ name: "f", value }] });
      expect((await store.fact("f")) === value).toBe(true);
    }
    const noise = Array.from({ length: 700_000 }, (_, i) => Math.sin(i)).join("");
    await expect(store.write({ facts: [{ name: "f", value: noise }] })).rejects.toThrow(
      /fact f has .* bytes/,
    );
  });

  test("names of any letters are kept apart, and none reaches beyond its quotes", async () => {
    const store = await open();
    const sites = [
      "岱山 船厂",
      "o'x",
      'q"x',
      "b\\x",
      "a,b=c",
      "' OR 1=1 --",
      "x' OR site=~/.*/",
      "\\'",
      "😀",
    ];
    const all = [...sites, "plain"];
    const changes = all.map((site, i) => ({
      series: { ...series, site },
      rows: [
        readingOf(0, { value: i }),
        readingOf(0, { value: i + 0.5, verdict: "superseded", certain: false }),
      ],
    }));
    const figures = all.map((owner, i) => figureOf({ owner, amount: i }));
    await store.write({
      readings: changes,
      figures,
      pendingSet: all.map((site) => ({
        site,
        meter: "",
        start: 1,
        end: 2,
        firstAt: 0,
        lastAt: 0,
        cause: site,
      })),
      rejects: all.map((site, i) => rejectOf(i, { site })),
      facts: all.map((name) => ({ name, value: name })),
    });
    for (const [i, site] of all.entries()) {
      expect(await store.readings({ ...series, site }, ...ever), site).toEqual(changes[i]!.rows);
      const key = { scope: "site", owner: site, carrier: "electricity" } as const;
      expect(await store.figures([key], "15m", start, start + 1)).toEqual([figures[i]]);
      const found = await store.rejects({ from: start, to: start + 1, site, limit: 9 });
      expect(found.map((one) => one.site)).toEqual([site]);
      expect(await store.fact(site)).toBe(site);
      const unknown = { ...figures[i]!, kgceCalorific: null };
      await store.write({ figures: [unknown], pendingDone: [{ site, meter: "" }] });
      expect(await store.figures([key], "15m", start, start + 1)).toEqual([unknown]);
    }
    expect(await store.pending()).toEqual([]);
    const rest = await store.figures(
      all.map((owner) => ({ scope: "site", owner, carrier: "electricity" }) as const),
      "15m",
      start,
      start + 1,
    );
    expect(rest).toHaveLength(all.length);
    await expect(store.write({ facts: [{ name: "a\nfact,name=b parts=0 0", value: "" }] })).rejects.toThrow(
      /cannot be a tag/,
    );
  });

  test("every number comes back bit by bit", async () => {
    const store = await open();
    const key = { scope: "site", owner: "s", carrier: "electricity" } as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 50 }),
        async (raw) => {
          // −0 is kept as 0, as the embedded store does.
          const numbers = [...raw.map((value) => value + 0), 1e-300, 5e-324, 2 ** 53 - 1, 0.1 + 0.2];
          await store.write({
            figures: numbers.map((amount, i) => figureOf({ amount, start: start + i * QUARTER })),
          });
          const found = await store.figures([key], "15m", start, start + numbers.length * QUARTER);
          expect(found.map((one) => one.amount)).toEqual(numbers);
        },
      ),
      { numRuns: 40 },
    );
  });

  test("the balance counts what is set aside now, of readings late by a year and of losers", async () => {
    const store = await open();
    const receivedAt = start + 3_600_000;
    const year = -365 * 96;
    const rows = [
      readingOf(0, { receivedAt }),
      readingOf(1, { receivedAt, verdict: "dip", certain: false }),
      readingOf(year, { receivedAt, verdict: "implausible", certain: false }),
      readingOf(year + 1, { receivedAt, verdict: "pending", certain: false }),
      readingOf(2, { receivedAt, value: 1, verdict: "superseded", certain: false }),
      readingOf(2, { receivedAt: receivedAt + DAY, value: 2, revision: 1, verdict: "spike", certain: false }),
    ];
    const day = calendar.dayOf(receivedAt);
    const total = { site: "s", day, topic: "readings", partition: 1, upTo: 9 } as const;
    const counts = { received: 6, accepted: 6, repeated: 0, rejected: {} };
    await store.write({
      readings: [{ series, rows }],
      balanceTotals: [
        { ...total, ...counts },
        { ...total, ...counts, day: day + 1 },
      ],
    });
    const aside = async (which: number) => (await store.balance(which))[0]!.setAside;
    expect(await aside(day)).toBe(3);
    expect(await aside(day + 1)).toBe(1);
    // The loser wins after all, and the other one loses.
    await store.write({
      readings: [
        {
          series,
          rows: [
            { ...rows[4]!, verdict: "ok", certain: true },
            { ...rows[5]!, verdict: "superseded" },
          ],
        },
      ],
    });
    expect(await aside(day)).toBe(2);
    expect(await aside(day + 1)).toBe(1);
    await expect(store.write({ balance: [{ site: "s", day, ...counts }] })).rejects.toThrow(/totals/);
  });

  test("what is live is never older than it was, whoever has the lease", async () => {
    const store = await open();
    const row = { site: "s", meter: "m", receivedAt: 1, register: "r", value: 1 };
    const write = (at: number, powerKw: number | null, lease?: AbortSignal) =>
      store.write({ live: [{ ...row, at, powerKw }] }, lease);
    const [first, second] = [new AbortController().signal, new AbortController().signal];
    await write(10, 5, first);
    await write(9, 6, first);
    await write(20, null, first);
    await write(15, 7, second);
    await write(19, 8);
    expect(await store.live()).toEqual([{ ...row, at: 20, powerKw: 5 }]);
    await write(20, 9, second);
    expect(await store.live()).toEqual([{ ...row, at: 20, powerKw: 9 }]);
  });

  describe("read ahead", () => {
    test("answers as the store does, from memory where it can", async () => {
      const store = await open(proxy.url);
      const meters = Array.from({ length: 40 }, (_, i) => ({
        site: `s-${i % 4}`,
        meter: `m-${i}`,
        register: "r",
      }));
      const changes = meters.map((key, i) => ({
        series: key,
        rows: Array.from({ length: 96 }, (_, k) => [
          readingOf(k, {
            register: "r",
            value: i + k,
            verdict: k % 7 === 3 ? "spike" : "ok",
            certain: k % 7 !== 3 && k % 5 !== 0,
          }),
          ...(k % 11 === 0
            ? [
                readingOf(k, {
                  register: "r",
                  value: 0.5,
                  revision: -1,
                  verdict: "superseded",
                  certain: false,
                }),
              ]
            : []),
        ])
          .flat()
          .sort((a, b) => a.at - b.at || a.revision - b.revision || a.value - b.value),
      }));
      const keys = meters.map(({ site, meter }) => ({
        scope: "meter" as const,
        owner: `${site}/${meter}`,
        carrier: "electricity",
      }));
      const none = { kgceCalorific: null, kgceEquivalent: null, kgCo2Location: null, kgCo2Market: null };
      const meterFigures = keys.flatMap((key, i) =>
        Array.from({ length: 96 }, (_, k) =>
          figureOf({
            ...key,
            ...none,
            outputEffects: none,
            factors: [],
            amount: i * k,
            start: start + k * QUARTER,
          }),
        ),
      );
      await store.write({
        readings: changes,
        figures: [...meterFigures, figureOf({ owner: "s-1", window: "day" })],
      });
      const site = { scope: "site" as const, owner: "s-1", carrier: "electricity" };
      const noon = start + 48 * QUARTER;
      const unheard = { site: "s-9", meter: "m", register: "r" };
      const wanted = [...meters.slice(0, 30), unheard];
      const before = proxy.seen.length;
      const ahead = await store.ahead({
        readings: wanted.map((key, i) => ({ series: key, from: noon + (i % 3) * QUARTER })),
        figures: [...keys.slice(0, 30), site].map((key) => ({ key, from: start, to: start + DAY })),
      });
      // One of them asks whether the meter that nobody heard of was ever read.
      expect(proxy.seen.length - before).toBeLessThanOrEqual(6);
      const asked = proxy.seen.length;
      for (const [i, key] of wanted.entries()) {
        const from = noon + (i % 3) * QUARTER;
        const row = key === unheard ? [] : changes[i]!.rows;
        expect(await ahead.readings(key, from, start + DAY)).toEqual(row.filter((one) => one.at >= from));
        expect(await ahead.certainAtOrAfter(key, from)).toEqual(
          row.find((one) => one.at >= from && one.certain),
        );
        const last = row.filter((one) => one.certain).at(-1);
        if (last || key === unheard) expect(await ahead.certainAtOrBefore(key, start + DAY)).toEqual(last);
      }
      expect(await ahead.figures(keys.slice(0, 30), "15m", start, start + DAY)).toHaveLength(30 * 96);
      expect(await ahead.figures([site], "day", start, start + 1)).toHaveLength(1);
      expect(await ahead.figures([site], "15m", start, start + DAY)).toEqual([]);
      expect(proxy.seen.length).toBe(asked);
      for (const key of [...meters, unheard]) {
        for (const moment of [
          start,
          start + 5 * QUARTER,
          noon,
          noon + QUARTER,
          noon + 3 * QUARTER + 1,
          start + DAY,
        ]) {
          expect(await ahead.certainAtOrBefore(key, moment)).toEqual(
            await store.certainAtOrBefore(key, moment),
          );
          expect(await ahead.certainAtOrAfter(key, moment)).toEqual(
            await store.certainAtOrAfter(key, moment),
          );
        }
        expect(await ahead.readings(key, start, noon)).toEqual(await store.readings(key, start, noon));
      }
      expect(await ahead.figures(keys, "15m", start, noon)).toEqual(
        await store.figures(keys, "15m", start, noon),
      );
      expect(await ahead.figures(keys, "15m", start - DAY, noon)).toEqual(
        await store.figures(keys, "15m", start - DAY, noon),
      );
    });
  });

  test("figures asked for in one tick are one question", async () => {
    const store = await open(proxy.url);
    const owners = Array.from({ length: 50 }, (_, i) => `s-${i}`);
    await store.write({ figures: owners.map((owner, i) => figureOf({ owner, amount: i })) });
    const before = proxy.seen.length;
    const found = await Promise.all(
      owners.map((owner) =>
        store.figures([{ scope: "site", owner, carrier: "electricity" }], "15m", start, start + DAY),
      ),
    );
    expect(found.map((rows) => rows.map((row) => row.amount))).toEqual(owners.map((_, i) => [i]));
    expect(proxy.seen.length - before).toBe(1);
  });
});
