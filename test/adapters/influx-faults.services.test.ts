/** The store when InfluxDB, or the way to it, fails: nothing is lost, nothing doubled, nothing written too late. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { InfluxOptions } from "../../adapters/influx/options.ts";
import { prepareInflux } from "../../adapters/influx/prepare.ts";
import { createInfluxStore, type InfluxStore } from "../../adapters/influx/store.ts";
import { TransientError } from "../../model/errors.ts";
import type { Changes } from "../../model/ports.ts";
import { calendarOf } from "../../model/time.ts";
import { haveServices } from "../services/available.ts";
import { makeCertificates } from "../services/certificates.ts";
import { type InfluxService, startInflux } from "../services/influx.ts";
import { emptyBucket } from "./influx-bucket.ts";
import { type Fate, type FaultyProxy, pass, startProxy } from "./influx-proxy.ts";
import { everythingOnce, figureOf, readingOf, series, start, stateOf } from "./influx-samples.ts";

const calendar = calendarOf("Asia/Shanghai");
const isWrite = (path: string): boolean => path.startsWith("/api/v2/write");

async function timeOf(work: Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work.catch(() => undefined);
  return performance.now() - begun;
}

describe.skipIf(!(await haveServices(["influx"], { own: true })))("InfluxDB in trouble", () => {
  let influx: InfluxService;
  let proxy: FaultyProxy;
  let bucket: string;
  let lines: string[];
  const stores: InfluxStore[] = [];
  beforeAll(async () => {
    influx = await startInflux();
  });
  afterAll(() => influx?.stop());
  beforeEach(async () => {
    proxy = await startProxy(influx.url);
    bucket = await emptyBucket(influx);
    lines = [];
  });
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
    await proxy.close();
    expect(lines.filter((line) => line.includes(influx.token))).toEqual([]);
  });

  const options = (more: Partial<InfluxOptions> = {}): InfluxOptions => ({
    url: proxy.url,
    org: influx.org,
    bucket,
    token: influx.token,
    calendar,
    log: (level, message) => lines.push(`${level} ${message}`),
    ...more,
  });
  const open = (more: Partial<InfluxOptions> = {}): InfluxStore => {
    const store = createInfluxStore(options(more));
    stores.push(store);
    return store;
  };
  /** Lets `fates` befall the first writes, one each. */
  const befall = (...fates: Fate[]): void => {
    const left = [...fates];
    proxy.decide = ({ path }) => (isWrite(path) ? (left.shift() ?? pass) : pass);
  };
  const one: Changes = { facts: [{ name: "f", value: "1" }] };

  test("kill -9 while writes are under way: they wait for it, and everything is there", async () => {
    const store = open({ url: influx.url });
    const lease = new AbortController();
    const batches = Array.from({ length: 30 }, (_, i) => ({
      readings: [{ series, rows: Array.from({ length: 400 }, (_, k) => readingOf(i * 400 + k)) }],
      figures: Array.from({ length: 400 }, (_, k) => figureOf({ start: start + (i * 400 + k) * 900_000 })),
    }));
    const writing = (async () => {
      for (const batch of batches) await store.write(batch, lease.signal);
    })();
    await new Promise((resolve) => setTimeout(resolve, 60));
    await influx.kill9();
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect((await store.health()).reachable).toBe(false);
    await influx.restart();
    await writing;
    const rows = await store.readings(series, start, start + 1e12);
    expect(rows).toEqual(batches.flatMap((batch) => batch.readings[0]!.rows));
    const key = { scope: "site", owner: "s", carrier: "electricity" } as const;
    expect(await store.figures([key], "15m", start, start + 1e12)).toEqual(
      batches.flatMap((batch) => batch.figures),
    );
    expect(lines.some((line) => line.startsWith("warn "))).toBe(true);
    const { reachable, lastWriteAt } = await store.health();
    expect(reachable).toBe(true);
    expect(Date.now() - lastWriteAt!).toBeLessThan(60_000);
  });

  test("busy, overloaded, broken off, silent or unheard: it tries again until it is stored", async () => {
    const lease = new AbortController();
    const trouble: Fate[] = [
      { kind: "answer", status: 503 },
      { kind: "answer", status: 429, headers: { "retry-after": "1" } },
      { kind: "answer", status: 500 },
      { kind: "reset" },
      { kind: "hang" },
      { kind: "lose-answer" },
    ];
    befall(...trouble);
    const store = open({ deadlineMs: 2_000 });
    await store.write(one, lease.signal);
    expect(proxy.seen.filter(({ path }) => isWrite(path)).length).toBeGreaterThan(trouble.length);
    for (const said of [/503/, /429/, /500/, /hang up|reset/, /no answer within 2000 ms/])
      expect(
        lines.some((line) => line.startsWith("warn ") && said.test(line)),
        String(said),
      ).toBe(true);
    expect(lines.some((line) => /^info .*succeeded at attempt/.test(line))).toBe(true);
    expect(await store.fact("f")).toBe("1");
  });

  test("an answer that breaks off is asked for anew, and no row comes twice", async () => {
    const store = open();
    const rows = Array.from({ length: 2_000 }, (_, i) => readingOf(i));
    const figures = rows.map((_, i) => figureOf({ start: start + i * 900_000 }));
    await store.write({ readings: [{ series, rows }], figures });
    let cuts = 4;
    proxy.decide = ({ path }) => {
      if (path !== "/query" || cuts === 0) return pass;
      cuts -= 1;
      return { kind: "cut" };
    };
    expect(await store.readings(series, start, start + 1e12)).toEqual(rows);
    const key = { scope: "site", owner: "s", carrier: "electricity" } as const;
    cuts = 2;
    expect(await store.figures([key], "15m", start, start + 1e12)).toEqual(figures);
    cuts = 2;
    const reader = await store.ahead({ readings: [{ series, from: start }], figures: [] });
    expect(await reader.readings(series, start, start + 1e12)).toEqual(rows);
  });

  test("without a lease it gives up after so many attempts, and says that it may pass", async () => {
    befall(...Array.from({ length: 9 }, () => ({ kind: "answer", status: 503 }) as const));
    const store = open({ maxAttempts: 2 });
    await expect(store.write(one)).rejects.toThrow(TransientError);
    expect(proxy.seen).toHaveLength(2);
    proxy.decide = () => ({ kind: "reset" });
    await expect(store.fact("f")).rejects.toThrow(/reading failed .* attempt 2, giving up for now/);
  });

  test("a lease that ends stops an attempt under way, a pause, and everything after", async () => {
    const gone = new AbortController();
    gone.abort();
    await expect(open().write(one, gone.signal)).rejects.toThrow(/given up/);
    expect(proxy.seen).toHaveLength(0);
    for (const fate of [{ kind: "hang" }, { kind: "answer", status: 503 }] as const) {
      befall(fate, fate, fate, fate, fate, fate);
      const lease = new AbortController();
      const store = open({ deadlineMs: 30_000 });
      const writing = store.write(everythingOnce(calendar), lease.signal);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const waited = timeOf(writing);
      lease.abort();
      expect(await waited).toBeLessThan(2_000);
      await expect(writing).rejects.toThrow(/given up/);
      // What was on its way when the lease ended may still arrive; the pause before a next attempt is under a second.
      await new Promise((resolve) => setTimeout(resolve, 300));
      const sent = proxy.seen.length;
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      expect(proxy.seen).toHaveLength(sent);
    }
  });

  test("an attempt ends at its deadline", async () => {
    befall({ kind: "hang" });
    const store = open({ deadlineMs: 300, maxAttempts: 1 });
    const took = await timeOf(store.write(one));
    expect(took).toBeGreaterThan(250);
    expect(took).toBeLessThan(10_000);
  });

  test("what it does not take is an error that names the line, at once", async () => {
    const store = open({ maxAttempts: 5 });
    const bad = figureOf({ amount: Number.NaN, owner: "bad" });
    const lease = new AbortController();
    await expect(store.write({ figures: [figureOf(), bad] }, lease.signal)).rejects.toThrow(
      /400 .*site_15m,carrier=electricity,site=bad amount=NaN/,
    );
    expect(proxy.seen).toHaveLength(1);
    await store.write({ figures: [figureOf()] });
    const wrong = figureOf({ coverage: "much" as never, owner: "wrong" });
    await expect(store.write({ figures: [wrong] })).rejects.toThrow(/answered 4.*site=wrong/);
  });

  test("a wrong token, bucket or organisation says what to do, and the token is in no error", async () => {
    for (const [part, said] of [
      [{ token: "not-the-token" }, /401 .*check the token/],
      [{ bucket: "nowhere" }, /nowhere.* make the bucket/],
    ] as const) {
      const failure = await prepareInflux(options(part), true).then(
        () => "no failure",
        (error: Error) => `${error.message} ${error.stack} ${JSON.stringify(error.cause)}`,
      );
      expect(failure).toMatch(said);
      expect(failure).not.toContain(influx.token);
      expect(failure).not.toContain("not-the-token");
    }
    await expect(prepareInflux(options({ org: "nobody" }), true)).rejects.toThrow(/check the organisation/);
    await expect(open({ bucket: "nowhere" }).write(one)).rejects.toThrow(/make the bucket/);
    await expect(open({ bucket: "nowhere" }).fact("f")).rejects.toThrow(/make the bucket/);
    await expect(prepareInflux(options(), true)).resolves.toBeUndefined();
    expect(await open({ url: "http://127.0.0.1:9" }).health()).toMatchObject({ reachable: false });
  });

  test("stopped anywhere and done again, a step leaves what it leaves when it is not", async () => {
    const whole = everythingOnce(calendar);
    const undisturbed = open();
    await undisturbed.write({ figures: [figureOf({ kgceEquivalent: 4 })] });
    const before = proxy.seen.length;
    await undisturbed.write(whole);
    const steps = proxy.seen.slice(before).filter(({ path }) => isWrite(path)).length;
    expect(steps).toBeGreaterThanOrEqual(9);
    const expected = await stateOf(undisturbed);
    for (let last = 0; last <= steps; last += 1) {
      for (const fate of [{ kind: "reset" }, { kind: "lose-answer" }] as const) {
        bucket = await emptyBucket(influx);
        const store = open({ maxAttempts: 1 });
        proxy.decide = () => pass;
        await store.write({ figures: [figureOf({ kgceEquivalent: 4 })] });
        let changes = 0;
        proxy.decide = ({ path }) => {
          if (!isWrite(path)) return pass;
          changes += 1;
          return changes > last ? fate : pass;
        };
        if (last < steps) await expect(store.write(whole)).rejects.toThrow(TransientError);
        else await store.write(whole);
        proxy.decide = () => pass;
        // Done again at another time: it is still the same change.
        await store.write({ ...whole, ledger: whole.ledger!.map((entry) => ({ ...entry, at: 6 })) });
        const state = await stateOf(store);
        expect(state.ledger.every((entry) => entry.at === 5 || entry.at === 6)).toBe(true);
        expect({ ...state, ledger: state.ledger.map((entry) => ({ ...entry, at: 5 })) }).toEqual(expected);
      }
    }
  });
});

