/** A write that lands after those of the next owner of its share: totals must not go back. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createInfluxStore, type InfluxStore } from "../../adapters/influx/store.ts";
import type { BalanceTotal } from "../../model/balance.ts";
import { calendarOf } from "../../model/time.ts";
import { haveServices } from "../services/available.ts";
import { type InfluxService, startInflux } from "../services/influx.ts";

const calendar = calendarOf("Asia/Shanghai");
const day = calendar.dayOf(Date.parse("2026-11-01T12:00:00+08:00"));
const lease = (): AbortSignal => new AbortController().signal;

describe.skipIf(!(await haveServices(["influx"])))("a write that comes late", () => {
  let influx: InfluxService;
  let store: InfluxStore;
  beforeAll(async () => {
    influx = await startInflux();
    const { url, org, bucket, token } = influx;
    store = createInfluxStore({ url, org, bucket, token, calendar });
  });
  afterAll(async () => {
    await store?.close();
    await influx?.stop();
  });

  test("leaves the balance that the next owner of the share has written", async () => {
    const share = { site: "s", day, topic: "readings", partition: 2 } as const;
    const total = (upTo: number): BalanceTotal => {
      const counts = { received: upTo + 1, accepted: upTo, repeated: 0 };
      return { ...share, upTo, ...counts, rejected: { "no-zone": 1 } };
    };
    const [former, next] = [lease(), lease()];
    await store.write({ balanceTotals: [total(50)] }, former);
    await store.write({ balanceTotals: [total(100)] }, next);
    await store.write({ balanceTotals: [total(200)] }, next);
    await store.write({ balanceTotals: [total(100)] }, former);
    expect(await store.balanceTotals("readings", 2, day)).toEqual([total(200)]);
    const [row] = await store.balance(day);
    expect(row).toMatchObject({ received: 201, accepted: 200, rejected: { "no-zone": 1 } });
    expect(await store.balance(day - 1)).toEqual([]);
    expect(await store.balance(day + 1)).toEqual([]);
  });
});
