/** What every SeriesStore must do, whatever it is built on. */
import { afterEach, describe, expect, test } from "vitest";
import type { Figure, FigureKey } from "../../model/figure.ts";
import { type Observation, type ObservedName, observed, observedNames } from "../../model/observation.ts";
import type { SeriesStore } from "../../model/ports.ts";
import type { StoredReading } from "../../model/reading.ts";
import { placeOf } from "../../processors/shares/rejects.ts";
import { at } from "../world.ts";

export interface StoreUnderTest {
  readonly store: SeriesStore;
  close(): Promise<void>;
}

/** What a store does where write and commit are one, and where they are two. */
export interface StoreKind {
  /** Counts of the balance are added in the commit, or given as totals of a share. */
  readonly balance: "added" | "totals";
  /** Days whose months wait to be summed are kept in the store, or in the log. */
  readonly dirty: "store" | "log";
}

const HOUR = 3_600_000;
const series = { site: "s", meter: "m", register: "active-import" };
const start = at("2026-11-01");

function row(minutes: number, part: Partial<StoredReading> = {}): StoredReading {
  return {
    register: "active-import",
    at: start + minutes * 60_000,
    value: minutes,
    revision: 0,
    seq: -1,
    receivedAt: start,
    offset: 1,
    verdict: "ok",
    certain: true,
    ...part,
  };
}

function figure(part: Partial<Figure> = {}): Figure {
  return {
    scope: "site",
    owner: "s",
    carrier: "electricity",
    window: "15m",
    start,
    amount: 0.1 + 0.2,
    coverage: 1,
    estimated: 0,
    missingMeters: 0,
    kgceCalorific: 1 / 3,
    kgceEquivalent: null,
    kgCo2Location: -0.5,
    kgCo2Market: null,
    output: 0,
    outputEffects: { kgceCalorific: 0, kgceEquivalent: 0, kgCo2Location: 0, kgCo2Market: 0 },
    factors: ["a", "b"],
    ...part,
  };
}

/** An observation with a number in every field. */
export function observation(
  measurement: ObservedName,
  tags: Observation["tags"],
  part: Partial<Observation> = {},
): Observation {
  const { numbers, texts } = observed[measurement];
  return {
    measurement,
    tags,
    at: start,
    numbers: Object.fromEntries(numbers.map((field, i) => [field, i + 1 / 3])),
    texts: Object.fromEntries((texts as readonly string[]).map((field) => [field, `${field}: "a, b" \\ 港`])),
    ...part,
  };
}