describe.skipIf(!(await haveServices(["influx"], { own: true })))("InfluxDB behind TLS", () => {
  let influx: InfluxService;
  let folder: string;
  let certificates: ReturnType<typeof makeCertificates>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "energy-influx-tls-"));
    certificates = makeCertificates(folder);
    const { cert, key } = certificates.server;
    influx = await startInflux({ tls: { cert, key, ca: certificates.ca.cert } });
  });
  afterAll(async () => {
    await influx?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("writes to the server its CA has signed, and refuses every other at once", async () => {
    const { url, org, bucket, token } = influx;
    const lease = new AbortController();
    const write = async (part: Partial<InfluxOptions>): Promise<string | undefined> => {
      const store = createInfluxStore({ url, org, bucket, token, calendar, ...part });
      try {
        await store.write({ facts: [{ name: "f", value: "1" }] }, lease.signal);
        return await store.fact("f");
      } finally {
        await store.close();
      }
    };
    expect(await write({ ca: readFileSync(certificates.ca.cert, "utf8") })).toBe("1");
    const wrong = { ca: readFileSync(certificates.wrongCa.cert, "utf8") };
    await expect(write(wrong)).rejects.toThrow(/TLS failed .*check its certificate, the CA file/);
    await expect(write({})).rejects.toThrow(/TLS failed/);
    await expect(write({ url: url.replace("https:", "http:") })).rejects.toThrow(/answered 400/);
  });
});