export function seriesStoreContract(
  name: string,
  open: () => Promise<StoreUnderTest>,
  kind: StoreKind = { balance: "added", dirty: "store" },
): void {
  describe(`${name} is a series store`, () => {
    const opened: StoreUnderTest[] = [];
    const begin = async (): Promise<SeriesStore> => {
      const one = await open();
      opened.push(one);
      return one.store;
    };
    afterEach(async () => {
      for (const one of opened.splice(0)) await one.close();
    });

    test("keeps readings, losers included, and overwrites verdicts", async () => {
      const store = await begin();
      const rows = [
        row(0),
        row(15, { verdict: "superseded", certain: false, revision: 0 }),
        row(15, { revision: 1, value: 99 }),
        row(30),
      ];
      await store.write({ readings: [{ series, rows }] });
      await store.write({ readings: [{ series, rows }] });
      expect(await store.readings(series, start, start + HOUR)).toEqual(rows);
      await store.write({
        readings: [{ series, rows: [row(30, { verdict: "spike", certain: false, seq: 9 })] }],
      });
      expect((await store.readings(series, start + 1_800_000, start + HOUR))[0]).toMatchObject({
        verdict: "spike",
        certain: false,
        seq: 9,
      });
      expect(await store.readings({ ...series, register: "other" }, start, start + HOUR)).toEqual([]);
    });

    test("finds the certain neighbours of a moment, near and a year away", async () => {
      const store = await begin();
      const far = 400 * 24 * 60;
      await store.write({
        readings: [{ series, rows: [row(0), row(15, { verdict: "pending", certain: false }), row(far)] }],
      });
      expect((await store.certainAtOrBefore(series, start + 20 * 60_000))?.at).toBe(start);
      expect((await store.certainAtOrBefore(series, start))?.at).toBe(start);
      expect(await store.certainAtOrBefore(series, start - 1)).toBeUndefined();
      expect((await store.certainAtOrAfter(series, start + 1))?.at).toBe(start + far * 60_000);
      expect(await store.certainAtOrAfter(series, start + far * 60_000 + 1)).toBeUndefined();
      expect(await store.extent(series)).toEqual({ start, end: start + far * 60_000 });
    });

    test("gives figures back bit by bit, nulls and factors included, and overwrites them", async () => {
      const store = await begin();
      const figures = [
        figure(),
        figure({ start: start + HOUR / 4, kgceCalorific: null, factors: [] }),
        figure({ window: "day" }),
        figure({ window: "month" }),
      ];
      await store.write({ figures });
      const key = { scope: "site", owner: "s", carrier: "electricity" } as const;
      expect(await store.figures([key], "15m", start, start + HOUR)).toEqual(figures.slice(0, 2));
      expect(await store.figures([key], "15m", start + 1, start + HOUR)).toEqual([figures[1]]);
      expect(await store.figures([key], "day", start, start + 1)).toEqual([figures[2]]);
      expect(await store.figures([key], "month", start, start + 1)).toEqual([figures[3]]);
      await store.write({ figures: [figure({ amount: 7 })] });
      expect((await store.figures([key], "15m", start, start + 1))[0]!.amount).toBe(7);
      expect(await store.figures([{ ...key, carrier: "heat" }], "15m", start, start + HOUR)).toEqual([]);
    });

    test("gives numbers back as they were, the awkward ones too", async () => {
      const store = await begin();
      const numbers = [
        1 / 3,
        0.1 + 0.2,
        1e-15,
        5.551115123125783e-17,
        1e-300,
        2 ** 53 - 1,
        -1e21,
        3 + 2 ** -51,
        Number.MAX_VALUE,
        0,
      ];
      const figures = numbers.map((amount, i) =>
        figure({ amount, kgceCalorific: -amount, start: start + (i * HOUR) / 4 }),
      );
      const rows = numbers.map((value, i) => row(i, { value: Math.abs(value), revision: i }));
      await store.write({ figures, readings: [{ series, rows }] });
      const key = { scope: "site", owner: "s", carrier: "electricity" } as const;
      const found = await store.figures([key], "15m", start, start + 4 * HOUR);
      expect(found.map((one) => one.amount)).toEqual(numbers);
      expect((await store.readings(series, start, start + HOUR)).map((one) => one.value)).toEqual(
        numbers.map(Math.abs),
      );
    });

    test.each([
      ["site", "s", "s2"],
      ["group", "county", "town:s"],
    ] as const)(
      "forgets values of a %s that became unknown, and of no other window or series",
      async (scope, owner, other) => {
        const own = (part: Partial<Figure>): Figure => figure({ scope, owner, ...part });
        const store = await begin();
        const known = [0, 1, 2, 3].map((i) => own({ start: start + (i * HOUR) / 4 }));
        const neighbour = own({ owner: other });
        await store.write({ figures: [...known, neighbour, own({ window: "day" })] });
        const unknown = known.slice(1, 3).map((one) => ({
          ...one,
          kgceCalorific: null,
          kgCo2Location: null,
          outputEffects: { ...one.outputEffects, kgceCalorific: null },
        }));
        await store.write({ figures: unknown });
        const keys = [owner, other].map((one): FigureKey => ({ scope, owner: one, carrier: "electricity" }));
        expect(await store.figures(keys, "15m", start, start + HOUR)).toEqual([
          known[0],
          neighbour,
          ...unknown,
          known[3],
        ]);
        expect(await store.figures(keys, "day", start, start + 1)).toEqual([own({ window: "day" })]);
      },
    );

    test("does not take an earlier value for one that is unknown now, whoever wrote it", async () => {
      const store = await begin();
      await store.write({ figures: [figure({ kgceEquivalent: 7, kgCo2Market: 8 })] });
      const now = figure({ kgceEquivalent: null, kgCo2Market: null });
      const unknown = { ...now, outputEffects: { ...now.outputEffects, kgCo2Market: null } };
      await store.write({ figures: [unknown] });
      const key = { scope: "site", owner: "s", carrier: "electricity" } as const;
      expect(await store.figures([key], "15m", start, start + 1)).toEqual([unknown]);
    });

    test("takes of a figure given twice the last, and nothing of the first", async () => {
      const store = await begin();
      await store.write({ figures: [figure(), figure({ kgceCalorific: null, amount: 2 })] });
      const key = { scope: "site", owner: "s", carrier: "electricity" } as const;
      expect(await store.figures([key], "15m", start, start + 1)).toEqual([
        figure({ kgceCalorific: null, amount: 2 }),
      ]);
    });

    test("answers figures of meters, sites and groups asked at the same time, to each its own", async () => {
      const store = await begin();
      const meters = ["a", "b"].map((meter) =>
        figure({
          scope: "meter",
          owner: `s/${meter}`,
          kgceCalorific: null,
          kgCo2Location: null,
          factors: [],
          outputEffects: {
            kgceCalorific: null,
            kgceEquivalent: null,
            kgCo2Location: null,
            kgCo2Market: null,
          },
        }),
      );
      const group = figure({ scope: "group", owner: "town:x!national" });
      await store.write({ figures: [...meters, figure(), group] });
      const asked = [...meters, figure(), group].map(({ scope, owner, carrier }) =>
        store.figures([{ scope, owner, carrier }], "15m", start, start + HOUR),
      );
      expect(await Promise.all(asked)).toEqual([[meters[0]], [meters[1]], [figure()], [group]]);
    });

    test("gives the figures of few and of very many owners by start, then owner", async () => {
      const store = await begin();
      const owners = Array.from({ length: 120 }, (_, i) => `s${String(i).padStart(3, "0")}`);
      const figures = owners.flatMap((owner) =>
        [0, 1].map((i) => figure({ owner, start: start + (i * HOUR) / 4 })),
      );
      await store.write({ figures });
      for (const some of [owners.slice(0, 5), owners]) {
        const keys = some.map((owner) => ({ scope: "site", owner, carrier: "electricity" }) as const);
        const found = await store.figures(keys, "15m", start, start + HOUR);
        expect(found.map((one) => [one.start, one.owner])).toEqual([
          ...some.map((owner) => [start, owner]),
          ...some.map((owner) => [start + HOUR / 4, owner]),
        ]);
      }
    });

    test("keeps what waits, what is live, the ledger and facts", async () => {
      const store = await begin();
      const span = {
        site: "s",
        meter: "m",
        start,
        end: start + HOUR,
        firstAt: 1,
        lastAt: 2,
        cause: "readings",
      };
      const mark = { site: "s", carrier: "electricity", day: 20_000 };
      const live = {
        site: "s",
        meter: "m",
        at: start,
        receivedAt: start,
        register: "active-import",
        value: 5,
        powerKw: 7,
      };
      const { scope, owner, carrier, window: _, start: __, ...values } = figure();
      const entry = {
        scope,
        owner,
        carrier,
        window: "day" as const,
        start,
        before: null,
        after: values,
        cause: "factor",
        at: 5,
      };
      await store.write({
        pendingSet: [span],
        dirtySet: [mark, mark],
        live: [live],
        ledger: [entry],
        facts: [{ name: "f", value: "1" }],
      });
      expect(await store.pending()).toEqual([span]);
      expect(await store.dirty()).toEqual(kind.dirty === "store" ? [mark] : []);
      expect(await store.live()).toEqual([live]);
      expect(await store.ledger([{ scope, owner, carrier }], start, start + 1, 10)).toEqual([entry]);
      expect(await store.ledger(undefined, start + 1, start + 2, 10)).toEqual([]);
      await store.write({
        live: [{ ...live, at: start - 1, value: 4 }],
        facts: [{ name: "f", value: "2" }],
        pendingDone: [span],
        dirtyDone: [mark],
      });
      expect((await store.live())[0]!.value).toBe(5);
      expect(await store.fact("f")).toBe("2");
      expect(await store.fact("g")).toBeUndefined();
      expect(await store.pending()).toEqual([]);
      expect(await store.dirty()).toEqual([]);
    });

    test("counts the balance, and reads what was set aside from the verdicts", async () => {
      const store = await begin();
      const day = 20_758;
      const receivedAt = at("2026-11-01T12:00:00");
      const count = {
        site: "s",
        day,
        received: 5,
        accepted: 3,
        repeated: 1,
        rejected: { "no-zone": 1 } as const,
      };
      const spike = row(15, { receivedAt, verdict: "spike", certain: false });
      await store.write({ readings: [{ series, rows: [row(0, { receivedAt }), spike] }] });
      const share = { topic: "readings", partition: 3 } as const;
      const other = { ...count, received: 1, accepted: 0, repeated: 1, rejected: {} };
      if (kind.balance === "added") {
        await store.write({ balance: [count] });
        await store.write({ balance: [other] });
      } else {
        const total = { ...count, ...share, upTo: 8 };
        await store.write({ balanceTotals: [{ ...total, received: 4, upTo: 7 }] });
        await store.write({ balanceTotals: [total, { ...other, ...share, topic: "rejects", upTo: 0 }] });
        expect(await store.balanceTotals?.("readings", 3, day)).toEqual([total]);
        expect(await store.balanceTotals?.("readings", 4, day)).toEqual([]);
      }
      expect(await store.balance(day)).toEqual([{ ...count, received: 6, repeated: 2, setAside: 1 }]);
      expect(await store.balance(day, "s")).toHaveLength(1);
      expect(await store.balance(day + 1)).toEqual([]);
      expect(await store.balance(day, "other")).toEqual([]);
      await store.write({ readings: [{ series, rows: [{ ...spike, verdict: "ok", certain: true }] }] });
      expect((await store.balance(day))[0]!.setAside).toBe(0);
    });

    describe("observations", () => {
      const ever = { from: 0, to: Number.MAX_SAFE_INTEGER };
      const status = (meter: string, minutes: number, part: Partial<Observation["numbers"]> = {}) => {
        const row = observation("meter_status", { site: "s", meter }, { at: start + minutes * 60_000 });
        return { ...row, numbers: { ...row.numbers, ...part } as Observation["numbers"] };
      };

      test("of every kind come back as they were, what is unknown and empty texts too", async () => {
        const store = await begin();
        for (const measurement of observedNames) {
          const { tags, numbers, texts } = observed[measurement];
          const all = Object.fromEntries(tags.map((tag) => [tag, `${tag} = 1, x`]));
          const nothing = {
            numbers: Object.fromEntries(numbers.map((field) => [field, null])),
            texts: Object.fromEntries((texts as readonly string[]).map((field) => [field, ""])),
          };
          const rows = [
            observation(measurement, { [tags[0]!]: "a" }, nothing),
            observation(measurement, all),
            observation(measurement, all, { at: start + 1, ...nothing }),
          ];
          await store.write({ observations: [rows[2]!, rows[1]!, rows[0]!] });
          expect(await store.observations({ measurement, ...ever }), measurement).toEqual(rows);
        }
      });

      test("that are written again take the place of what was there, known numbers by unknown ones", async () => {
        const store = await begin();
        await store.write({ observations: [status("m", 0)] });
        const now = status("m", 0, { powerRatio: null, state: 3, ageMs: 0 });
        await store.write({ observations: [status("m", 0, { state: 1 }), now] });
        expect(await store.observations({ measurement: "meter_status", ...ever })).toEqual([now]);
      });

      test("are found by tags and time, by tags and then time; the newest of each series alone", async () => {
        const store = await begin();
        const rows = ["m1", "m10", "m2"].flatMap((meter) => [0, 15, 30].map((at) => status(meter, at)));
        const stranger = observation("meter_status", { site: "t", meter: "m1" });
        const usage = observation("limit_usage", { limit: "l", purpose: "budget", group: "county" });
        await store.write({ observations: [usage, stranger, ...rows.toReversed()] });
        const ask = (query: object) =>
          store.observations({ measurement: "meter_status", tags: { site: "s" }, ...ever, ...query });
        expect(await ask({})).toEqual(rows);
        expect(await ask({ tags: {} })).toEqual([...rows, stranger]);
        expect(await ask({ tags: { site: "s", meter: "m1" } })).toEqual(rows.slice(0, 3));
        expect(await ask({ from: start + 900_000, to: start + 1_800_000 })).toEqual(
          rows.filter((_, i) => i % 3 === 1),
        );
        expect(await ask({ newest: true })).toEqual(rows.filter((_, i) => i % 3 === 2));
        expect(await ask({ newest: true, to: start + 1 })).toEqual(rows.filter((_, i) => i % 3 === 0));
        expect(await ask({ tags: { site: "nobody" } })).toEqual([]);
        expect(await ask({ tags: { gateway: "g" } })).toEqual([]);
        expect(await ask({ from: start, to: start })).toEqual([]);
        const limits = { measurement: "limit_usage", ...ever } as const;
        expect(await store.observations({ ...limits, tags: { limit: "l" } })).toEqual([usage]);
        expect(await store.observations({ ...limits, tags: { group: "county" } })).toEqual([usage]);
        expect(await store.observations({ ...limits, tags: { site: "county" } })).toEqual([]);
      });

      test.each([
        { tags: { site: "s", meter: "m", gateway: "g" } },
        { numbers: { amount: 1 } },
        { texts: { summary: "x" } },
      ])("with %o, which their kind has not, are refused", async (part) => {
        const store = await begin();
        const wrong = observation("meter_status", { site: "s", meter: "m" }, part);
        await expect(store.write({ observations: [wrong] })).rejects.toThrow(/meter_status has none of the/);
        expect(await store.observations({ measurement: "meter_status", ...ever })).toEqual([]);
      });
    });

    test("keeps rejects, newest first, and remembers that one was replayed", async () => {
      const store = await begin();
      const reject = {
        code: "no-zone" as const,
        detail: "d",
        site: "s",
        origin: "t",
        receivedAt: start,
        values: 1,
        length: 2,
        sha256: "x",
        payload: "e30=",
      };
      await store.write({
        rejects: [
          { ...reject, offset: 1 },
          { ...reject, offset: 2, code: "future" as const },
        ],
      });
      const query = { from: start, to: start + 1, limit: 10 };
      expect((await store.rejects(query)).map((one) => one.offset)).toEqual([2, 1]);
      expect((await store.rejects({ ...query, code: "no-zone" })).map((one) => one.offset)).toEqual([1]);
      expect((await store.rejects({ ...query, before: 2 })).map((one) => one.offset)).toEqual([1]);
      await store.write({ rejects: [{ ...reject, offset: 1, replayedAt: 9 }] });
      await store.write({ rejects: [{ ...reject, offset: 1 }] });
      expect((await store.rejects({ ...query, before: 2 }))[0]).toEqual({
        ...reject,
        offset: 1,
        replayedAt: 9,
      });
    });

    test("keeps all rejects of an import: of one moment, with the numbers of one partition", async () => {
      const store = await begin();
      const reject = {
        code: "future" as const,
        detail: "d",
        site: "s",
        origin: "import",
        receivedAt: start,
        values: 1,
        length: 2,
        sha256: "x",
        payload: "e30=",
      };
      for (const sign of [1, -1]) {
        const offsets = Array.from({ length: 1_100 }, (_, i) => sign * placeOf(3, 1 + i));
        await store.write({ rejects: offsets.map((offset) => ({ ...reject, offset })) });
      }
      const found = await store.rejects({ from: start, to: start + 1, limit: 3_000 });
      expect(found).toHaveLength(2_200);
      expect(new Set(found.map(({ offset }) => Math.abs(offset))).size).toBe(1_100);
    });
  });
}
